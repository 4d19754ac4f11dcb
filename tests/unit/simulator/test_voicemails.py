from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest

from simulator.accounts import Account
from simulator.calls import Call
from simulator.plan import Plan
from simulator.voicemails import Voicemail, item, record_of, restored, voicemail_of


@pytest.fixture(scope="module")
def calls(account: Account) -> list[Call]:
    plan = Plan(3, account)
    return [call for day in range(28) for call in plan.day(date(2026, 5, 4) + timedelta(days=day))]


@pytest.fixture(scope="module")
def voicemails(calls: list[Call]) -> list[Voicemail]:
    return [voicemail for call in calls if (voicemail := voicemail_of(call))]


def test_every_call_that_ended_in_voicemail_left_one(calls: list[Call], voicemails: list[Voicemail]) -> None:
    left = [call for call in calls if call.status == "VoiceMail"]
    assert [voicemail.of_call for voicemail in voicemails] == [call.id for call in left]
    for call, voicemail in zip(left, voicemails, strict=True):
        assert UUID(voicemail.id)
        assert voicemail.call_id in (None, call.id)
        assert call.started_at < voicemail.received_at < call.ended_at == voicemail.over_at
        assert voicemail.received_at + timedelta(milliseconds=voicemail.length_ms) == call.ended_at
        assert voicemail_of(call) == voicemail


def test_some_name_no_call_no_words_and_no_extension(voicemails: list[Voicemail]) -> None:
    for name in ("call_id", "transcription"):
        known = Counter(getattr(voicemail, name) is not None for voicemail in voicemails)
        assert known[True] > 10
        assert known[False] > 10


def test_hosts_and_entries_name_things_differently_and_say_the_same(
    account: Account, voicemails: list[Voicemail]
) -> None:
    classic = account.model_copy(update={"kind": "classic"})
    shapes = set()
    durations = set()
    for voicemail in voicemails:
        for kind in (account, classic):
            shown = item(voicemail, kind, "http://x/a.wav")
            shapes.add(frozenset(shown) - {"extension", "callId", "text"})
            durations.add(type(shown["duration"]))
            assert int(shown["duration"]) == voicemail.length_ms
            assert shown.get("id", shown.get("guid")) == voicemail.id
            link = shown.get("uri", shown.get("fileUrl", shown.get("callRecord", {}).get("uri")))
            assert link == "http://x/a.wav"
    assert len(shapes) == 3
    assert durations == {str, int}


def test_a_voicemail_survives_being_written_down(voicemails: list[Voicemail]) -> None:
    assert all(restored(record_of(voicemail) | {"ordinal": 1}) == voicemail for voicemail in voicemails)
