"""What the receiver sees of each fault of deliveries, and what the truth says became of them."""

from collections import Counter
from itertools import pairwise
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from simulator import webhooks
from simulator.faults import Switch
from simulator.server import Simulator
from tests.integration.simulator.conftest import Accounts, Start
from tests.integration.simulator.receiver import Received, Receiver

TYPES = ["IncomingCall", "IncomingCallRinging", "IncomingCallConnected", "IncomingCallCompleted"]


@pytest.fixture(autouse=True)
def retry_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "RETRY_AFTER_SECONDS", (0.05, 0.05, 0.05))


@pytest.fixture
def simulator(start: Start, accounts: Accounts, receiver: Receiver) -> Simulator:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "signed", "secret": "the secret"}
    return start(history_days=0)


def order(simulator: Simulator, **script: Any) -> str:
    wanted = {"account": "cc-key", "ring": ["101"], "answer_after": 1, "talk": 1, "speed": 100} | script
    answer = httpx.post(f"{simulator.url}/__simulator__/calls", json=wanted, timeout=60, trust_env=False)
    assert answer.status_code == 201, answer.text
    call_id: str = answer.json()["id"]
    return call_id


def settled(simulator: Simulator, call_id: str) -> list[dict[str, Any]]:
    """Return what became of a call's events, once that is known of all."""
    deadline = monotonic() + 60
    while True:
        told = httpx.get(f"{simulator.url}/__simulator__/truth", trust_env=False, timeout=30).json()["accounts"]
        [call] = [call for account in told for call in account["calls"] if call["id"] == call_id]
        deliveries: list[dict[str, Any]] = call["deliveries"]
        if all(delivery["outcome"] != "pending" for delivery in deliveries):
            return deliveries
        assert monotonic() < deadline, deliveries
        sleep(0.02)


def strike(simulator: Simulator, **switch: Any) -> None:
    simulator.faults.switch_on(Switch(**switch))


def test_a_duplicate_is_the_same_delivery_again(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="duplicates", copies=2, seconds=0.05)
    call_id = order(simulator)
    receiver.wait_for(lambda r: len(r.types(call_id)) == 12)
    assert set(Counter(received.body for received in receiver.received).values()) == {3}
    assert len({received.headers["x-signature"] for received in receiver.received}) == 4
    assert [delivery["attempts"] for delivery in settled(simulator, call_id)] == [1, 1, 1, 1]


def test_an_event_held_back_comes_after_the_next_of_its_call(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="reordering", path="IncomingCallRinging", seconds=30)
    call_id = order(simulator)
    receiver.wait_for(lambda r: len(r.types(call_id)) == 4)
    types = receiver.types(call_id)
    assert types.index("IncomingCallRinging") > types.index("IncomingCallConnected")
    assert [each for each in types if each != "IncomingCallRinging"] == [TYPES[0], *TYPES[2:]]


def test_the_last_event_of_a_call_is_held_back_only_so_long(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="reordering", path="Completed", seconds=0.3)
    began = monotonic()
    call_id = order(simulator)
    receiver.wait_for(lambda r: len(r.types(call_id)) == 4)
    assert monotonic() - began > 0.3
    assert {delivery["outcome"] for delivery in settled(simulator, call_id)} == {"delivered"}


def test_what_is_lost_is_never_sent_and_the_truth_knows(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="loss", path="Connected")
    call_id = order(simulator)
    outcomes = {delivery["type"]: delivery["outcome"] for delivery in settled(simulator, call_id)}
    assert outcomes == dict.fromkeys(TYPES, "delivered") | {"IncomingCallConnected": "lost"}
    assert receiver.types(call_id) == ["IncomingCall", "IncomingCallRinging", "IncomingCallCompleted"]


def test_a_late_event_holds_up_no_other(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="lateness", path="IncomingCallRinging", seconds=4)
    call_id = order(simulator)
    receiver.wait_for(lambda r: len(r.types(call_id)) == 4)
    assert receiver.types(call_id) == [TYPES[0], *TYPES[2:], "IncomingCallRinging"]
    assert {delivery["outcome"] for delivery in settled(simulator, call_id)} == {"delivered"}


def test_a_sender_that_does_not_wait_for_the_answer_sends_again(simulator: Simulator, receiver: Receiver) -> None:
    def take_your_time(_: Received) -> int:
        sleep(0.1)
        return 200

    receiver.answer = take_your_time
    strike(simulator, fault="delivery_timeout", path="IncomingCallCompleted", times=1)
    call_id = order(simulator)
    told = settled(simulator, call_id)
    assert {delivery["type"]: delivery["attempts"] for delivery in told} == dict.fromkeys(TYPES, 1) | {TYPES[-1]: 2}
    # The one that nobody waited for may be read last.
    receiver.wait_for(lambda r: len(r.types(call_id)) == 5)
    assert receiver.types(call_id) == [*TYPES, TYPES[-1]]
    assert receiver.received[-1].body == receiver.received[-2].body


def test_a_skewed_clock_shows_in_events_and_only_in_that_account(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="clock_skew", account="cc-key", seconds=7200)
    call_id = order(simulator, starts_at="2026-05-04T15:00:00Z")
    receiver.wait_for(lambda r: len(r.types(call_id)) == 4)
    times = [received.event["Timestamp"] for received in receiver.received]
    assert times[0] == "2026-05-04T17:00:00.0000000Z"
    assert times == sorted(times)


def test_links_in_events_are_spoiled(simulator: Simulator, receiver: Receiver) -> None:
    strike(simulator, fault="link_malformed", how="words", path="Completed")
    call_id = order(simulator, recording=True)
    receiver.wait_for(lambda r: len(r.types(call_id)) == 4)
    assert receiver.received[-1].event["Body"]["RecordingLink"] == "the recording is being prepared"


def test_connections_are_kept_and_many_calls_are_delivered_at_once_each_in_order(
    simulator: Simulator, receiver: Receiver
) -> None:
    calls = [order(simulator, speed=20) for _ in range(60)]
    for call_id in calls:
        receiver.wait_for(lambda r, call_id=call_id: len(r.types(call_id)) == 4)  # type: ignore[misc]
        assert receiver.types(call_id) == TYPES
    assert receiver.connections <= webhooks.PARALLEL + 1
    assert len(receiver.received) > 3 * receiver.connections


def test_all_faults_together_lose_nothing_but_what_is_lost(simulator: Simulator, receiver: Receiver) -> None:
    for name, options in {
        "duplicates": {"seconds": 0.2},
        "reordering": {"seconds": 0.2},
        "lateness": {"seconds": 0.3},
        "delivery_timeout": {},
        "loss": {},
    }.items():
        strike(simulator, fault=name, share=0.2, **options)
    calls = [order(simulator) for _ in range(40)]
    outcomes = {delivery["guid"]: delivery["outcome"] for call_id in calls for delivery in settled(simulator, call_id)}
    arrived = {received.event["Guid"] for received in receiver.received}
    delivered = {guid for guid, outcome in outcomes.items() if outcome == "delivered"}
    assert set(outcomes.values()) == {"delivered", "lost"}
    assert delivered == arrived
    assert 0.1 < 1 - len(delivered) / len(outcomes) < 0.35
    in_order = sum(
        all(TYPES.index(first) <= TYPES.index(second) for first, second in pairwise(receiver.types(call_id)))
        for call_id in calls
    )
    assert in_order < 40


def test_what_was_not_settled_is_sent_by_the_next_run_with_the_same_fate(
    start: Start, accounts: Accounts, receiver: Receiver, tmp_path: Any
) -> None:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "token"}
    first = start(history_days=0, state=tmp_path / "state.jsonl")
    strike(first, fault="lateness", path="IncomingCallRinging", seconds=3600)
    call_id = order(first)
    receiver.wait_for(lambda r: len(r.types(call_id)) == 3)
    first.close()
    second = start(history_days=0, state=tmp_path / "state.jsonl")
    assert {delivery["outcome"] for delivery in settled(second, call_id)} == {"delivered"}
    assert receiver.types(call_id)[-1] == "IncomingCallRinging"
