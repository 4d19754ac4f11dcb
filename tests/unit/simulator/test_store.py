from datetime import date
from pathlib import Path

import pytest

from simulator.accounts import Account
from simulator.calls import call_of, record_of
from simulator.clock import ManualClock
from simulator.plan import Plan
from simulator.store import Delivery, StateError, Store


def test_a_call_survives_being_written_down(account: Account) -> None:
    for call in Plan(1, account).day(date(2026, 5, 4)):
        assert call_of(record_of(call)) == call


def test_calls_deliveries_and_the_opening_survive_a_restart(
    tmp_path: Path, account: Account, clock: ManualClock
) -> None:
    path = tmp_path / "new folder" / "state.jsonl"
    calls = Plan(1, account).day(date(2026, 5, 4))[:3]
    store = Store(path, seed=1, now=clock.now)
    for call in calls:
        store.add_call(call, store.next_number())
    delivery = Delivery("guid", calls[0].id, "delivered", 2, 200)
    store.add_delivery(delivery)
    store.close()
    opened_at = clock.now
    clock.advance(days=1)
    again = Store(path, seed=1, now=clock.now)
    assert again.opened_at == opened_at
    assert again.calls(account.api_key) == list(calls)
    assert again.calls("another") == []
    assert again.delivery("guid") == delivery
    assert again.next_number() == 4
    again.close()


def test_a_line_cut_off_by_a_kill_is_forgotten(tmp_path: Path, account: Account, clock: ManualClock) -> None:
    path = tmp_path / "state.jsonl"
    calls = Plan(1, account).day(date(2026, 5, 4))[:2]
    store = Store(path, seed=1, now=clock.now)
    for call in calls:
        store.add_call(call, store.next_number())
    store.close()
    path.write_bytes(path.read_bytes()[:-20])
    again = Store(path, seed=1, now=clock.now)
    assert again.calls(account.api_key) == [calls[0]]
    again.add_call(calls[1], again.next_number())
    again.close()
    last = Store(path, seed=1, now=clock.now)
    assert last.calls(account.api_key) == list(calls)
    last.close()


def test_another_seed_or_another_file_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "state.jsonl"
    Store(path, seed=1, now=clock.now).close()
    with pytest.raises(StateError, match="seed 1, not 2"):
        Store(path, seed=2, now=clock.now)
    path.write_text("not JSON\n")
    with pytest.raises(StateError, match="not a state file"):
        Store(path, seed=1, now=clock.now)
    with pytest.raises(StateError):
        Store(tmp_path, seed=1, now=clock.now)


def test_without_a_path_everything_stays_in_memory(account: Account, clock: ManualClock) -> None:
    store = Store(None, seed=1, now=clock.now)
    call = Plan(1, account).day(date(2026, 5, 4))[0]
    store.add_call(call, 1)
    assert store.calls(account.api_key) == [call]
