from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from simulator import webhooks
from simulator.clock import ManualClock, utc_text
from simulator.server import Simulator
from tests.integration.simulator.conftest import Accounts, Client, Start
from tests.integration.simulator.receiver import Received, Receiver

START = datetime(2026, 6, 3, 13, tzinfo=UTC)
"""A Wednesday's morning, two days before the present of the clock."""


@pytest.fixture
def told(accounts: Accounts, receiver: Receiver) -> Receiver:
    accounts["accounts"][0] |= {
        "webhook": {"url": receiver.url, "mode": "signed", "secret": "s"},
        "calls_per_day": 60,
    }
    return receiver


def play(simulator: Simulator, *, hours: float = 4, **score: Any) -> None:
    asked = {"from": utc_text(START), "to": utc_text(START + timedelta(hours=hours)), "account": "cc-key", **score}
    answer = httpx.post(f"{simulator.url}/__simulator__/play", json=asked, timeout=60, trust_env=False)
    assert answer.status_code == 201, answer.text


def progress(simulator: Simulator, wait: float = 0) -> dict[str, Any]:
    url = f"{simulator.url}/__simulator__/play"
    answer: dict[str, Any] = httpx.get(url, params={"wait": wait}, trust_env=False, timeout=120).json()
    return answer


def facts(simulator: Simulator, part: str, *, hours: float = 4) -> list[dict[str, Any]]:
    window = {"from": utc_text(START), "to": utc_text(START + timedelta(hours=hours))}
    asked = {**window, "account": "cc-key", "parts": part}
    answer = httpx.get(f"{simulator.url}/__simulator__/truth", params=asked, trust_env=False, timeout=120).json()
    found: list[dict[str, Any]] = answer["accounts"][0][part]
    return found


def test_a_past_is_told_whole_in_order_and_with_its_own_times(start: Start, clock: ManualClock, told: Receiver) -> None:
    simulator = start(clock=clock, history_days=5)
    assert not any(fact["deliveries"] for fact in facts(simulator, "calls"))
    play(simulator, most_open=1)
    over = progress(simulator, wait=90)
    assert over["is_over"]
    events = [received.event for received in told.received]
    times = [event["Timestamp"] for event in events]
    assert times == sorted(times)
    assert times[0] >= utc_text(START)
    calls, messages = facts(simulator, "calls"), facts(simulator, "messages")
    external = [call for call in calls if call["direction"] != "Internal"]
    assert len(external) > 10
    assert messages
    for fact in (*external, *messages):
        assert {delivery["outcome"] for delivery in fact["deliveries"]} == {"delivered"}
    expected = [delivery["guid"] for fact in (*calls, *messages) for delivery in fact["deliveries"]]
    assert Counter(event["Guid"] for event in events) == Counter(expected)
    (one,) = over["plays"]
    assert (one["state"], one["events"], one["things"], one["open"]) == (
        "sent",
        len(events),
        len(calls) + len(messages),
        0,
    )


def test_speed_is_seconds_of_the_past_in_a_second(start: Start, clock: ManualClock, told: Receiver) -> None:
    simulator = start(clock=clock, history_days=5)
    begun = monotonic()
    play(simulator, hours=1, speed=3600)
    assert progress(simulator, wait=90)["is_over"]
    assert monotonic() - begun > 0.5


def test_what_is_hidden_is_listed_once_it_was_played(start: Start, clock: ManualClock, told: Receiver) -> None:
    simulator = start(clock=clock, history_days=5)
    with Client(simulator).sign_in() as client:

        def listed() -> int:
            asked = {"startUtc": utc_text(START), "endUtc": utc_text(START + timedelta(hours=4)), "pageSize": "1"}
            total: int = client.get("/api/calls", params=asked).json()["data"]["total"]
            return total

        whole = listed()
        play(simulator, hide=True, speed=1200)
        seen = [listed()]
        while not progress(simulator)["is_over"]:
            seen.append(listed())
            sleep(0.05)
        assert seen == sorted(seen)
        assert seen[0] < whole / 2
        assert len(set(seen)) > 3
        assert listed() == whole


def test_a_play_goes_on_after_a_restart_and_repeats_nothing(
    start: Start, clock: ManualClock, told: Receiver, tmp_path: Path
) -> None:
    state = tmp_path / "state.jsonl"
    first = start(clock=clock, history_days=5, state=state)
    play(first, speed=3600)
    told.wait_for(lambda r: len(r.received) > 20)
    first.close()
    before = len(told.received)
    second = start(clock=clock, history_days=5, state=state)
    assert progress(second, wait=90)["is_over"]
    (one,) = progress(second)["plays"]
    assert 0 < one["skipped"] <= before
    assert one["events"] > 0
    sent = {received.event["Guid"] for received in told.received}
    expected = {
        delivery["guid"]
        for part in ("calls", "messages")
        for fact in facts(second, part)
        for delivery in fact["deliveries"]
    }
    assert sent == expected
    # At most what was under way when it was stopped is sent again.
    assert len(told.received) - len(sent) <= 32
    third = start(clock=clock, history_days=5, state=state)
    assert progress(third) == {"is_over": True, "plays": []}


def test_a_play_can_be_stopped(start: Start, clock: ManualClock, told: Receiver) -> None:
    simulator = start(clock=clock, history_days=5)
    play(simulator, speed=1)
    answer = httpx.delete(f"{simulator.url}/__simulator__/play", timeout=60, trust_env=False).json()
    assert [one["state"] for one in answer["plays"]] == ["stopped"]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"to": "2026-06-03T12:00:00Z"}, "before"), ({"account": "nobody"}, "no such account"), ({"speed": 0}, "speed")],
)
def test_what_cannot_be_played_is_explained(start: Start, change: dict[str, Any], said: str) -> None:
    asked = {"from": "2026-06-03T13:00:00Z", "to": "2026-06-04T13:00:00Z"} | change
    answer = httpx.post(f"{start().url}/__simulator__/play", json=asked, timeout=60, trust_env=False)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_a_past_is_told_through_whatever_goes_wrong(
    start: Start, clock: ManualClock, told: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "RETRY_AFTER_SECONDS", (0, 0, 0, 0))
    simulator = start(clock=clock, history_days=5)
    for fault, options in (("loss", {"share": 0.1}), ("duplicates", {"share": 0.2, "seconds": 0})):
        switch = {"fault": fault, **options}
        httpx.post(f"{simulator.url}/__simulator__/faults", json=switch, timeout=60, trust_env=False).raise_for_status()
    attempts: Counter[str] = Counter()

    def fail_now_and_then(received: Received) -> int:
        guid = received.event["Guid"]
        attempts[guid] += 1
        return 503 if attempts[guid] == 1 and int(guid[0], 16) < 4 else 200

    told.answer = fail_now_and_then
    play(simulator)
    # What is tried again is due by the clock, which stands still.
    while not progress(simulator, wait=0.2)["is_over"]:
        clock.advance(seconds=60)
    outcomes = Counter(
        delivery["outcome"]
        for part in ("calls", "messages")
        for fact in facts(simulator, part)
        for delivery in fact["deliveries"]
    )
    (one,) = progress(simulator)["plays"]
    assert set(outcomes) == {"delivered", "lost"}
    assert sum(outcomes.values()) == one["events"]
    assert 0 < outcomes["lost"] < one["events"] / 4
    assert len(attempts) == outcomes["delivered"]
    assert sum(attempts.values()) > 1.2 * len(attempts)
