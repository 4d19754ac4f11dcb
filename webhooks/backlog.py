"""Deliveries that are answered as soon as they are stored, and applied right after, many in one transaction."""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Final

from webhooks.database import Delivery, Outcome
from webhooks.errors import RefusedError, UnavailableError

LONGEST: Final = 2000
"""Deliveries of one process that may wait; senders wait beyond that."""
BATCH_SIZE: Final = 500
PAUSE_SECONDS: Final = 0.04
BURST: Final = 10
PAUSES: Final = 20
"""At most, between two batches: one, and another while in each a burst of deliveries came. In a larger batch a call is
written once for several of its events."""
RETRY_SECONDS: Final = 2
CLOSE_SECONDS: Final = 5

log = logging.getLogger(__name__)


class Backlog:
    """What is stored and has yet to be applied, and a thread that applies it.

    It begins with what a process that ended left behind; so does the sync script, so that nothing depends on this one.

    Args:
        receive: stores deliveries, committed when it returns.
        apply: applies at most so many of those stored, by whomever; returns how many, 0 when none wait, and None while
            another does it.
    """

    def __init__(
        self, receive: Callable[[Sequence[Delivery]], list[Outcome]], apply: Callable[[int], int | None]
    ) -> None:
        self._receive = receive
        self._apply = apply
        self._received = self._applied = 0
        self._counting = Lock()
        self._wake = Event()
        self._wake.set()
        self._closing = Event()
        self._thread = Thread(target=self._run, name="backlog", daemon=True)
        self._thread.start()

    def takes(self, count: int) -> bool:
        """Tell whether deliveries that came together should go this way.

        One alone is applied before it is answered, which costs less than two steps. So are all while too many wait, and
        their senders with them.
        """
        waiting = self._received - self._applied
        return (count > 1 or waiting > 0) and waiting + count <= LONGEST

    def receive(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Store deliveries; they are applied soon after. The errors are those of `receive`."""
        outcomes = self._receive(deliveries)
        with self._counting:
            self._received += len(outcomes)
        self._wake.set()
        return outcomes

    def close(self) -> None:
        """Apply what waits, if that is quickly done."""
        self._closing.set()
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set() or self._received > self._applied:
            self._wake.wait()
            self._wake.clear()
            received = self._received
            is_empty = self._empty()
            if is_empty:
                self._applied = received
                self._pause()
            elif is_empty is None:
                # What came since the other one looked is left to whoever looks next: also while this process closes,
                # when waiting for that to happen would be no pause.
                self._wake.set()
                time.sleep(PAUSE_SECONDS)
            elif self._closing.is_set():
                return
            else:
                self._wake.set()
                self._closing.wait(RETRY_SECONDS)

    def _empty(self) -> bool | None:
        """Apply until nothing waits; None if another does it."""
        try:
            while (applied := self._apply(BATCH_SIZE)) == BATCH_SIZE:
                pass
        except (UnavailableError, RefusedError):
            return False
        except Exception:
            log.exception("applying what was received")
            return False
        return None if applied is None else True

    def _pause(self) -> None:
        for _ in range(PAUSES):
            before = self._received
            if self._closing.wait(PAUSE_SECONDS) or self._received < before + BURST:
                return
