from datetime import UTC, datetime, timedelta
from itertools import pairwise

from simulator.accounts import Account
from simulator.statuses import Since, planned_statuses, status_at, with_changes

MONDAY = datetime(2026, 5, 4, 4, tzinfo=UTC)


def test_people_are_there_in_working_hours_with_pauses_and_not_on_sundays(account: Account) -> None:
    course = list(planned_statuses(1, account, "101", MONDAY, MONDAY + timedelta(days=28)))
    assert course == list(planned_statuses(1, account, "101", MONDAY, MONDAY + timedelta(days=28)))
    assert course[0] == Since(MONDAY, "offline")
    assert all(first.at < second.at and first.status != second.status for first, second in pairwise(course))
    assert {since.status for since in course} == {"available", "dnd", "offline"}
    changes = {since.at.astimezone(account.zone) for since in course[1:]}
    assert {moment.weekday() for moment in changes} <= set(range(6))
    assert all(8 <= moment.hour <= 18 for moment in changes)


def test_a_course_begins_in_the_middle_of_a_day_as_it_was(account: Account) -> None:
    whole = list(planned_statuses(1, account, "102", MONDAY, MONDAY + timedelta(days=7)))
    for hours in range(0, 7 * 24, 5):
        moment = MONDAY + timedelta(hours=hours, minutes=7)
        assert next(planned_statuses(1, account, "102", moment, moment + timedelta(hours=1))).status == status_at(
            whole, moment
        )


def test_what_somebody_sets_holds_until_the_next_planned_change() -> None:
    known = [Since(MONDAY, "offline"), Since(MONDAY + timedelta(hours=9), "available")]
    course = with_changes(known, [Since(MONDAY + timedelta(hours=2), "dnd")])
    assert [since.status for since in course] == ["offline", "dnd", "available"]
    again = with_changes(known, [Since(MONDAY + timedelta(hours=2), "offline")])
    assert [since.status for since in again] == ["offline", "available"]
    assert status_at(course, MONDAY - timedelta(hours=1)) == "offline"
    assert status_at(course, MONDAY + timedelta(hours=3)) == "dnd"
