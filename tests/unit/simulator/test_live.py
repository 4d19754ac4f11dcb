from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.accounts import Account, AccountsFile
from simulator.calls import Call
from simulator.clock import ManualClock
from simulator.events import Event
from simulator.exchange import Exchange
from simulator.live import Live
from simulator.outgoing import Outgoing
from simulator.schedule import Schedule
from simulator.script import Script, ScriptError
from simulator.store import Delivery, Store
from simulator.truth import truth


class Stage:
    """An exchange whose live calls are stepped through by hand; what is sent is delivered at once."""

    def __init__(self, account: Account, clock: ManualClock, rate: float = 0, state: Path | None = None) -> None:
        self.account, self.clock = account, clock
        self.sent: list[Event] = []
        self.store = Store(state, seed=1, now=clock())
        served = AccountsFile(accounts=(account,))
        self.exchange = Exchange(served, self.store, seed=1, history_days=7, public_url="http://x", clock=clock)
        self.schedule = Schedule(clock)
        self.live = Live(self.exchange, self.schedule, self._send, rate)

    def _send(self, api_key: str, event: Event) -> None:
        assert api_key == self.account.api_key
        self.sent.append(event)
        self.store.add_delivery(Delivery(event.guid, event.call_id, "delivered", 1, 200))

    def run(self, *, seconds: float, step: float = 0.25) -> None:
        for _ in range(int(seconds / step)):
            self.clock.advance(seconds=step)
            self.schedule.run_due()

    def order(self, **script: Any) -> Call:
        return self.live.order(Script.model_validate({"account": self.account.api_key, **script}))


def test_calls_are_made_at_the_rate_and_their_events_sent_when_they_happen(
    account: Account, clock: ManualClock
) -> None:
    stage = Stage(account, clock, rate=6)
    stage.live.start()
    stage.run(seconds=1800)
    calls = stage.store.calls(account.api_key)
    assert len(calls) == pytest.approx(6 * 30, rel=0.2)
    assert {call.direction for call in calls} == {"Incoming", "Outgoing", "Internal", "Callback"}
    assert Counter(call.origin for call in calls) == {"live": len(calls)}
    over = {call.id for call in calls if call.ended_at < clock.now}
    completed = Counter(event.call_id for event in stage.sent if event.type.endswith("CallCompleted"))
    external = {call.id for call in calls if call.direction != "Internal"}
    assert completed == dict.fromkeys(over & external, 1)


def test_some_callers_also_write_and_it_is_told(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock, rate=6)
    stage.live.start()
    stage.run(seconds=1800, step=1)
    messages = stage.exchange.added_messages()
    callers = {call.outside for call in stage.store.calls(account.api_key)}
    assert 20 < len(messages) < 90
    assert all(message.outside in callers and message.direction == "Inbound" for message in messages)
    told = [event.call_id for event in stage.sent if event.call_id in {message.id for message in messages}]
    assert sorted(told) == sorted(message.id for message in messages)
    stage.clock.advance(seconds=60)
    quiet = Stage(account.model_copy(update={"messages_per_day": 0}), clock, rate=6)
    quiet.live.start()
    quiet.run(seconds=600, step=1)
    assert quiet.exchange.added_messages() == []


@pytest.mark.parametrize("rate", [0, 6])
def test_people_answer_where_there_is_traffic_by_itself(account: Account, clock: ManualClock, rate: float) -> None:
    stage = Stage(account, clock, rate=rate)
    outgoing = Outgoing(stage.exchange, stage.live)
    for index in range(60):
        phone = f"+131255501{index:02d}"
        outgoing.send(account, {"from": account.numbers[0].e164, "to": [phone], "message": "Hello?"})
    stage.run(seconds=60, step=1)
    messages = stage.exchange.added_messages()
    answers = [message for message in messages if message.direction == "Inbound"]
    assert len(messages) - len(answers) == 60
    assert 8 < len(answers) < 30 if rate else answers == []
    settled = {message.status(clock.now) for message in messages if message.direction == "Outbound"}
    assert "Delivered" in settled


def test_live_calls_are_short_enough_to_be_watched(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock, rate=6)
    stage.live.start()
    stage.run(seconds=1800, step=1)
    answered = [
        c for c in stage.store.calls(account.api_key) if c.direction == "Incoming" and c.answered_ms is not None
    ]
    assert len(answered) > 50
    assert all(2 <= call.wait_ms / 1000 <= 20 for call in answered)
    assert all(15 <= leg.talk_ms / 1000 <= 120 for call in answered for leg in call.legs if leg.talk_ms)


def test_live_traffic_pauses_and_resumes(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock, rate=60)
    stage.live.is_paused = True
    stage.live.start()
    stage.run(seconds=60)
    assert stage.store.calls(account.api_key) == []
    stage.live.is_paused = False
    stage.run(seconds=60)
    assert stage.store.calls(account.api_key)


def test_without_a_rate_nothing_happens_by_itself(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock)
    stage.live.start()
    stage.run(seconds=600, step=10)
    assert stage.store.calls(account.api_key) == []


def test_an_ordered_call_plays_faster_by_its_speed(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock)
    call = stage.order(ring=["101"], answer_after=2, talk=8, speed=10)
    stage.schedule.run_due()
    assert [event.type for event in stage.sent] == ["IncomingCall", "IncomingCallRinging"]
    stage.run(seconds=0.25)
    assert [event.type for event in stage.sent][2:] == ["IncomingCallConnected"]
    stage.run(seconds=0.75)
    assert [event.type for event in stage.sent][3:] == ["IncomingCallCompleted"]
    assert call.ended_at == clock.now


def test_the_history_shows_a_live_call_once_it_ended_and_the_lag_passed(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock)
    call = stage.order(answer_after=1, talk=1)
    stage.run(seconds=11.75)
    assert stage.exchange.call(account.api_key, call.id) is None
    stage.run(seconds=0.25)
    assert stage.exchange.call(account.api_key, call.id) == call


def test_a_restart_finishes_what_was_under_way(account: Account, clock: ManualClock, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    before = Stage(account, clock, state=state)
    call = before.order(ring=["101"], answer_after=2, talk=8)
    before.run(seconds=3)
    before.store.close()
    clock.advance(seconds=60)
    after = Stage(account, clock, state=state)
    after.live.start()
    after.schedule.run_due()
    assert [event.type for event in before.sent + after.sent] == [event.type for event in after.exchange.events(call)]
    assert [event.type for event in after.sent] == ["IncomingCallCompleted"]
    again = after.order(answer_after=1)
    assert again.id != call.id
    after.store.close()


def test_the_planned_past_ends_where_the_state_was_opened(account: Account, clock: ManualClock, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    first = Stage(account, clock, state=state)
    planned = first.exchange.calls(account.api_key, clock.now - timedelta(days=30), clock.now)
    assert planned[0].started_at >= clock.now - timedelta(days=7)
    first.store.close()
    clock.advance(days=3)
    second = Stage(account, clock, state=state)
    assert second.exchange.calls(account.api_key, clock.now - timedelta(days=30), clock.now) == planned
    second.store.close()


def test_truth_tells_the_future_of_a_call_in_progress_but_not_as_history(account: Account, clock: ManualClock) -> None:
    stage = Stage(account, clock)
    call = stage.order(ring=["101", "102"], answer_after=2, talk=8, transfer_to="103", recording=True)
    clock.advance(seconds=1)
    stage.schedule.run_due()
    told = truth(stage.exchange, start=call.started_at)["accounts"][0]["calls"]
    assert [(fact["id"], fact["state"], fact["history"]) for fact in told] == [(call.id, "in_progress", None)]
    assert told[0]["is_transferred"]
    assert told[0]["wait_seconds"] == 2
    assert [delivery["outcome"] for delivery in told[0]["deliveries"]][:4] == ["delivered"] * 3 + ["pending"]
    stage.run(seconds=60)
    told = truth(stage.exchange, start=call.started_at)["accounts"][0]["calls"]
    assert told[0]["state"] == "ended"
    assert told[0]["history"]["callRecord"]["fileName"] == f"records/{call.id}.wav"


def test_an_unknown_account_is_refused(account: Account, clock: ManualClock) -> None:
    with pytest.raises(ScriptError):
        Stage(account, clock).live.order(Script(account="nobody"))
