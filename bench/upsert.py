"""Sync upsert: pages of the provider's call history, applied as the sync script does it.

Beside it the least that storing them can cost: a COPY of the very rows that such a page became into tables like ours,
with the same indexes, and into tables that have the same foreign keys, too. And pages into a database whose calls tell
nobody that they changed.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from bench.errors import UnequalError
from bench.ground import INTEGRATION, Ground
from bench.rounds import Contestant, in_turns
from bench.rows import Row, Samples, compare
from bench.stopwatch import rate_of, watched
from sync.store import Store

_ROUNDS: Final = 20
_PAGE: Final = 1000
_PAGES_BEFORE: Final = 5
_WORKER: Final = "bench"

_NEW: Final = "pages of new calls, applied"
_UNCHANGED: Final = "pages of unchanged calls, applied"
_NEW_UNTOLD: Final = "pages of new calls where nobody is told"
_UNCHANGED_UNTOLD: Final = "pages of unchanged calls where nobody is told"
_COPIED: Final = "COPY of the same rows, same indexes"
_CHECKED: Final = "COPY of the same rows, same indexes and foreign keys"

_ROWS: Final = {
    "calls": "select * from public.calls where provider_call_id = any(%s)",
    "legs": "select l.* from public.legs l join public.calls c on c.id = l.call_id where c.provider_call_id = any(%s)",
    "call_snapshots": "select * from private.call_snapshots where provider_call_id = any(%s)",
    "recordings": (
        "select r.* from public.recordings r join public.calls c on c.id = r.call_id where c.provider_call_id = any(%s)"
    ),
    "recording_sources": (
        "select s.* from private.recording_sources s join public.recordings r on r.id = s.recording_id"
        " join public.calls c on c.id = r.call_id where c.provider_call_id = any(%s)"
    ),
}


_TELLING: Final = ("tg_calls__tell_inserted", "tg_calls__tell_updated")


def upsert(ground: Ground) -> list[Row]:
    """Measure calls per second."""
    with (
        ground.database() as database,
        ground.database() as untold,
        database.connect("supabase_admin") as owner,
        database.connect("supabase_admin") as copier,
        untold.connect("supabase_admin") as owner_of_untold,
        Store(database.url("sync")) as store,
        Store(untold.url("sync")) as store_of_untold,
    ):
        for trigger in _TELLING:
            owner_of_untold.execute(f"alter table public.calls disable trigger {trigger}".encode())
        history = History(owner)
        before = ground.size(_PAGES_BEFORE)
        pages = Pages(Door(store, running_job(owner)), history, before)
        pages_untold = Pages(Door(store_of_untold, running_job(owner_of_untold)), history, before)
        plain, checked = _Copies(copier, "plain"), _Copies(copier, "checked")
        checked.add_foreign_keys()
        ours, theirs, copies = session_of(owner, "sync"), session_of(owner_of_untold, "sync"), copier.info.backend_pid
        contestants: dict[str, tuple[int, Contestant]] = {
            _NEW: (ours, pages.apply_new),
            _NEW_UNTOLD: (theirs, pages_untold.apply_new),
            _COPIED: (copies, lambda: plain.copy_next(history)),
            _CHECKED: (copies, lambda: checked.copy_next(history)),
            _UNCHANGED: (ours, pages.apply_unchanged),
            _UNCHANGED_UNTOLD: (theirs, pages_untold.apply_unchanged),
        }
        cpu: Samples = {name: [] for name in contestants}

        # Every page was applied before it is copied or applied again: those begin five pages behind.
        samples = in_turns(
            {name: partial(watched, session, work, cpu[name]) for name, (session, work) in contestants.items()},
            ground.size(_ROUNDS),
        )
    pairs = [
        *((a, b) for a in (_NEW, _UNCHANGED) for b in (_COPIED, _CHECKED)),
        (_NEW, _NEW_UNTOLD),
        (_UNCHANGED, _UNCHANGED_UNTOLD),
    ]
    return [
        *compare(
            "sync upsert",
            samples,
            "calls/s",
            pairs,
            f"pages of {_PAGE:,}; each call is a row of calls, legs, call_snapshots, recordings and recording_sources.",
        ),
        *compare(
            "sync upsert, CPU",
            {name: [_PAGE * 1000 / milliseconds for milliseconds in figures[1:]] for name, figures in cpu.items()},
            "calls/s",
            pairs[:4],
            "calls per second that Postgres' session computed, which other programs on the machine do not lengthen.",
        ),
    ]


class History:
    """The provider's call history, page by page."""

    def __init__(self, owner: psycopg.Connection[Any]) -> None:
        self._owner = owner
        self._begins_at = datetime.now(UTC) - timedelta(days=300)

    def page(self, number: int) -> list[str]:
        """Return the items of a page, which are the same each time."""
        rows = self._owner.execute(
            "select bench.item(n, %s::timestamptz + n * interval '20 s') from generate_series(%s::bigint, %s) n",
            [self._begins_at, number * _PAGE, (number + 1) * _PAGE - 1],
        )
        return [item for (item,) in rows]

    def rows(self, number: int) -> dict[str, bytes]:
        """Return the rows that a page became, as COPY takes them."""
        ids = [f"call-{n}" for n in range(number * _PAGE, (number + 1) * _PAGE)]
        return {table: self._copied_out(query, ids) for table, query in _ROWS.items()}

    def _copied_out(self, query: str, ids: list[str]) -> bytes:
        statement = sql.SQL("copy ({}) to stdout").format(sql.SQL(query))
        with self._owner.cursor() as cursor, cursor.copy(statement, [ids]) as copy:
            return b"".join(bytes(part) for part in copy)


class Door:
    """The sync script's own way in, as its role."""

    def __init__(self, store: Store, job_id: UUID) -> None:
        self._store = store
        self._job_id = job_id

    def apply(self, items: list[str]) -> None:
        """Apply a page in one transaction."""
        now = datetime.now(UTC)
        applied = self._store.apply_page(
            self._job_id, _WORKER, items, observed_at=now, through=None, total=None, now=now
        )
        if applied.rejected_items:
            raise UnequalError(f"{applied.rejected_items} items were rejected")


class Pages:
    """The history on its way into one database: new pages, and those that are there already."""

    def __init__(self, door: Door, history: History, before: int) -> None:
        self._door = door
        self._history = history
        self._new, self._unchanged = count(before), count()
        for number in range(before):
            door.apply(history.page(number))

    def apply_new(self) -> float:
        """Apply the next new page; returns calls per second."""
        return self._apply(next(self._new))

    def apply_unchanged(self) -> float:
        """Apply the next page once more; returns calls per second."""
        return self._apply(next(self._unchanged))

    def _apply(self, number: int) -> float:
        page = self._history.page(number)
        return rate_of(_PAGE, lambda: self._door.apply(page))


class _Copies:
    """Tables like ours, to copy into."""

    def __init__(self, owner: psycopg.Connection[Any], schema: str) -> None:
        self._owner = owner
        self._schema = schema
        self._numbers = count()
        owner.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        for table, original in _ORIGINALS.items():
            owner.execute(
                sql.SQL("create table {} (like {} including all)").format(
                    sql.Identifier(schema, table), sql.Identifier(original, table)
                )
            )

    def add_foreign_keys(self) -> None:
        """Give the copies the originals' foreign keys; those among the copies point to each other."""
        for table, original in _ORIGINALS.items():
            rows = self._owner.execute(
                "select pg_get_constraintdef(oid) from pg_constraint where contype = 'f' and conrelid = %s::regclass",
                [f"{original}.{table}"],
            ).fetchall()
            for (definition,) in rows:
                ours = re.sub(
                    r"(?<=REFERENCES )(?:public\.)?(?=(?:calls|recordings)\()", f"{self._schema}.", definition
                )
                self._owner.execute(f"alter table {self._schema}.{table} add {ours}".encode())

    def copy_next(self, history: History) -> float:
        """Copy the next page's rows in one transaction; returns calls per second."""
        rows = history.rows(next(self._numbers))
        return rate_of(_PAGE, lambda: self._copy(rows))

    def _copy(self, rows: dict[str, bytes]) -> None:
        with self._owner.transaction(), self._owner.cursor() as cursor:
            for table, data in rows.items():
                statement = sql.SQL("copy {} from stdin").format(sql.Identifier(self._schema, table))
                with cursor.copy(statement) as copy:
                    copy.write(data)


_ORIGINALS: Final = {
    "calls": "public",
    "legs": "public",
    "call_snapshots": "private",
    "recordings": "public",
    "recording_sources": "private",
}


def running_job(owner: psycopg.Connection[Any]) -> UUID:
    """Make a job that this worker holds; returns its id."""
    ((job_id,),) = owner.execute(
        "insert into public.sync_jobs"
        " (org_id, integration_id, resource, kind, state, range_from, range_to, worker, lease_until)"
        " select org_id, id, 'calls', 'backfill', 'running', now() - interval '1 year', now(),"
        " %s, now() + interval '1 hour'"
        " from public.integrations where id = %s returning id",
        [_WORKER, INTEGRATION],
    ).fetchall()
    return UUID(str(job_id))


def session_of(owner: psycopg.Connection[Any], role: str) -> int:
    """Return the process of the only session of a role in this database."""
    ((pid,),) = owner.execute(
        "select pid from pg_stat_activity where datname = current_database() and usename = %s", [role]
    ).fetchall()
    return int(pid)
