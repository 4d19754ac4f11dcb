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
