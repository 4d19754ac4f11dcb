import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

import pytest

from webhooks import committer as module
from webhooks.committer import Committer
from webhooks.database import Delivery, Outcome
from webhooks.errors import RefusedError, UnauthorizedError, UnavailableError


def _delivery(body: str) -> Delivery:
    return Delivery(uuid4(), body, datetime(2026, 6, 5, tzinfo=UTC))


class Door:
    """An ingest that shows its groups and holds each commit until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.arrived, self.go_on = Event(), Event()

    def __call__(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self.groups.append([delivery.body for delivery in deliveries])
        self.arrived.set()
        assert self.go_on.wait(60)
        return [Outcome(n, delivery.body, False) for n, delivery in enumerate(deliveries, start=1)]


def _commit_together(ingest: Callable[[Sequence[Delivery]], list[Outcome]], *bodies: str) -> list[Future[Outcome]]:
    """Let deliveries wait behind a first one, so that they make a group."""
    arrived, go_on = Event(), Event()

    def held(deliveries: Sequence[Delivery]) -> list[Outcome]:
        if deliveries[0].body == "first":
            arrived.set()
            assert go_on.wait(60)
            return [Outcome(1, "applied", False)]
        return ingest(deliveries)

    committer = Committer(held)
    with ThreadPoolExecutor(len(bodies) + 1) as senders:
        first = senders.submit(committer.commit, _delivery("first"))
        assert arrived.wait(60)
        others = [senders.submit(committer.commit, _delivery(body)) for body in bodies]
        while committer._waiting.qsize() < len(bodies):
            assert not wait(others, 0.01).done
        go_on.set()
    assert first.result().status == "applied"
    return others


def test_a_lone_delivery_is_committed_by_itself() -> None:
    door = Door()
    door.go_on.set()
    assert Committer(door).commit(_delivery("applied")) == Outcome(1, "applied", False)


def test_an_answer_comes_after_its_commit_and_not_before() -> None:
    door = Door()
    with ThreadPoolExecutor(1) as senders:
        sender = senders.submit(Committer(door).commit, _delivery("applied"))
        assert door.arrived.wait(60)
        assert not wait([sender], 0.05).done
        door.go_on.set()
    assert sender.result().status == "applied"


def test_what_waits_is_committed_together_and_each_gets_its_own_answer() -> None:
    door = Door()
    door.go_on.set()
    bodies = [f"status of {n}" for n in range(20)]
    senders = _commit_together(door, *bodies)
    assert [sender.result().status for sender in senders] == bodies
    assert [sorted(group) for group in door.groups] == [sorted(bodies)]


def test_who_comes_in_while_others_do_is_committed_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ingested: list[list[str]] = []
    coming = [_delivery("second"), _delivery("third")]
    last = Future[Outcome]()

    def ingest(deliveries: Sequence[Delivery]) -> list[Outcome]:
        ingested.append([delivery.body for delivery in deliveries])
        return [Outcome(n, "applied", False) for n, _ in enumerate(deliveries, start=1)]

    committer = Committer(ingest)

    def sleep(_: float) -> None:
        if coming:
            committer._waiting.put((coming.pop(0), Future() if coming else last))

    monkeypatch.setattr(time, "sleep", sleep)
    committer.commit(_delivery("first"))
    assert last.result(60).status == "applied"
    assert ingested == [["first", "second", "third"]]


def test_a_group_has_a_size() -> None:
    door = Door()
    door.go_on.set()
    _commit_together(door, *map(str, range(module.GROUP_SIZE + 1)))
    assert [len(group) for group in door.groups] == [module.GROUP_SIZE, 1]


def test_one_that_cannot_be_kept_does_not_keep_the_others_from_it() -> None:
    kept: list[Delivery] = []

    def ingest(deliveries: Sequence[Delivery]) -> list[Outcome]:
        if any(delivery.body == "bad" for delivery in deliveries):
            raise RefusedError
        kept.extend(deliveries)
        return [Outcome(n, "applied", False) for n, _ in enumerate(deliveries, start=1)]

    good, bad, better = _commit_together(ingest, "good", "bad", "better")
    assert (good.result().status, better.result().status) == ("applied", "applied")
    with pytest.raises(UnavailableError):
        bad.result()
    assert {delivery.body for delivery in kept} == {"good", "better"}


def test_an_outage_is_tried_once_and_told_to_all() -> None:
    tries = []

    def ingest(deliveries: Sequence[Delivery]) -> list[Outcome]:
        tries.append(len(deliveries))
        raise UnavailableError

    for sender in _commit_together(ingest, "a", "b", "c"):
        with pytest.raises(UnavailableError):
            sender.result()
    assert tries == [3]


def test_an_integration_that_is_gone_is_unknown() -> None:
    def ingest(deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [Outcome(n, "applied", False) for n, each in enumerate(deliveries, start=1) if each.body != "gone"]

    here, gone = _commit_together(ingest, "here", "gone")
    assert here.result().status == "applied"
    with pytest.raises(UnauthorizedError):
        gone.result()


def test_a_mistake_of_ours_reaches_the_sender_and_the_next_delivery_is_committed() -> None:
    def ingest(deliveries: Sequence[Delivery]) -> list[Outcome]:
        if deliveries[0].body == "unlucky":
            raise LookupError
        return [Outcome(1, "applied", False)]

    committer = Committer(ingest)
    with pytest.raises(LookupError):
        committer.commit(_delivery("unlucky"))
    assert committer.commit(_delivery("lucky")).status == "applied"


def test_a_sender_does_not_wait_for_ever_and_who_gave_up_is_not_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    door = Door()
    committer = Committer(door)
    for body in ("stuck", "gives up"):
        with pytest.raises(UnavailableError):
            committer.commit(_delivery(body))
    monkeypatch.setattr(module, "ANSWER_SECONDS", 10)
    door.go_on.set()
    assert committer.commit(_delivery("next")).status == "next"
    assert door.groups == [["stuck"], ["next"]]
