from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from simulator.accounts import Account
from simulator.calls import Call
from simulator.script import Script, ScriptError

NOW = datetime(2026, 6, 5, 12, tzinfo=UTC)
CALL_ID = "7e734dc1-544d-4f04-8ccc-8bd5b197a88c"


def unfold(account: Account, **script: Any) -> Call:
    return Script.model_validate({"account": account.api_key, **script}).unfold(account, call_id=CALL_ID, now=NOW)


def test_an_answered_call_with_a_transfer(account: Account) -> None:
    call = unfold(
        account,
        **{"from": "+13125550142"},
        ring=["101", "102"],
        answer_after=2,
        answered_by="102",
        talk=5,
        transfer_to="103",
        transfer_rings=1,
        transfer_talk=4,
    )
    assert (call.status, call.wait_ms, call.talk_ms, call.length_ms) == ("Connected", 2000, 9000, 12_000)
    assert [(leg.extension, leg.answered_ms, leg.ended_ms) for leg in call.legs] == [
        ("101", None, None),
        ("102", 2000, 7000),
        ("103", 8000, 12_000),
    ]
    assert call.number == account.numbers[0].e164
    assert call.started_at == NOW


def test_unanswered_calls(account: Account) -> None:
    missed = unfold(account, hang_up_after=3)
    assert (missed.status, missed.wait_ms, missed.length_ms) == ("Missed", 3000, 3000)
    assert [leg.extension for leg in missed.legs] == ["101", "102", "103"]
    voicemail = unfold(account, hang_up_after=3, voicemail=4, outcome="VoiceMail", ring=[])
    assert (voicemail.voicemail_ms, voicemail.length_ms, voicemail.legs) == (3000, 7000, ())


def test_placed_and_internal_calls(account: Account) -> None:
    outgoing = unfold(account, direction="Outgoing", ring=["104"], answer_after=1, talk=2, **{"from": "+13125550142"})
    assert (outgoing.placed_by, outgoing.legs[0].extension, outgoing.status) == ("104", "104", "Connected")
    internal = unfold(account, direction="Internal", placed_by="101", ring=["102"], answer_after=1, talk=2)
    assert (internal.placed_by, internal.number, internal.outside) == ("101", None, None)


def test_a_fast_call_ends_when_its_playing_does_and_no_event_lies_ahead_of_the_clock(account: Account) -> None:
    call = unfold(account, answer_after=2, talk=98, speed=100)
    assert call.length_ms == 100_000
    assert call.plays(call.length_ms) == call.ended_at == NOW + timedelta(seconds=1)
    assert all(call.at(offset) <= call.plays(offset) for offset in range(0, call.length_ms + 1, 500))


def test_a_start_can_be_given(account: Account) -> None:
    call = unfold(account, hang_up_after=3, starts_at="2026-06-01T00:00:00+02:00", speed=10)
    assert call.started_at == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert call.plays(0) == NOW


@pytest.mark.parametrize(
    "script",
    [
        {"outcome": "Missed", "answer_after": 1},
        {"outcome": "Connected"},
        {"transfer_to": "102"},
        {"speed": 0},
        {"talk": -1},
        {"from": "not a number"},
        {"unknown": 1},
    ],
)
def test_a_contradictory_script_is_refused(account: Account, script: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        unfold(account, **script)


@pytest.mark.parametrize(
    "script",
    [
        {"number": "+12125550199"},
        {"ring": ["999"]},
        {"ring": [], "answer_after": 1},
        {"answer_after": 1, "transfer_to": "999"},
        {"direction": "Internal", "ring": ["101"], "placed_by": "101"},
    ],
)
def test_a_script_for_another_account_is_refused(account: Account, script: dict[str, Any]) -> None:
    with pytest.raises(ScriptError):
        unfold(account, **script)
