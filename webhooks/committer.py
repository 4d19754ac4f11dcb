"""Groups deliveries: one commit for all that wait, instead of one each, while every sender still waits for its own."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Final

from webhooks.backlog import Backlog
from webhooks.database import Delivery, Outcome
from webhooks.errors import RefusedError, UnauthorizedError, UnavailableError

GROUP_SIZE: Final = 64
ANSWER_SECONDS: Final = 5.5

Ingest = Callable[[Sequence[Delivery]], list[Outcome]]
Waiting = tuple[Delivery, "Future[Outcome]"]


class Committer:
    """Threads that commit whatever came in while they were committing.

    Args:
        ingest: keeps deliveries and applies them.
        backlog: takes those that come many at a time.
        commits: as many are under way at a time.
    """

    def __init__(self, ingest: Ingest, backlog: Backlog | None = None, commits: int = 1) -> None:
        self._ingest = ingest
        self._backlog = backlog
        self._waiting = SimpleQueue[Waiting]()
        self._gathering = Lock()
        for _ in range(commits):
            Thread(target=self._run, name="committer", daemon=True).start()

    def commit(self, delivery: Delivery) -> Outcome:
        """Return once the delivery is committed.

        Raises:
            UnauthorizedError: its integration is gone.
            UnavailableError: it could not be committed in time. It may still be committed, so it has to be repeatable.
        """
        outcome = Future[Outcome]()
        self._waiting.put((delivery, outcome))
        try:
            return outcome.result(ANSWER_SECONDS)
        except TimeoutError:
            outcome.cancel()
            raise UnavailableError from None

    def _run(self) -> None:
        while True:
            with self._gathering:
                group = [waiting for waiting in self._next_group() if waiting[1].set_running_or_notify_cancel()]
            if group:
                self._commit(group)

    def _next_group(self) -> list[Waiting]:
        group = [self._waiting.get()]
        self._let_others_in()
        try:
            while len(group) < GROUP_SIZE:
                group.append(self._waiting.get_nowait())
        except Empty:
            pass
        return group

    def _let_others_in(self) -> None:
        """Give way to those whose requests have arrived: the larger a group, the less each of it costs."""
        before = -1
        while before < (count := self._waiting.qsize()) < GROUP_SIZE:
            before = count
            time.sleep(0)

    def _commit(self, group: Sequence[Waiting]) -> None:
        try:
            keep = self._backlog.receive if self._backlog and self._backlog.takes(len(group)) else self._ingest
            outcomes = {each.ordinal: each for each in keep([delivery for delivery, _ in group])}
        except RefusedError as error:
            # One that cannot be kept must not keep the others from being kept.
            if len(group) > 1:
                for waiting in group:
                    self._commit([waiting])
            else:
                group[0][1].set_exception(error)
        except Exception as error:
            # Whatever it is, the senders wait for an answer and this thread has to go on.
            for _, outcome in group:
                outcome.set_exception(error)
        else:
            for ordinal, (_, outcome) in enumerate(group, start=1):
                if ordinal in outcomes:
                    outcome.set_result(outcomes[ordinal])
                else:
                    outcome.set_exception(UnauthorizedError())
