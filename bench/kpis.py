"""KPI query: a month and the month before, of an organization with many calls, through the policies.

Beside it the same functions without policies, as the tables' owner, over the same rows: for an admin those of the
organization, for an agent those of constant lists of lines and members; and the shortest SQL that counts calls at all.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import psycopg

from bench import constants
from bench.callers import key_session, session
from bench.errors import UnequalError
from bench.ground import ADMIN, AGENT, API_KEYS, ORGANIZATION, Ground
from bench.rounds import in_turns
from bench.rows import Row, compare
from bench.stopwatch import fastest_of

_ROUNDS: Final = 8
_READINGS: Final = 5
"""A figure is the fastest of so many."""

_ADMIN: Final = "kpi_summary as org admin"
_AGENT: Final = "kpi_summary as agent"
_KEY: Final = "kpi_summary as API key"
_ADMIN_OPEN: Final = "the same without policies"
_AGENT_OPEN: Final = "the same without policies, constant lists"
_PLAIN: Final = "plain SQL: five counts and sums of both months"

_SUMMARY: Final = """
select kpi, value, previous, known, total
from {}(%s, now() - interval '40 days', now() - interval '10 days')
order by kpi
"""
_PLAIN_SQL: Final = """
select
  started_at >= now() - interval '40 days', count(*), count(*) filter (where outcome = 'answered'),
  count(*) filter (where outcome = 'missed'), sum(talk_seconds), sum(wait_seconds)
from public.calls
where org_id = %s and started_at >= now() - interval '70 days' and started_at < now() - interval '10 days'
group by 1
"""


def kpis(ground: Ground) -> list[Row]:
    """Measure milliseconds."""
    database = ground.calls
    with database.connect() as owner:
        constants.write_down(owner, AGENT)
    with (
        session(database, ADMIN, behind_policies=True) as admin,
        session(database, AGENT, behind_policies=True) as agent,
        key_session(database, API_KEYS[0]) as key,
        session(database, ADMIN, behind_policies=False) as admin_open,
        session(database, AGENT, behind_policies=False) as agent_open,
    ):
        queries: dict[str, Callable[[], list[Any]]] = {
            _ADMIN: lambda: _summary(admin, "public.kpi_summary"),
            _ADMIN_OPEN: lambda: _summary(admin_open, "public.kpi_summary"),
            _KEY: lambda: _summary(key, "public.kpi_summary"),
            _AGENT: lambda: _summary(agent, "public.kpi_summary"),
            _AGENT_OPEN: lambda: _summary(agent_open, constants.SUMMARY),
            _PLAIN: lambda: admin_open.execute(_PLAIN_SQL, [ORGANIZATION]).fetchall(),
        }
        for watched, unwatched in ((_ADMIN, _ADMIN_OPEN), (_KEY, _ADMIN_OPEN), (_AGENT, _AGENT_OPEN)):
            if queries[watched]() != queries[unwatched]():
                raise UnequalError(f"{watched} and {unwatched} differ")
        samples = in_turns(
            {name: partial(fastest_of, _READINGS, query) for name, query in queries.items()},
            _ROUNDS,
        )
    return compare(
        "KPI query",
        samples,
        "ms",
        [(_ADMIN, _ADMIN_OPEN), (_KEY, _ADMIN_OPEN), (_AGENT, _AGENT_OPEN), (_ADMIN, _PLAIN)],
        f"an organization of {ground.calls_of_organization:,} calls in 180 days; two months of it are read.",
    )


def _summary(connection: psycopg.Connection[Any], function: str) -> list[Any]:
    return connection.execute(_SUMMARY.format(function).encode(), [ORGANIZATION]).fetchall()
