import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from simulator.accounts import Account
from simulator.calls import Call, Party
from simulator.dice import dice, random_id
from simulator.events import NO_GUID, RECEIVED, RECORDING, SENT, VOICEMAIL, Event, events_of, message_events_of
from simulator.messages import Message
from simulator.plan import Plan

LINK = "https://example.test/r.wav"
UNKNOWN = "CallQualityReported"


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
        types = [event.type for event in events_of(call, account) if event.type not in {UNKNOWN, *VOICEMAIL}]
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


def told(calls: list[Call], account: Account, *kinds: str) -> dict[str, list[Event]]:
    found = {call.id: [e for e in events_of(call, account, LINK) if e.type in kinds] for call in calls}
    return {call_id: events for call_id, events in found.items() if events}


def test_the_newer_form_tells_transfers_under_either_name(account: Account, calls: list[Call]) -> None:
    names = ("IncomingCallTransferred", "IncomingCallAgentTransferred")
    events = told(calls, account, *names)
    transferred = {call.id: call for call in calls if sum(leg.answered_ms is not None for leg in call.legs) > 1}
    assert events.keys() == {call.id for call in transferred.values() if call.agent_events}
    for call_id, [event] in events.items():
        first, *_, last = (leg for leg in transferred[call_id].legs if leg.answered_ms is not None)
        assert (event.at_ms, event.payload["Body"]["Extension"]) == (first.ended_ms, first.extension)
        assert event.payload["Body"]["TransferredTo"] == last.extension
    assert {event.type for [event] in events.values()} == set(names)


def test_the_newer_form_tells_of_voicemail_when_it_begins(account: Account, calls: list[Call]) -> None:
    events = told(calls, account, *VOICEMAIL)
    left = {call.id: call for call in calls if call.status == "VoiceMail" and call.agent_events}
    assert events.keys() == left.keys()
    assert all(event.at_ms == left[call_id].voicemail_ms for call_id, [event] in events.items())
    assert {event.type for [event] in events.values()} == set(VOICEMAIL)


def test_a_recording_is_told_of_at_the_hang_up_or_when_it_is_ready(account: Account, calls: list[Call]) -> None:
    later = told(calls, account, *RECORDING)
    hung_up = told(calls, account, "IncomingCallCompleted", "OutgoingCallCompleted", "CallbackCallCompleted")
    recorded = {call.id: call for call in calls if call.recording_after_ms is not None}
    assert {event.type for [event] in later.values()} == set(RECORDING)
    for call in calls:
        if call.direction == "Internal":
            continue
        body = hung_up[call.id][0].payload["Body"]
        assert ("RecordingId" in body) == (call.id in recorded)
        assert ("RecordingLink" in body) == (call.id in recorded and call.id not in later)
        if call.id in later:
            [event] = later[call.id]
            assert event.at_ms == call.length_ms + (call.recording_after_ms or 0)
            assert event.payload["Body"]["RecordingLink"] == LINK
            assert event.payload["Body"]["RecordingId"] == body["RecordingId"]
    assert told([call for call in calls if not call.agent_events], account, *RECORDING) == {}
    assert len(later) > 20


def test_now_and_then_comes_an_event_nobody_knows_but_not_for_calls_on_order(
    account: Account, calls: list[Call]
) -> None:
    assert 0 < len(told(calls, account, UNKNOWN)) < len(calls) / 20
    assert told([replace(call, origin="script") for call in calls], account, UNKNOWN) == {}


@pytest.fixture
def messages() -> list[Message]:
    rng = dice("messages")
    sent_at = datetime(2026, 5, 4, 15, tzinfo=UTC)
    common: dict[str, Any] = {"number": "+12125550100", "outside": Party("+13125550142"), "text": "Hello"}
    fates: list[dict[str, Any]] = [
        {"direction": "Inbound"},
        {"direction": "Outbound"},
        {"direction": "Outbound", "settles_at": sent_at + timedelta(seconds=2)},
        {"direction": "Outbound", "delivery": "Failed", "settles_at": sent_at + timedelta(seconds=2), "failure": "No"},
    ]
    return [
        Message(id=random_id(rng), api_key="key-1", created_at=sent_at, has_guid=number % 5 > 0, **fate, **common)
        for number in range(50)
        for fate in fates
    ]


def test_a_message_is_told_of_and_then_what_became_of_it(account: Account, messages: list[Message]) -> None:
    kinds = set()
    for message in messages:
        events = message_events_of(message, account)
        assert events == message_events_of(message, account)
        assert {event.call_id for event in events} == {message.id}
        bodies = [event.payload["Body"] for event in events]
        assert {body["Id"] for body in bodies} == {message.id if message.has_guid else NO_GUID}
        assert {body.get("Text") or body.get("Message") or body.get("Body") for body in bodies} <= {"Hello", None}
        parties = ("+13125550142", "+12125550100")
        expected = parties if message.direction == "Inbound" else parties[::-1]
        assert {(body["From"], body["To"]) for body in bodies} == {expected}
        assert events[0].type in (RECEIVED if message.direction == "Inbound" else SENT)
        assert [event.at_ms for event in events] == ([0] if message.settles_at is None else [0, 2000])
        if message.settles_at:
            assert (bodies[1]["Status"], bodies[1].get("Error")) == (message.delivery, message.failure)
        kinds |= {event.type for event in events}
    assert kinds == {*RECEIVED, *SENT, "MessageDelivered", "MessageFailed", "MessageStatusChanged"}


def test_a_message_without_a_guid_is_told_with_its_words_each_time(account: Account, messages: list[Message]) -> None:
    for message in messages:
        last = message_events_of(message, account)[-1].payload["Body"]
        has_words = bool({"Text", "Message", "Body"} & last.keys())
        assert has_words == (message.settles_at is None or not message.has_guid)


def test_a_completion_tells_the_length_and_may_link_the_recording(account: Account, calls: list[Call]) -> None:
    call = next(call for call in calls if call.recording_after_ms is not None and not call.agent_events)
    body = events_of(call, account, LINK)[-1].payload["Body"]
    hours, minutes, seconds = (int(part) for part in body["CallDuration"].split(":"))
    assert hours * 3600 + minutes * 60 + seconds == call.length_ms // 1000
    assert body["RecordingLink"] == LINK
    assert "RecordingLink" not in events_of(call, account)[-1].payload["Body"]
