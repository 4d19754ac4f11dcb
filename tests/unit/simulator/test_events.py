import re
from collections import Counter
from datetime import date, timedelta

import pytest

from simulator.accounts import Account
from simulator.calls import Call
from simulator.events import events_of
from simulator.plan import Plan


@pytest.fixture(scope="module")
def calls(account: Account) -> list[Call]:
    plan = Plan(3, account)
    return [call for day in range(14) for call in plan.day(date(2026, 5, 4) + timedelta(days=day))]


def test_events_are_in_order_with_their_own_ids_and_seven_fractional_digits(
    account: Account, calls: list[Call]
) -> None:
    guids = []
    for call in calls:
        events = events_of(call, account)
        assert [event.at_ms for event in events] == sorted(event.at_ms for event in events)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", e.payload["Timestamp"]) for e in events)
        assert {event.payload["Body"]["Id"] for event in events} <= {call.id}
        assert {event.payload["ApiKey"] for event in events} <= {account.api_key}
        assert events == events_of(call, account)
        guids += [event.guid for event in events]
    assert len(set(guids)) == len(guids)


def test_a_call_arrives_first_and_completes_last(account: Account, calls: list[Call]) -> None:
    prefixes = {"Incoming": "IncomingCall", "Outgoing": "OutgoingCall", "Callback": "CallbackCall"}
    for call in calls:
        types = [event.type for event in events_of(call, account)]
        if call.direction == "Internal":
            assert types == []
            continue
        prefix = prefixes[call.direction]
        assert types[0] == prefix
        assert types[-1] == f"{prefix}Completed"
        assert Counter(types)[f"{prefix}Completed"] == 1
        assert Counter(types)[f"{prefix}Connected"] == sum(leg.answered_ms is not None for leg in call.legs)


def test_whoever_rang_in_vain_stops_ringing(account: Account, calls: list[Call]) -> None:
    for call in (call for call in calls if call.direction == "Incoming"):
        stopped = [e.payload["Body"]["Extension"] for e in events_of(call, account) if e.type.endswith("StopRinging")]
        assert sorted(stopped) == sorted(leg.extension for leg in call.legs if leg.answered_ms is None)


def test_the_newer_form_adds_agent_events_and_a_top_level_call_id(account: Account, calls: list[Call]) -> None:
    for call in (call for call in calls if call.direction in ("Incoming", "Outgoing")):
        events = events_of(call, account)
        assert all((event.payload.get("CallId") == call.id) == call.agent_events for event in events)
        assert any("Agent" in event.type for event in events) == (call.agent_events and bool(call.legs))


def test_a_completion_tells_the_length_and_may_link_the_recording(account: Account, calls: list[Call]) -> None:
    call = next(call for call in calls if call.recording_after_ms is not None and call.direction == "Incoming")
    body = events_of(call, account, "https://example.test/r.wav")[-1].payload["Body"]
    hours, minutes, seconds = (int(part) for part in body["CallDuration"].split(":"))
    assert hours * 3600 + minutes * 60 + seconds == call.length_ms // 1000
    assert body["RecordingLink"] == "https://example.test/r.wav"
    assert "RecordingLink" not in events_of(call, account)[-1].payload["Body"]
