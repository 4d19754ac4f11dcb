"""The audit trails of the organizations and the platform, their seals computed anew."""

from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from admin.errors import UnknownOrganizationError


class Trail(NamedTuple):
    """What became of checking one trail."""

    org_id: UUID
    name: str
    sealed: int
    unsealed: int
    broken_position: int | None
    broken_entry_id: int | None
    problem: str | None
    """None: nobody has changed it."""
    head: str
    """The last seal. A trail cut off at its end is one whose head, kept elsewhere, does not come back."""


def check_trails(connection: psycopg.Connection, org_id: UUID | None = None) -> list[Trail]:
    """Check one organization's trail, or all of them and the platform's own.

    Raises:
        UnknownOrganizationError: there is none with this id.
    """
    with connection.cursor(row_factory=class_row(Trail)) as cursor:
        trails = cursor.execute(
            """
            select
              o.id as org_id, case o.id when private.holding_org_id() then 'the platform' else o.name end as name,
              c.sealed, c.unsealed, c.broken_position, c.broken_entry_id, c.problem, c.head
            from public.organizations o
            cross join lateral private.check_audit_chain(o.id) c
            where %(org_id)s::uuid is null or o.id = %(org_id)s
            order by o.id <> private.holding_org_id(), o.name, o.id
            """,
            {"org_id": org_id},
        ).fetchall()
    if not trails and org_id is not None:
        raise UnknownOrganizationError(org_id)
    return trails
