"""What is done beside the pulling, so that no mail server and no lock can hold the pulling up."""

import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from threading import Event, Thread
from typing import Final, Protocol

from sync.errors import DatabaseError, SyncError
from sync.progress import Reporter
from sync.retries import pause
from sync.runtime import Runtime
from sync.store import Store

_FIRST_REST_SECONDS: Final = 5.0
_LONGEST_REST_SECONDS: Final = 60.0
_JOIN_SECONDS: Final = 0.2


class Turn(Enum):
    """What a turn came to."""

    NOTHING_TO_DO = auto()
    DONE = auto()
    FAILED = auto()


class Chore(Protocol):
    """Work that is done in small pieces."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def turn(self, store: Store) -> Turn:
        """Do one piece.

        Raises:
            Exception: the chore has to rest for a while.
        """


@dataclass(frozen=True)
class Bounds:
    """How long the end of a sideline may take, in seconds."""

    due: float = 240
    """Until all that is due is done: a run that cron starts every five minutes ends before the next one."""
    piece: float = 75
    """Until the piece in hand is done: a letter takes a minute at most."""
    piece_when_stopping: float = 5


@dataclass
class _Rest:
    troubles: int = 0
    until: float = float("-inf")


class Sideline:
    """Chores taking turns, on a thread and a connection of their own."""

    def __init__(
        self,
        chores: Sequence[Chore],
        store: Store,
        runtime: Runtime,
        reporter: Reporter,
        *,
        name: str = "sideline",
        look_seconds: float = 2.0,
        bounds: Bounds = Bounds(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chores = [(chore, _Rest()) for chore in chores]
        self._store = store
        self._runtime = runtime
        self._reporter = reporter
        self._look_seconds = look_seconds
        self._bounds = bounds
        self._monotonic = monotonic
        self._asked_to_finish_at: float | None = None
        self._is_finishing = Event()
        self._is_enough = Event()
        self._failures = 0
        # A thread that hangs must not keep the process from ending; what it holds is leased.
        self._thread = Thread(target=self._run, name=name, daemon=True)

    @property
    def name(self) -> str:
        """What its thread is called."""
        return self._thread.name

    def start(self) -> None:
        """Begin; what comes up later is done too, until `finish`."""
        self._thread.start()

    def ask_to_finish(self) -> None:
        """Let it end when all that is due is done: `finish` counts its bounds from now."""
        if self._asked_to_finish_at is None:
            self._asked_to_finish_at = self._monotonic()
        self._is_finishing.set()

    def finish(self) -> int:
        """Do what is due and end, both within bounds; returns how much failed, all in all."""
        self.ask_to_finish()
        deadline = (self._asked_to_finish_at or 0.0) + self._bounds.due
        while self._thread.is_alive() and not self._runtime.is_stopping() and self._monotonic() < deadline:
            self._thread.join(_JOIN_SECONDS)
        self._is_enough.set()
        is_stopping = self._runtime.is_stopping()
        self._thread.join(self._bounds.piece_when_stopping if is_stopping else self._bounds.piece)
        if self._thread.is_alive():
            self._reporter.says(f"{self.name}_left_behind")
            self._failures += 1
        return self._failures

    def _run(self) -> None:
        with self._store:
            while not self._is_over():
                is_last_round = self._is_finishing.is_set()
                turns = [self._turn(chore, rest) for chore, rest in self._chores]
                if not any(turns):
                    if is_last_round:
                        return
                    self._is_finishing.wait(self._look_seconds)

    def _is_over(self) -> bool:
        return self._is_enough.is_set() or self._runtime.is_stopping()

    def _turn(self, chore: Chore, rest: _Rest) -> bool:
        """Give a chore its turn; false when it has nothing more to do for now."""
        if self._is_over() or self._monotonic() < rest.until:
            return False
        try:
            turn = chore.turn(self._store)
        except Exception as error:  # One chore must not stop the others.
            self._trouble(chore, rest, error)
            return False
        rest.troubles = 0
        self._failures += turn is Turn.FAILED
        return turn is not Turn.NOTHING_TO_DO

    def _trouble(self, chore: Chore, rest: _Rest, error: Exception) -> None:
        if isinstance(error, DatabaseError):
            self._store.close()
        if not isinstance(error, SyncError):
            traceback.print_exception(error, file=sys.stderr)
        reason = str(error) if isinstance(error, SyncError) else f"unexpected {type(error).__name__}: {error}"
        self._failures += 1
        rest.troubles += 1
        seconds = pause(rest.troubles, _FIRST_REST_SECONDS, _LONGEST_REST_SECONDS, self._runtime.random)
        rest.until = self._monotonic() + seconds
        self._reporter.says(f"{chore.name}_failed", error=reason, next_try_seconds=round(seconds, 1))
