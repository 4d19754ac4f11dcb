"""A year of calls of fifty organizations: made by Postgres itself, and kept for the next run where they are many."""

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from bench.ground import Ground, lay
from bench.kept import kept
from tools.schema import files
from tools.scratch import Database, ScratchCluster

ORGANIZATIONS: Final = 50
_GROUND, _YEAR, _DELTAS = (Path(__file__).with_name(f"{name}.sql") for name in ("ground", "year", "deltas"))
CALLS: Final = 10_000_000
_KEPT_FROM: Final = 1_000_000
_SHARE_OF_LARGEST: Final = 0.185
_WRITERS: Final = 2


class Size(NamedTuple):
    """What an organization is made of."""

    lines: int
    members: int
    calls: int


def sizes(calls: int) -> list[Size]:
    """Share calls out: the largest organization, one like it with a tenth of its calls, the others by their rank."""
    largest = round(calls * _SHARE_OF_LARGEST)
    shares = [(rank + 1) ** -0.6 for rank in range(2, ORGANIZATIONS)]
    rest = calls - largest - largest // 10
    others = [
        Size(5 + rank % 16, 8 + rank % 23, round(rest * share / sum(shares))) for rank, share in enumerate(shares)
    ]
    return [Size(40, 80, largest), Size(40, 80, largest // 10), *others]


@dataclass(frozen=True)
class Year:
    """A database with a year of calls in it."""

    database: Database
    calls: int
    """Of all organizations."""
    starts_on: date
    ends_on: date
    """The day after the last."""
    seconds: dict[str, float]
    """How long parts of making it took, when it was made."""

    def organization(self, number: int) -> UUID:
        """Return an organization's id."""
        return UUID(f"a0000000-0000-4000-8000-{number:012}")

    def calls_of(self, connection: psycopg.Connection[Any], number: int) -> int:
        """Count an organization's calls."""
        ((count,),) = connection.execute("select calls from bench.size where org = %s", [number]).fetchall()
        return int(count)


@contextmanager
def year_of_calls(ground: Ground) -> Iterator[Year]:
    """Make the year, or take the one that is kept; few calls are made anew each time and gone afterwards."""
    calls = ground.calls_of_year or ground.size(CALLS)
    if calls < _KEPT_FROM:
        with ground.database() as database:
            fill(database, calls)
            yield _read(database)
    else:
        with kept(f"{fingerprint()}-{calls}", lambda scratch: _made(scratch, calls)) as database:
            yield _read(database)


def fingerprint() -> str:
    """Tell schema and benchmark data apart from others."""
    contents = hashlib.sha256()
    for path in (*files(), _GROUND, _YEAR, _DELTAS, Path(__file__)):
        contents.update(path.read_bytes())
    return contents.hexdigest()[:12]


def _made(scratch: ScratchCluster, calls: int) -> Database:
    database = lay(scratch)
    fill(database, calls)
    return database


def fill(database: Database, calls: int) -> None:
    """Add the other organizations and everybody's calls, index them and build the rollups."""
    ends_on = date.today() - timedelta(days=1)
    starts_on = ends_on - timedelta(days=365)
    seconds: dict[str, float] = {}
    with database.connect("supabase_admin") as owner:
        owner.execute(_YEAR.read_bytes())
        load_deltas(owner)
        owner.execute("insert into bench.year (starts_on, ends_on) values (%s, %s)", [starts_on, ends_on])
        for org, size in enumerate(sizes(calls)):
            owner.execute("insert into bench.size (org, lines, members, calls) values (%s, %s, %s, %s)", [org, *size])
        owner.execute("call bench.add_people()")
        owner.execute("call bench.without_indexes()")
        with _timed(seconds, "calls"):
            _side_by_side(database, "call bench.add_month(%s, %s)", months(starts_on, ends_on))
        with _timed(seconds, "indexes"):
            owner.execute("reindex table public.calls")
        with _timed(seconds, "vacuum"):
            owner.execute("vacuum (analyze) public.calls")
        owner.execute("update bench.size s set calls = (select count(*) from public.calls c where c.org_id = s.org_id)")
        with ThreadPoolExecutor(1) as beside:
            others = beside.submit(_add_others, database)
            with _timed(seconds, "rollups"):
                for org in range(ORGANIZATIONS):
                    owner.execute("select private.rebuild_rollup(bench.org_id(%s), '-infinity', 'infinity')", [org])
            others.result()
        owner.execute("vacuum (analyze)")
        owner.execute("update bench.year set seconds = %s", [Jsonb(seconds)])


def _add_others(database: Database) -> None:
    """Fill what is beside the rollups."""
    with database.connect("supabase_admin") as owner:
        owner.execute("call bench.add_plain_calls()")
        owner.execute("call bench.fill_sums(0)")


def load_deltas(owner: psycopg.Connection[Any]) -> None:
    """Load what keeps sums by signed deltas; it is idle until `bench.install_deltas`."""
    owner.execute(_DELTAS.read_bytes())


def _read(database: Database) -> Year:
    with database.connect("supabase_admin") as owner:
        ((starts_on, ends_on, seconds, calls),) = owner.execute(
            "select starts_on, ends_on, seconds, (select sum(calls) from bench.size) from bench.year"
        ).fetchall()
    return Year(database, int(calls), starts_on, ends_on, seconds)


def months(starts_on: date, ends_on: date) -> list[list[Any]]:
    """Return the first days of the months that a range of days meets, and each one's share of it."""
    found = []
    month = starts_on.replace(day=1)
    while month < ends_on:
        following = (month + timedelta(days=31)).replace(day=1)
        days = (min(following, ends_on) - max(month, starts_on)).days
        found.append([month, days / (ends_on - starts_on).days])
        month = following
    return found


def _side_by_side(database: Database, statement: str, parameters: list[list[Any]]) -> None:
    def execute(values: list[Any]) -> None:
        with database.connect("supabase_admin") as connection:
            connection.execute(statement.encode(), values)

    with ThreadPoolExecutor(_WRITERS) as writers:
        list(writers.map(execute, parameters))


@contextmanager
def _timed(seconds: dict[str, float], what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds[what] = round(time.monotonic() - started, 1)
