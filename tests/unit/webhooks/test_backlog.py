import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

import pytest

from webhooks import backlog as module
from webhooks.backlog import LONGEST, Backlog
from webhooks.committer import Committer
from webhooks.database import Delivery, Outcome
from webhooks.errors import RefusedError, UnavailableError


def deliveries(count: int) -> list[Delivery]:
    return [Delivery(uuid4(), "{}", datetime(2026, 6, 5, tzinfo=UTC)) for _ in range(count)]


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


class Stored:
    """A database that counts what is stored, and applies it when it is let go."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.errors: list[Exception] = []
        self.others_turns = 0
        self.go_on = Event()

    def receive(self, received: Sequence[Delivery]) -> list[Outcome]:
        self.waiting += len(received)
        return [Outcome(n, "received", is_duplicate=None) for n, _ in enumerate(received, start=1)]

    def apply(self, limit: int) -> int | None:
        assert self.go_on.wait(60)
        if self.others_turns:
            self.others_turns -= 1
            return None
        if self.errors:
            raise self.errors.pop()
        applied = min(limit, self.waiting)
        self.waiting -= applied
        return applied


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def backlog(stored: Stored) -> Iterator[Backlog]:
    backlog = Backlog(stored.receive, stored.apply)
    yield backlog
    stored.go_on.set()
    backlog.close()


def test_it_takes_several_and_whatever_comes_while_some_wait(stored: Stored, backlog: Backlog) -> None:
    assert not backlog.takes(1)
    assert backlog.takes(2)
    assert [outcome.status for outcome in backlog.receive(deliveries(2))] == ["received", "received"]
    assert backlog.takes(1)
    stored.go_on.set()
    until(lambda: not backlog.takes(1), "the backlog to be applied")
    assert stored.waiting == 0


def test_it_takes_no_more_than_so_many(backlog: Backlog) -> None:
    backlog.receive(deliveries(LONGEST - 1))
    assert backlog.takes(1)
    assert not backlog.takes(2)


def test_what_was_left_behind_is_applied_at_the_start() -> None:
    stored = Stored(waiting=module.BATCH_SIZE * 2 + 1)
    stored.go_on.set()
    backlog = Backlog(stored.receive, stored.apply)
    until(lambda: stored.waiting == 0, "what was left behind to be applied")
    backlog.close()


def test_it_goes_on_after_errors(stored: Stored, backlog: Backlog) -> None:
    backlog.receive(deliveries(3))
    stored.errors += [ValueError("a defect"), RefusedError(), UnavailableError()]
    stored.go_on.set()
    until(lambda: not backlog.takes(1), "the backlog to be applied")
    assert (stored.waiting, stored.errors) == (0, [])


def test_what_another_is_at_work_on_still_waits(stored: Stored, backlog: Backlog) -> None:
    backlog.receive(deliveries(3))
    stored.others_turns = 2
    stored.go_on.set()
    until(lambda: not backlog.takes(1), "the backlog to be applied")
    assert (stored.waiting, stored.others_turns) == (0, 0)


@pytest.mark.parametrize(
    ("came", "looks"),
    [((), 1), ((module.BURST - 1,), 1), ((module.BURST, module.BURST, 0), 3), ((module.BURST,) * 100, module.PAUSES)],
    ids=["nothing", "less than a burst", "a burst that ends", "a burst that goes on"],
)
def test_it_pauses_while_a_burst_goes_on_and_not_for_ever(
    stored: Stored, monkeypatch: pytest.MonkeyPatch, came: Sequence[int], looks: int
) -> None:
    backlog = Backlog(stored.receive, stored.apply)
    stored.go_on.set()
    backlog.close()
    left, waited = list(came), 0

    def wait(_: float) -> bool:
        nonlocal waited
        waited += 1
        backlog.receive(deliveries(left.pop(0) if left else 0))
        return False

    monkeypatch.setattr(backlog._closing, "wait", wait)
    backlog._pause()
    assert waited == looks


def test_closing_applies_what_waits(stored: Stored, backlog: Backlog) -> None:
    backlog.receive(deliveries(3))
    stored.go_on.set()
    backlog.close()
    assert stored.waiting == 0


def test_closing_applies_what_another_leaves(stored: Stored, backlog: Backlog) -> None:
    backlog.receive(deliveries(3))
    stored.others_turns = 3
    stored.go_on.set()
    backlog.close()
    assert (stored.waiting, stored.others_turns) == (0, 0)


def test_closing_does_not_wait_for_a_database_that_is_away(stored: Stored, backlog: Backlog) -> None:
    backlog.receive(deliveries(3))
    stored.errors += [UnavailableError()]
    stored.go_on.set()
    backlog.close()
    assert not backlog._thread.is_alive()


def test_a_group_goes_to_the_backlog_and_one_alone_does_not(stored: Stored, backlog: Backlog) -> None:
    ingested: list[int] = []

    def ingest(group: Sequence[Delivery]) -> list[Outcome]:
        ingested.append(len(group))
        return [Outcome(1, "applied", is_duplicate=False)]

    committer = Committer(ingest, backlog)
    assert committer.commit(deliveries(1)[0]).status == "applied"
    backlog.receive(deliveries(2))
    assert committer.commit(deliveries(1)[0]).status == "received"
    stored.go_on.set()
    until(lambda: not backlog.takes(1), "the backlog to be applied")
    assert committer.commit(deliveries(1)[0]).status == "applied"
    assert ingested == [1, 1]
