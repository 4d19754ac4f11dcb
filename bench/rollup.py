"""What rollups cost those who write, pages of the sync and deliveries: without them, with ours, and with signed deltas.

Ours note the hours that calls were written in, and a fold counts those anew. Signed deltas (`bench/deltas.sql`) append
what each write adds and takes away, and a fold adds it up.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from typing import Any, Final

import psycopg

from bench.clients import Clients
from bench.errors import UnequalError
from bench.ground import SECRET, Ground, running
from bench.intake import signed_requests
from bench.rounds import in_turns
from bench.rows import Row, Samples, compare
from bench.stopwatch import cpu_milliseconds, rate_of, watched
from bench.upsert import Door, History, Pages, running_job, session_of
from bench.year import load_deltas
from devstack.ports import Ports
from devstack.programs import webhook_app
from sync.store import Store
from tools.scratch import Database

_ROUNDS: Final = 20
_PAGE: Final = 1000
_PAGES_BEFORE: Final = 5
_DELIVERY_ROUNDS: Final = 6
_DELIVERIES: Final = 40
"""Of one connection in one round."""

_WITHOUT: Final = "no rollups"
_OURS: Final = "stale hours"
_DELTAS: Final = "signed deltas"
_KINDS: Final = (_WITHOUT, _OURS, _DELTAS)
_FOLD: Final = "fold of new calls"
_FOLDS: Final = (f"{_FOLD}, {_OURS}", f"{_FOLD}, {_DELTAS}")
_PAIRS: Final = ((_OURS, _WITHOUT), (_DELTAS, _WITHOUT), (_OURS, _DELTAS))
_WHOLE: Final = "a page of new calls and its share of a fold"
_PAGES_A_FOLD: Final = 5
_FOLD_SECONDS: Final = 1.0
"""Between two folds while deliveries come."""

_UNTOLD: Final = """
do $$
declare
  v_trigger name;
begin
  for v_trigger in
    select tgname
    from pg_trigger
    where tgrelid = 'public.calls'::regclass and tgfoid = 'private.tg_calls__stale'::regproc
  loop
    execute format('alter table public.calls disable trigger %I', v_trigger);
  end loop;
end
$$
"""
# Those that are answered before they are applied.
_WAITING: Final = "select count(*) from private.received_deliveries"
_LOOK_SECONDS: Final = 0.01
_COUNTED: Final = {
    _OURS: "select sum(offered + outbound) from private.call_rollups where level = 'organization' and grain = 'hour'",
    _DELTAS: "select sum(offered + outbound) from bench.call_sums where level = 'line' and grain = 'day'",
}


def rollup(ground: Ground) -> list[Row]:
    """Measure calls and deliveries per second."""
    return [*_pages(ground), *_deliveries(ground)]


class _Side:
    """A database whose writers pay for one kind of rollups."""

    def __init__(
        self, kind: str, database: Database, owner: psycopg.Connection[Any], folder: psycopg.Connection[Any]
    ) -> None:
        self.kind = kind
        self.database = database
        self.owner = owner
        self._folder = folder
        self.folder = folder.info.backend_pid
        if kind != _OURS:
            owner.execute(_UNTOLD)
        if kind == _DELTAS:
            load_deltas(owner)
            owner.execute("call bench.install_deltas()")

    @classmethod
    @contextmanager
    def of(cls, ground: Ground) -> Iterator[list["_Side"]]:
        """Make one of each kind."""
        with ExitStack() as stack:
            databases = [stack.enter_context(ground.database()) for _ in _KINDS]
            yield [
                cls(kind, database, *(stack.enter_context(database.connect("supabase_admin")) for _ in range(2)))
                for kind, database in zip(_KINDS, databases, strict=True)
            ]

    def fold(self) -> None:
        """Fold all that is pending."""
        if self.kind == _OURS:
            fold = "select private.fold_rollups(31, now())"
        elif self.kind == _DELTAS:
            fold = "select bench.fold_deltas()"
        else:
            return
        while self._folder.execute(fold.encode()).fetchall() != [(0,)]:
            pass

    def check(self) -> None:
        """Make sure that everything is in the rollups.

        Raises:
            UnequalError: it is not.
        """
        if self.kind in _COUNTED:
            ((counted,),) = self.owner.execute(_COUNTED[self.kind].encode()).fetchall()
            ((calls,),) = self.owner.execute("select count(*) from public.calls where outcome is not null").fetchall()
            if counted != calls:
                raise UnequalError(f"{self.kind} count {counted} of {calls} calls")


def _pages(ground: Ground) -> list[Row]:
    new, unchanged = "pages of new calls", "pages of unchanged calls"
    folds: Samples = {name: [] for name in _FOLDS}
    cpu: Samples = {}
    fold_cpu: Samples = {kind: [] for kind in _KINDS}
    before, rounds = ground.size(_PAGES_BEFORE), ground.size(_ROUNDS)
    pages_a_fold = min(_PAGES_A_FOLD, rounds)
    with _Side.of(ground) as sides, ExitStack() as stack:
        contestants: dict[str, Callable[[], float]] = {}
        for side in sides:
            store = stack.enter_context(Store(side.database.url("sync")))
            pages = Pages(Door(store, running_job(side.owner)), History(side.owner), before)
            side.fold()
            for name, work in (
                (f"{new}, {side.kind}", _Folding(side, pages, pages_a_fold, folds, fold_cpu[side.kind])),
                (f"{unchanged}, {side.kind}", pages.apply_unchanged),
            ):
                contestants[name] = partial(watched, session_of(side.owner, "sync"), work, cpu.setdefault(name, []))
        samples = in_turns(contestants, rounds)
        for side in sides:
            side.fold()
            side.check()
    pairs = [(f"{what}, {a}", f"{what}, {b}") for what in (new, unchanged) for a, b in _PAIRS]
    whole = {
        f"{_WHOLE}, {kind}": [
            (sum(pages_cpu) + folding) / pages_a_fold
            for pages_cpu, folding in zip(_in_groups(cpu[f"{new}, {kind}"], pages_a_fold), fold_cpu[kind], strict=True)
        ]
        for kind in _KINDS
    }
    note = f"pages of {_PAGE:,}; a fold is of {pages_a_fold} pages; one takes six hours of 5 organizations."
    return [
        *compare("rollups, sync", samples, "calls/s", pairs, note),
        *compare(
            "rollups, sync, CPU",
            {name: figures[1:] for name, figures in cpu.items()},
            "ms",
            pairs,
            "what Postgres computed for a page, which other programs on the machine do not lengthen.",
        ),
        *compare(
            "rollups, all in all, CPU", whole, "ms", [(f"{_WHOLE}, {a}", f"{_WHOLE}, {b}") for a, b in _PAIRS], note
        ),
        *compare("rollups, fold", folds, "calls/s", [_FOLDS], note),
    ]


def _in_groups(figures: list[float], size: int) -> Iterator[list[float]]:
    for first in range(0, len(figures) - size + 1, size):
        yield figures[first : first + size]


class _Folding:
    """Pages of new calls, and after every few of them a fold, which is timed by itself."""

    def __init__(self, side: _Side, pages: Pages, pages_a_fold: int, folds: Samples, cpu: list[float]) -> None:
        self._side = side
        self._pages = pages
        self._pages_a_fold = pages_a_fold
        self._folds = folds.get(f"{_FOLD}, {side.kind}", [])
        self._cpu = cpu
        self._numbers = count(1)

    def __call__(self) -> float:
        """Apply the next page; returns calls per second."""
        rate = self._pages.apply_new()
        if next(self._numbers) % self._pages_a_fold == 0:
            before = cpu_milliseconds(self._side.folder)
            self._folds.append(rate_of(self._pages_a_fold * _PAGE, self._side.fold))
            self._cpu.append(cpu_milliseconds(self._side.folder) - before)
        return rate


def _deliveries(ground: Ground) -> list[Row]:
    each = ground.size(_DELIVERIES)
    with _Side.of(ground) as sides, Clients() as clients, ExitStack() as stack:
        contestants: dict[str, Callable[[], float]] = {}
        for side in sides:
            port = Ports.free().webhooks_port
            app = webhook_app(
                ground.scratch.new_directory(),
                port=port,
                database_url=side.database.url("webhooks"),
                credentials_keys=ground.scratch.keys.credentials_key,
            )
            stack.enter_context(running(app))
            contestants[f"deliveries, {side.kind}"] = partial(_deliver, side, clients, port, each)
        samples = in_turns(contestants, _DELIVERY_ROUNDS)
    pairs = [(f"deliveries, {a}", f"deliveries, {b}") for a, b in _PAIRS]
    return compare(
        "rollups, webhooks", samples, "/s", pairs, f"until all are applied; a fold every {_FOLD_SECONDS:g} s meanwhile."
    )


def _deliver(side: _Side, clients: Clients, port: int, each: int) -> float:
    over = threading.Event()

    def keep_folding() -> None:
        while not over.wait(_FOLD_SECONDS):
            side.fold()

    folding = threading.Thread(target=keep_folding)
    folding.start()
    try:
        done = clients.request(port, partial(signed_requests, count=each, secret=SECRET), 200)
        while side.owner.execute(_WAITING).fetchall() != [(0,)]:
            time.sleep(_LOOK_SECONDS)
        return len(done.latencies) / (time.monotonic() - done.started)
    finally:
        over.set()
        folding.join()
