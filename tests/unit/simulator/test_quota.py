from typing import Any

from simulator.clock import ManualClock
from simulator.quota import Quota


def test_the_limit_is_per_key_and_refusals_do_not_count(clock: ManualClock) -> None:
    quota = Quota(clock)
    assert [quota.spend("a", 2) for _ in range(4)] == [True, True, False, False]
    assert quota.used("a") == 2
    assert quota.spend("b", 2)


def test_a_new_utc_day_begins_at_zero(clock: ManualClock) -> None:
    quota = Quota(clock)
    quota.spend("a", 1)
    clock.now = clock.now.replace(hour=23, minute=59, second=59)
    assert not quota.spend("a", 1)
    clock.advance(seconds=1)
    assert quota.used("a") == 0
    assert quota.spend("a", 1)


def test_each_day_is_remembered_with_its_refusals_and_told_on(clock: ManualClock) -> None:
    kept: dict[str, dict[str, Any]] = {}
    quota = Quota(clock, kept.__setitem__)
    for _ in range(3):
        quota.spend("a", 2)
    clock.advance(days=1)
    quota.spend("a", 2)
    told = [(day.used, day.refused) for day in quota.days("a")]
    assert told == [(2, 1), (1, 0)]
    again = Quota(clock, known=kept.values())
    assert [(day.used, day.refused) for day in again.days("a")] == told
    assert again.spend("a", 2)
    assert not again.spend("a", 2)
