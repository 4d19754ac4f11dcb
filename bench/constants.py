"""What policies find out, written down: the same rows and functions, with constant lists in place of the policies."""

from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

VIEW: Final = "bench.visible_calls"
SUMMARY: Final = "bench.kpi_summary"

_FUNCTIONS: Final = ("private.count_calls", "public.kpi_summary")


def write_down(owner: psycopg.Connection[Any], user_id: UUID) -> None:
    """Make the view of the calls that a user sees, and copies of the KPI functions that count in it.

    Raises:
        LookupError: a KPI function no longer reads what it is expected to read.
    """
    owner.execute("select set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{user_id}"}}'])
    (row,) = owner.execute(
        "select array(select private.org_ids_read_in_full())::text, array(select private.my_line_ids())::text,"
        " array(select private.my_member_ids())::text"
    ).fetchall()
    orgs, lines, members = row
    owner.execute(
        sql.SQL(
            "create or replace view {view} as select * from public.calls where org_id = any ({orgs}::uuid[])"
            " or line_id = any ({lines}::uuid[]) or member_ids && {members}::uuid[]"
        ).format(
            view=sql.Identifier(*VIEW.split(".")),
            orgs=sql.Literal(orgs),
            lines=sql.Literal(lines),
            members=sql.Literal(members),
        )
    )
    for function in _FUNCTIONS:
        ((definition,),) = owner.execute("select pg_get_functiondef(%s::regproc)", [function]).fetchall()
        owner.execute(in_constants(definition).encode())


def in_constants(definition: str) -> str:
    """Let a function's definition count in the view instead of the table.

    Raises:
        LookupError: it reads something else than expected.
    """
    rewritten = definition
    for ours, copy in (
        ("FUNCTION public.kpi_summary", f"FUNCTION {SUMMARY}"),
        ("private.count_calls", "bench.count_calls"),
        ("from public.calls", f"from {VIEW}"),
    ):
        rewritten = rewritten.replace(ours, copy)
    if "bench.count_calls" not in rewritten or ("FUNCTION bench.count_calls" in rewritten and VIEW not in rewritten):
        raise LookupError("A KPI function reads something else than expected; the benchmark has to follow it.")
    return rewritten
