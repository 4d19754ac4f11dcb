import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.accounts import Account
from simulator.calls import Call
from simulator.plan import Plan

MONDAY = date(2026, 5, 4)
SPRING_FORWARD, FALL_BACK = date(2026, 3, 8), date(2026, 11, 1)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31)) | st.sampled_from([SPRING_FORWARD, FALL_BACK])


@pytest.fixture(scope="module")
def two_months(account: Account) -> list[Call]:
    plan = Plan(1, account)
    return [call for day in range(56) for call in plan.day(MONDAY + timedelta(days=day))]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), day=DAYS)
def test_same_seed_and_day_give_the_same_calls_whatever_was_asked_before(
    account: Account, seed: int, day: date
) -> None:
    asked_alone, asked_late = Plan(seed, account), Plan(seed, account)
    asked_late.day(day - timedelta(days=1))
    asked_late.day(day + timedelta(days=7))
    assert asked_alone.day(day) == asked_late.day(day)


def test_seeds_and_accounts_differ(account: Account) -> None:
    other = account.model_copy(update={"api_key": "key-2"})
    days = [Plan(1, account).day(MONDAY), Plan(2, account).day(MONDAY), Plan(1, other).day(MONDAY)]
    ids = [call.id for day in days for call in day]
    assert len(set(ids)) == len(ids)


@settings(max_examples=25, deadline=None)
@given(day=DAYS, zone=st.sampled_from(["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]))
def test_a_days_calls_start_on_that_local_day_in_order(account: Account, day: date, zone: str) -> None:
    calls = Plan(7, account.model_copy(update={"time_zone": zone})).day(day)
    assert {call.started_at.astimezone(ZoneInfo(zone)).date() for call in calls} <= {day}
    assert all(first.started_at <= second.started_at for first, second in pairwise(calls))


def test_a_range_is_half_open_and_joins_without_gap(account: Account) -> None:
    plan = Plan(1, account)
    start, middle, end = (datetime(2026, 5, day, 17, 30, tzinfo=UTC) for day in (4, 6, 9))
    whole = list(plan.between(start, end))
    assert whole == [*plan.between(start, middle), *plan.between(middle, end)]
    first = whole[0].started_at
    assert whole[0] in plan.between(first, end)
    assert whole[0] not in plan.between(start, first)


def test_facts_agree_with_each_other(two_months: list[Call]) -> None:
    for call in two_months:
        assert call.started_at.microsecond % 1000 == 0
        assert call.length_ms > 0
        is_answered = call.answered_ms is not None
        assert is_answered or call.status != "Connected"
        assert not is_answered or call.status in ("Connected", "Dropped")
        assert (call.voicemail_ms is not None) == (call.status == "VoiceMail")
        assert (call.number is None) == (call.outside is None) == (call.direction == "Internal")
        for leg in call.legs:
            assert 0 <= leg.rang_ms < leg.stopped_ms <= call.length_ms
            assert (leg.answered_ms is None) == (leg.ended_ms is None)
            if leg.answered_ms is not None and leg.ended_ms is not None:
                assert leg.stopped_ms == leg.answered_ms < leg.ended_ms <= call.length_ms
        if is_answered:
            assert max(leg.ended_ms or 0 for leg in call.legs) == call.length_ms


def test_numbers_are_fictitious_and_never_the_accounts_own(account: Account, two_months: list[Call]) -> None:
    phones = [call.outside.phone for call in two_months if call.outside and call.outside.phone]
    assert all(re.fullmatch(r"\+1[2-9]\d\d55501\d\d", phone) for phone in phones)
    assert not set(phones) & {number.e164 for number in account.numbers}
    assert len({phone[2:5] for phone in phones}) > 50
    assert {call.number for call in two_months} == {None, *(number.e164 for number in account.open_numbers)}


def test_nobody_is_on_two_calls_at_once(two_months: list[Call]) -> None:
    talks: dict[str, list[tuple[datetime, datetime]]] = {}
    for call in two_months:
        for leg in call.legs:
            if leg.answered_ms is not None and leg.ended_ms is not None:
                talks.setdefault(leg.extension, []).append((call.at(leg.answered_ms), call.at(leg.ended_ms)))
        if call.direction == "Internal" and call.placed_by:
            talks.setdefault(call.placed_by, []).append((call.started_at, call.ended_at))
    assert len(talks) == 4
    for intervals in talks.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(intervals)))


def test_the_week_and_the_day_have_a_call_centers_shape(account: Account, two_months: list[Call]) -> None:
    local = [call.started_at.astimezone(account.zone) for call in two_months]
    weekdays = Counter(moment.weekday() for moment in local)
    assert weekdays[0] > weekdays[3] > weekdays[5] > weekdays[6] > 0
    hours = Counter(moment.hour for moment in local)
    assert hours[10] > hours[12] < hours[14]
    assert sum(hours[hour] for hour in range(9, 18)) > 0.9 * len(local)
    assert len(two_months) / 40 == pytest.approx(account.calls_per_day, rel=0.25)


def test_more_is_abandoned_the_longer_people_wait(two_months: list[Call]) -> None:
    rung = [call for call in two_months if call.direction == "Incoming" and call.legs and call.status != "VoiceMail"]
    left = {
        limit: sum(call.answered_ms is None and call.wait_ms < 1000 * limit for call in rung) / len(rung)
        for limit in (5, 20, 60)
    }
    assert left[5] < left[20] / 2
    assert left[20] < left[60]
    waited = {is_long: [call for call in rung if (call.wait_ms > 25_000) == is_long] for is_long in (False, True)}
    shares = {key: sum(call.answered_ms is None for call in calls) / len(calls) for key, calls in waited.items()}
    assert shares[True] > 2 * shares[False]


def test_every_kind_of_call_occurs(account: Account, two_months: list[Call]) -> None:
    kinds = Counter((call.direction, call.status) for call in two_months)
    for direction in ("Incoming", "Outgoing", "Callback"):
        assert kinds[direction, "Connected"]
        assert kinds[direction, "Missed"]
    assert kinds["Internal", "Connected"]
    assert kinds["Incoming", "Dropped"]
    by_night = [call for call in two_months if call.started_at.astimezone(account.zone).hour in (20, 21, 22, 5, 6)]
    assert {call.status for call in by_night} >= {"VoiceMail", "Missed"}
    assert not any(call.answered_ms is not None for call in by_night)
    incoming = [call for call in two_months if call.direction == "Incoming"]
    answered = [call for call in incoming if call.answered_ms is not None]
    assert 0.7 < len(answered) / len(incoming) < 0.95
    transferred = sum(sum(leg.answered_ms is not None for leg in call.legs) > 1 for call in answered)
    assert 0.03 < transferred / len(answered) < 0.15


def test_missed_callers_are_called_back_and_some_call_again(two_months: list[Call]) -> None:
    callers = Counter(call.outside.phone for call in two_months if call.direction == "Incoming" and call.outside)
    assert sum(count > 1 for count in callers.values()) > 100
    for back in (call for call in two_months if call.direction == "Callback"):
        assert any(
            call.outside == back.outside and call.answered_ms is None and call.ended_at < back.started_at
            for call in two_months
            if call.direction == "Incoming"
        )


def test_an_account_without_numbers_or_team_is_quiet_or_unattended(account: Account) -> None:
    assert Plan(1, account.model_copy(update={"numbers": ()})).day(MONDAY) == ()
    unattended = Plan(1, account.model_copy(update={"team": ()})).day(MONDAY)
    assert {call.direction for call in unattended} == {"Incoming"}
    assert all(call.answered_ms is None for call in unattended)
