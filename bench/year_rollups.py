"""What the rollups of a year cost: what is pending when they are asked, building them anew, and their room."""

import statistics
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import psycopg

from bench.callers import claims
from bench.ground import ADMIN
from bench.rounds import in_turns
from bench.rows import Row, Samples, compare
from bench.stopwatch import fastest_of, rate_of
from bench.year import Year
from bench.year_of import YearOf

_ROUNDS: Final = 4
_READINGS: Final = 5
_REBUILDS: Final = 1
_MIB: Final = 1 << 20
_PENDING_HOURS: Final = (1, 24, 720)
_STALE_HOURS: Final = "stale hours"
_DELTA_HOURS: Final = "hours of signed deltas"
_STALE: Final = """
insert into private.stale_periods (org_id, starts_at, ends_at)
select %s, hour, hour + interval '1 hour'
from generate_series(
  %s::timestamptz - make_interval(hours => %s), %s::timestamptz - interval '1 hour', interval '1 hour'
) hour
"""
_APPENDED: Final = "call bench.append_again(%s, %s::timestamptz - make_interval(hours => %s), %s)"


def pending(largest: YearOf) -> list[Row]:
    """Ask while hours are stale, or deltas pending, each in a transaction that ends in nothing."""
    noon = f"{_wednesday(largest.made)} 12:00 America/New_York"

    def ask(statement: str, hours: int, question: Callable[[psycopg.Connection[Any]], Any]) -> float:
        with largest.owner() as connection:
            with connection.transaction(force_rollback=True):
                connection.execute(statement.encode(), [largest.organization, noon, hours, noon])
                connection.execute("select set_config('request.jwt.claims', %s, true)", [claims(ADMIN)])
                if statement == _STALE:
                    connection.execute("set local role authenticated")
                figure = fastest_of(_READINGS, lambda: question(connection))
            # Others would have to step over what was taken back.
            connection.execute("vacuum private.stale_periods, bench.call_deltas")
        return figure

    contestants = {
        f"{hours} {kind} pending": partial(ask, statement, hours, question)
        for kind, statement, question in (
            (_STALE_HOURS, _STALE, largest.summary),
            (_DELTA_HOURS, _APPENDED, largest.sums),
        )
        for hours in (0, *_PENDING_HOURS)
    }
    pairs = [
        (f"{hours} {kind} pending", f"0 {kind} pending")
        for kind in (_STALE_HOURS, _DELTA_HOURS)
        for hours in _PENDING_HOURS
    ]
    return compare("tax of what is pending", in_turns(contestants, _ROUNDS), "ms", pairs, "KPIs of the year.")


def _wednesday(made: Year) -> date:
    last = made.ends_on - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 2) % 7)


def rebuilding(made: Year) -> list[Row]:
    """Build what is not there, each in a transaction that ends in nothing."""
    ours, sums = "rebuild_rollup", "sums of signed deltas, built anew"
    with made.database.connect("supabase_admin") as owner:
        calls = made.calls_of(owner, 1)

        def rebuild(statement: str) -> float:
            with owner.transaction(force_rollback=True):
                owner.execute("delete from private.call_rollups where org_id = bench.org_id(1)")
                return rate_of(calls, lambda: owner.execute(statement.encode()))

        samples = in_turns(
            {
                ours: lambda: rebuild("select private.rebuild_rollup(bench.org_id(1), '-infinity', 'infinity')"),
                sums: lambda: rebuild("call bench.fill_sums(1)"),
            },
            _REBUILDS,
        )
    seconds = 1_000_000 / statistics.median(samples[ours])
    text = f"an organization of {calls:,} calls; at this pace {seconds:,.0f} s for a million."
    if made.seconds:
        text += f" When the year was made, all {made.calls:,} took {made.seconds['rollups']:,.0f} s."
    return compare("rebuild", samples, "calls/s", [(ours, sums)], text)


_SIZES: Final = {
    "call_rollups": "select pg_total_relation_size('private.call_rollups')",
    "calls": "select pg_total_relation_size('public.calls')",
    "covering index": "select pg_relation_size('bench.plain_calls_covering_idx')",
    "rollups of the largest organization, rows": (
        "select sum(pg_column_size(r)) from private.call_rollups r where org_id = bench.org_id(0)"
    ),
    "its sums of signed deltas, rows": (
        "select (select sum(pg_column_size(s)) from bench.call_sums s where org_id = bench.org_id(0))"
        " + (select sum(pg_column_size(w)) from bench.call_waits w where org_id = bench.org_id(0))"
    ),
}


def sizes(made: Year) -> list[Row]:
    """Weigh the rollups."""
    with made.database.connect("supabase_admin") as owner:
        samples: Samples = {}
        for name, query in _SIZES.items():
            ((size,),) = owner.execute(query.encode()).fetchall()
            samples[name] = [float(size) / _MIB]
        ((rows,),) = owner.execute("select count(*) from private.call_rollups").fetchall()
    rollups, calls, covering, ours, sums = samples
    text = f"{rows:,} rollup rows of {made.calls:,} calls."
    return compare("sizes", samples, "MiB", [(rollups, calls), (rollups, covering), (ours, sums)], text)
