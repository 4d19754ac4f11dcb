from datetime import date, timedelta

import pytest

from simulator.accounts import Account
from simulator.calls import Call
from simulator.history import item, matching, shown_from
from simulator.plan import Plan

URL = "http://127.0.0.1:1"
LATER = timedelta(days=1)


@pytest.fixture(scope="module")
def calls(account: Account) -> list[Call]:
    plan = Plan(3, account)
    return [call for day in range(28) for call in plan.day(date(2026, 5, 4) + timedelta(days=day))]


def test_durations_are_milliseconds_as_text_or_number(account: Account, calls: list[Call]) -> None:
    durations = [item(call, account, now=call.ended_at, public_url=URL)["duration"] for call in calls]
    assert {type(duration) for duration in durations} == {str, int}
    assert [int(duration) for duration in durations] == [call.length_ms for call in calls]


def test_a_transferred_call_has_several_connected_called(account: Account, calls: list[Call]) -> None:
    call = next(call for call in calls if sum(leg.answered_ms is not None for leg in call.legs) > 1)
    shown = item(call, account, now=call.ended_at, public_url=URL)
    assert sum(called["isConnected"] for called in shown["called"]) == 2
    assert {called["phone"] for called in shown["called"]} == {call.number}


def test_placed_calls_show_the_agent_as_caller(account: Account, calls: list[Call]) -> None:
    for call in (call for call in calls if call.direction in ("Outgoing", "Callback")):
        shown = item(call, account, now=call.ended_at, public_url=URL)
        assert shown["caller"]["extension"] == call.placed_by == call.legs[0].extension
        assert call.outside
        assert [called["phone"] for called in shown["called"]] == [call.outside.phone]
        assert shown["called"][0]["isConnected"] == (call.status == "Connected")


def test_an_internal_call_has_extensions_only(account: Account, calls: list[Call]) -> None:
    call = next(call for call in calls if call.direction == "Internal")
    shown = item(call, account, now=call.ended_at, public_url=URL)
    assert shown["businessNumber"] is shown["caller"]["phone"] is shown["called"][0]["phone"] is None
    assert shown["caller"]["extension"] != shown["called"][0]["extension"]


def test_a_recording_is_linked_later_and_some_links_are_malformed(account: Account, calls: list[Call]) -> None:
    recorded = [call for call in calls if call.recording_after_ms is not None]
    uris = []
    for call in recorded:
        assert "callRecord" not in item(call, account, now=call.ended_at, public_url=URL)
        uris.append(item(call, account, now=call.ended_at + LATER, public_url=URL)["callRecord"]["uri"])
    assert {uri.split("1", 1)[0] for uri in uris} == {"http://", "http:/"}
    unrecorded = next(call for call in calls if call.recording_after_ms is None)
    assert "callRecord" not in item(unrecorded, account, now=unrecorded.ended_at + LATER, public_url=URL)


def test_a_call_is_shown_when_it_has_ended_and_the_lag_has_passed(calls: list[Call]) -> None:
    assert shown_from(calls[0], timedelta(seconds=10)) == calls[0].ended_at + timedelta(seconds=10)


def test_the_filter_takes_directions_and_statuses(calls: list[Call]) -> None:
    found = matching(calls, "incoming, Missed,VoiceMail,whatever")
    assert {(call.direction, call.status) for call in found} == {("Incoming", "Missed"), ("Incoming", "VoiceMail")}
    assert matching(calls, "") == matching(calls, "All") == calls
