"""Actions at instants: run in order by one thread, or step by step in a test."""

import heapq
import logging
from collections.abc import Callable
from datetime import datetime
from itertools import count
from threading import Condition, Thread

from simulator.clock import Clock

Action = Callable[[], object]
log = logging.getLogger(__name__)

# The clock may be set while the thread waits, so it looks again at least this often.
LONGEST_WAIT_SECONDS = 1.0


class Schedule:
    """A queue of actions by due instant; equal instants keep their order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: list[tuple[datetime, int, Action]] = []
        self._order = count()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopping = False

    def at(self, moment: datetime, action: Action) -> None:
        """Run a short action at an instant, or at once if it has passed."""
        with self._changed:
            heapq.heappush(self._queue, (moment, next(self._order), action))
            self._changed.notify()

    def run_due(self) -> int:
        """Run everything that is due and return how much that was."""
        done = 0
        while (action := self._next_due()) is not None:
            done += 1
            try:
                action()
            except Exception:
                log.exception("a scheduled action failed")
        return done

    def start(self) -> None:
        """Run due actions in a thread of their own from now on."""
        self._thread = Thread(target=self._run, name="schedule", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; what is still queued stays undone."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread:
            self._thread.join()

    def _next_due(self) -> Action | None:
        with self._changed:
            if self._stopping or not self._queue or self._queue[0][0] > self._clock():
                return None
            return heapq.heappop(self._queue)[2]

    def _run(self) -> None:
        while True:
            self.run_due()
            with self._changed:
                if self._stopping:
                    return
                wait = LONGEST_WAIT_SECONDS
                if self._queue:
                    wait = min(wait, (self._queue[0][0] - self._clock()).total_seconds())
                if wait > 0:
                    self._changed.wait(wait)
