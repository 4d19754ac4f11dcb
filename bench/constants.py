"""What policies find out, written down: the same rows and functions, with constant lists in place of the policies."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

VIEW: Final = "bench.visible_calls"
SUMMARY: Final = "bench.kpi_summary"

_SUMMARY: Final = "public.kpi_summary"
_COUNTS: Final = "private.counts_of_calls"
_VIEWS: Final = {"public.calls": VIEW, "private.call_rollups": "bench.visible_rollups", _COUNTS: "bench.visible_counts"}
_SEEN: Final = {
    "public.calls": "org_id = any ({orgs}) or line_id = any ({lines}) or member_ids && {members}",
    "private.call_rollups": "org_id = any ({orgs}) or line_id = any ({lines}) or member_id = any ({members})",
}
_HELPERS: Final = {
    "orgs": "private.org_ids_read_in_full()",
    "lines": "private.my_line_ids()",
    "members": "private.my_member_ids()",
}
_CALLED: Final = re.compile(r"\b((?:private|public)\.\w+)\(")
_FUNCTIONS: Final = (
    "select p.pronamespace::regnamespace || '.' || p.proname, pg_get_functiondef(p.oid) from pg_proc p"
    " where p.pronamespace in ('private'::regnamespace, 'public'::regnamespace) and p.prokind = 'f'"
)


def write_down(owner: psycopg.Connection[Any], user_id: UUID) -> None:
    """Make views of what a user sees, and copies of the functions behind `kpi_summary` that count in them.

    Raises:
        LookupError: `kpi_summary` no longer reads what it is expected to read.
    """
    owner.execute("select set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{user_id}"}}'])
    lists = {}
    for name, helper in _HELPERS.items():
        ((found,),) = owner.execute(f"select array(select {helper})::text".encode()).fetchall()
        lists[name] = sql.SQL("{}::uuid[]").format(sql.Literal(found)).as_string(owner)
    for table, condition in _SEEN.items():
        seen = condition.format(**lists)
        owner.execute(f"create or replace view {_VIEWS[table]} as select * from {table} where {seen}".encode())  # noqa: S608
    # Its definition names tables with their schema only where the path has none.
    with owner.transaction():
        owner.execute("set local search_path = ''")
        ((counts,),) = owner.execute("select pg_get_viewdef(%s::regclass)", [_COUNTS]).fetchall()
    owner.execute(f"create or replace view {_VIEWS[_COUNTS]} as {_in_views(counts)}".encode())
    functions = dict(owner.execute(_FUNCTIONS.encode()).fetchall())
    # Their bodies speak of each other.
    owner.execute("set check_function_bodies = off")
    copied = counting(functions)
    for name in copied:
        owner.execute(in_constants(functions[name], copied, lists).encode())


def counting(functions: Mapping[str, str]) -> set[str]:
    """Return the functions by which `kpi_summary` comes to read calls and rollups, itself among them.

    Raises:
        LookupError: it does not read them.
    """
    reached, waiting = set[str](), {_SUMMARY}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= {each for each in _CALLED.findall(functions[name]) if each in functions} - reached
    found = {name for name in reached if any(_reads(functions[name], table) for table in _VIEWS)}
    while more := {name for name in reached - found if found & set(_CALLED.findall(functions[name]))}:
        found |= more
    if _SUMMARY not in found:
        raise LookupError("kpi_summary reads something else than expected; the benchmark has to follow it.")
    return found


def in_constants(definition: str, copied: set[str], lists: Mapping[str, str]) -> str:
    """Let a function's definition count in the views, by the copies, with lists in place of the access helpers."""
    rewritten = _in_views(definition)
    for name in copied:
        rewritten = rewritten.replace(f"{name}(", f"bench.{name.partition('.')[2]}(")
    for name, helper in _HELPERS.items():
        rewritten = rewritten.replace(helper, f"unnest({lists[name]})")
    return rewritten


def _in_views(definition: str) -> str:
    rewritten = definition
    for table, view in _VIEWS.items():
        rewritten = re.sub(rf"\b(from|join) {re.escape(table)}\b", rf"\1 {view}", rewritten, flags=re.IGNORECASE)
    return rewritten


def _reads(definition: str, table: str) -> bool:
    return re.search(rf"\b(?:from|join) {re.escape(table)}\b", definition) is not None
