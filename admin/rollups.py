"""The rollups that figures are read from, compared with the calls and recounted."""

from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from admin.errors import UnknownOrganizationError


class Organization(NamedTuple):
    """Whose rollups they are."""

    org_id: UUID
    name: str


class Difference(NamedTuple):
    """A bucket that does not hold what a recount of its calls gives."""

    problem: str
    bucket: str
    """The row as JSON."""


def organizations(connection: psycopg.Connection, org_id: UUID | None = None) -> list[Organization]:
    """List one organization, or all of them.

    Raises:
        UnknownOrganizationError: there is none with this id.
    """
    with connection.cursor(row_factory=class_row(Organization)) as cursor:
        found = cursor.execute(
            """
            select
              o.id as org_id, case o.id when private.holding_org_id() then 'calls of nobody' else o.name end as name
            from public.organizations o
            where %(org_id)s::uuid is null or o.id = %(org_id)s
            order by o.name, o.id
            """,
            {"org_id": org_id},
        ).fetchall()
    if not found and org_id is not None:
        raise UnknownOrganizationError(org_id)
    return found


def differences(connection: psycopg.Connection, org_id: UUID) -> list[Difference]:
    """Recount an organization's calls and list the buckets that hold something else; what is stale is left out."""
    with connection.cursor(row_factory=class_row(Difference)) as cursor:
        return cursor.execute(
            "select v.problem, to_jsonb(v.bucket)::text as bucket from private.verify_rollup(%s) v", [org_id]
        ).fetchall()


def rebuild(connection: psycopg.Connection, org_id: UUID) -> int:
    """Recount all calls of an organization; returns of how many local days."""
    [(days,)] = connection.execute("select private.rebuild_rollup(%s)", [org_id]).fetchall()
    return int(days)
