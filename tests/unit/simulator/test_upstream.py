from datetime import date
from pathlib import Path

import pytest

from simulator.accounts import Account
from simulator.calls import Call
from simulator.clock import ManualClock, utc_text
from simulator.plan import Plan
from simulator.store import Store
from simulator.upstream import CallChange, Upstream, corrected


@pytest.fixture(scope="module")
def calls(account: Account) -> tuple[Call, ...]:
    return Plan(3, account).day(date(2026, 5, 4))


def test_a_correction_keeps_a_call_consistent(calls: tuple[Call, ...]) -> None:
    for call in calls:
        for seconds in (0.5, call.length_ms / 1000, 7200):
            after = corrected(call, CallChange(duration=seconds))
            assert after.length_ms == round(seconds * 1000)
            for leg in after.legs:
                assert leg.rang_ms <= leg.stopped_ms <= after.length_ms
                assert (leg.ended_ms or 0) <= after.length_ms
        changed = corrected(call, CallChange(status="VoiceMail", recording=True))
        assert changed.voicemail_ms is not None
        assert changed.voicemail_ms <= changed.length_ms
        assert changed.recording_after_ms is not None
        assert corrected(call, CallChange()) == call


def test_corrections_add_up_and_survive_a_restart(tmp_path: Path, clock: ManualClock, calls: tuple[Call, ...]) -> None:
    path, call = tmp_path / "state.jsonl", calls[0]
    store = Store(path, seed=1, now=clock.now)
    upstream = Upstream(store, clock)
    upstream.change("call", call.id, status="Dropped")
    upstream.change("call", call.id, name="Somebody Else")
    upstream.delete("call", calls[1].id)
    store.close()
    reopened = Store(path, seed=1, now=clock.now)
    again = Upstream(reopened, clock)
    assert again.fields("call", call.id) == {"status": "Dropped", "name": "Somebody Else"}
    assert again.corrected(call).status == "Dropped"
    assert again.corrected(calls[2]) is calls[2]
    assert again.changed_at("call", call.id) == again.deleted_at("call", calls[1].id) == utc_text(clock.now)
    again.restore("call", calls[1].id)
    assert again.deleted_at("call", calls[1].id) is None
    reopened.close()
