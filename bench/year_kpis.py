"""KPIs of a year of the largest of fifty organizations, out of the rollups; beside them what they would cost otherwise.

Plain SQL over an index that covers all it needs, over `calls` as they are, and pandas over the exported rows, which all
say the same; a tenth of the calls; no policies; bare psycopg instead of PostgREST; and sums kept by signed deltas.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

from psycopg import sql

from bench import constants, figures
from bench.callers import claims, session, token
from bench.clients import PROCESSES, Clients, Done
from bench.errors import UnequalError
from bench.ground import ADMIN, AGENT, Ground, running
from bench.peers import installed, requirement
from bench.questions import requests, statements
from bench.rounds import in_turns
from bench.rows import Row, Samples, compare
from bench.stopwatch import fastest_of, milliseconds_of
from bench.year import year_of_calls
from bench.year_of import YearOf
from bench.year_rollups import pending, rebuilding, sizes
from devstack.ports import Ports
from devstack.programs import postgrest

_ROUNDS: Final = 12
_READINGS: Final = 20
"""A figure is the fastest of so many, where it takes milliseconds."""
_SLOW_ROUNDS: Final = 4
_CONNECTIONS: Final = 4
_REQUESTS: Final = 40
_ADMIN_OF_TENTH: Final = UUID("b0000000-0000-4000-8000-000000001000")

_YEAR: Final = "kpi_summary of the year"
_TENTH: Final = "kpi_summary of an organization with a tenth of the calls"
_OWNER: Final = "the same without policies"
_AGENT: Final = "kpi_summary of the year as agent"
_AGENT_OPEN: Final = "the same without policies, constant lists"
_SCAN: Final = "plain SQL, covering index, all counts"
_LEAST: Final = "plain SQL, covering index, five counts"
_PLAIN: Final = "plain SQL over calls, all counts"
_PEER: Final = "pandas"
_PANDAS: Final = "pandas, rows in memory"
_PANDAS_LOADS: Final = "pandas, rows read from CSV"
_SUMS: Final = "sums of signed deltas, nothing pending"
_COUNTS: Final = "private.count_calls alone, without policies"


def year(ground: Ground) -> list[Row]:
    """Measure milliseconds, and what is beside them."""
    with year_of_calls(ground) as made:
        largest = YearOf(made, 0)
        return [
            *_beside_scans(largest),
            *_ten_times(largest, YearOf(made, 1)),
            *_policies(largest),
            *_over_http(ground, largest),
            *_percentiles(largest),
            *pending(largest),
            *rebuilding(made),
            *sizes(made),
        ]


def _beside_scans(largest: YearOf) -> list[Row]:
    with (
        session(largest.database, ADMIN, behind_policies=True) as admin,
        session(largest.database, ADMIN, behind_policies=False) as admin_open,
        largest.owner() as owner,
    ):
        plain = partial(figures.plain, owner, figures.PLAIN, parameters=largest.parameters)
        for table in ("bench.plain_calls", "public.calls"):
            _require_equal(largest.numerators(admin), plain(table))
        samples = in_turns(
            {
                _YEAR: lambda: fastest_of(_READINGS, lambda: largest.summary(admin)),
                _COUNTS: lambda: fastest_of(_READINGS, lambda: largest.counts(admin_open)),
                _SUMS: lambda: fastest_of(_READINGS, lambda: largest.sums(owner)),
                _SCAN: lambda: milliseconds_of(lambda: plain("bench.plain_calls")),
                _LEAST: lambda: milliseconds_of(
                    lambda: figures.plain(owner, figures.FIVE, "bench.plain_calls", largest.parameters)
                ),
                _PLAIN: lambda: milliseconds_of(lambda: plain("public.calls")),
            },
            _SLOW_ROUNDS,
        )
    return compare(
        "KPIs of a year",
        samples,
        "ms",
        [*((other, _YEAR) for other in (_SCAN, _LEAST, _PLAIN, _SUMS)), (_SUMS, _COUNTS)],
        f"{largest.calls:,} of {largest.made.calls:,} calls; kpi_summary also tells the year before, which has none.",
    )


def _require_equal(expected: list[int], found: list[int]) -> None:
    if found != expected:
        raise UnequalError(f"kpi_summary says {expected}, plain counting {found}")


def pandas(ground: Ground) -> list[Row]:
    """Measure milliseconds of the peer; nothing is measured where it cannot be installed."""
    directory = ground.scratch.new_directory()
    python = installed(directory / "environment", _PEER)
    if python is None:
        return []
    with year_of_calls(ground) as made:
        largest = YearOf(made, 0)
        path = directory / "calls.csv"
        with largest.owner() as owner:
            figures.export(owner, path, largest.parameters)
        with (
            session(largest.database, ADMIN, behind_policies=True) as admin,
            figures.Pandas.reading(python, path) as process,
        ):
            _require_equal(largest.numerators(admin), process.ask("count")[1])
            samples = in_turns(
                {
                    _YEAR: lambda: fastest_of(_READINGS, lambda: largest.summary(admin)),
                    _PANDAS: lambda: process.ask("count")[0],
                    _PANDAS_LOADS: lambda: process.ask("load")[0],
                },
                _SLOW_ROUNDS,
            )
    return compare(
        "KPIs of a year, pandas",
        samples,
        "ms",
        [(other, _YEAR) for other in (_PANDAS, _PANDAS_LOADS)],
        f"{requirement(_PEER)}, {largest.calls:,} rows of ten columns; the export is not counted.",
    )


def _ten_times(largest: YearOf, tenth: YearOf) -> list[Row]:
    with (
        session(largest.database, ADMIN, behind_policies=True) as admin,
        session(tenth.database, _ADMIN_OF_TENTH, behind_policies=True) as admin_of_tenth,
    ):
        samples = in_turns(
            {
                _YEAR: lambda: fastest_of(_READINGS, lambda: largest.summary(admin)),
                _TENTH: lambda: fastest_of(_READINGS, lambda: tenth.summary(admin_of_tenth)),
            },
            _ROUNDS,
        )
    return compare("ten times the calls", samples, "ms", [(_YEAR, _TENTH)], f"{largest.calls:,} and {tenth.calls:,}.")


def _policies(largest: YearOf) -> list[Row]:
    with largest.database.connect() as owner:
        constants.write_down(owner, AGENT)
    with (
        session(largest.database, ADMIN, behind_policies=True) as admin,
        session(largest.database, ADMIN, behind_policies=False) as admin_open,
        session(largest.database, AGENT, behind_policies=True) as agent,
        session(largest.database, AGENT, behind_policies=False) as agent_open,
    ):
        queries: dict[str, Callable[[], list[Any]]] = {
            _YEAR: lambda: largest.summary(admin),
            _OWNER: lambda: largest.summary(admin_open),
            _AGENT: lambda: largest.summary(agent),
            _AGENT_OPEN: lambda: largest.summary(agent_open, constants.SUMMARY),
        }
        for watched, unwatched in ((_YEAR, _OWNER), (_AGENT, _AGENT_OPEN)):
            if queries[watched]() != queries[unwatched]():
                raise UnequalError(f"{watched} and {unwatched} differ")
        samples = in_turns({name: partial(fastest_of, _READINGS, query) for name, query in queries.items()}, _ROUNDS)
    return compare("policies, over a year", samples, "ms", [(_YEAR, _OWNER), (_AGENT, _AGENT_OPEN)])


def _over_http(ground: Ground, largest: YearOf) -> list[Row]:
    secret = largest.database.keys.jwt_secret
    port = Ports.free().postgrest_port
    url = largest.database.url("authenticator")
    server = postgrest(ground.scratch.new_directory(), port=port, database_url=url, jwt_secret=secret)
    organization, starts_at, ends_at = largest.parameters
    query = sql.SQL("select * from public.kpi_summary({}, {}, {})").format(*largest.parameters).as_string()
    asked = urlencode({"p_org_id": organization, "p_from": starts_at, "p_to": ends_at}, quote_via=quote)
    count = ground.size(_REQUESTS)
    http, bare = "PostgREST with a user's token", "psycopg, the same statement"
    medians: Samples = {f"{name}, median": [] for name in (http, bare)}
    slowest: Samples = {f"{name}, p99": [] for name in (http, bare)}

    def note(name: str, done: Done) -> None:
        median, p99 = done.percentiles
        medians[f"{name}, median"].append(median)
        slowest[f"{name}, p99"].append(p99)

    with Clients(_CONNECTIONS) as clients, running(server):

        def over_http() -> float:
            path = f"/rpc/kpi_summary?{asked}"
            made = partial(requests, count=count, path=path, token=token(ADMIN, secret))
            return _noted(note, http, clients.request(port, made, 200))

        def over_psycopg() -> float:
            made = partial(statements, count=count, query=query, claims=claims(ADMIN))
            return _noted(note, bare, clients.execute(url, made))

        in_turns({http: over_http, bare: over_psycopg}, _SLOW_ROUNDS)
    text = f"{PROCESSES * _CONNECTIONS} connections of {PROCESSES} processes, asking as fast as they are answered."
    rows = []
    for samples in (medians, slowest):
        (a, b) = samples
        rows += compare("PostgREST, a year", {name: each[1:] for name, each in samples.items()}, "ms", [(a, b)], text)
    return rows


def _noted(note: Callable[[str, Done], None], name: str, done: Done) -> float:
    note(name, done)
    return done.rate


_EXACT: Final = """
select percentile_cont(0.95) within group (order by wait_seconds)
from public.calls
where org_id = %s and started_at >= %s and started_at < %s and direction = 'inbound' and outcome = 'answered'
"""
_MONTHS: Final = """
select cut::date || ' 00:00 America/New_York' from generate_series(%s::timestamp, %s, interval '1 month') cut
"""
_FROM_HISTOGRAM: Final = "select value from public.kpi_percentiles(%s, %s, %s) where kpi = 'answered_wait_p95'"


def _percentiles(largest: YearOf) -> list[Row]:
    with session(largest.database, ADMIN, behind_policies=True) as admin, largest.owner() as owner:
        told, exact = "p95 of answered waits, from the histogram", "p95, of every wait"
        took: Samples = {told: [], exact: []}
        organization, starts_at, ends_at = largest.parameters
        cuts = owner.execute(_MONTHS, [starts_at[:10], ends_at[:10]]).fetchall()
        found: Samples = {told: [], exact: []}
        months = [[organization, start, end] for (start,), (end,) in pairwise(cuts)]
        for parameters in (largest.parameters, *months):
            for name, connection, statement in ((told, admin, _FROM_HISTOGRAM), (exact, owner, _EXACT)):
                query = partial(connection.execute, statement, parameters)
                ((value,),) = query().fetchall()
                found[name].append(float(value))
        for _ in range(_SLOW_ROUNDS):
            for name, connection, statement in ((told, admin, _FROM_HISTOGRAM), (exact, owner, _EXACT)):
                took[name].append(milliseconds_of(partial(connection.execute, statement, largest.parameters)))
    return [
        *compare("wait percentile", found, "s", [(told, exact)], "the year, and each of its months."),
        *compare("wait percentile, its time", took, "ms", [(exact, told)], "of the year."),
    ]
