"""The computation that the database is compared with has the known answers itself."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.integration.metrics import clock, staffing
from tests.integration.metrics.oracle import Row, Tables

ACME = UUID(int=1)
AT = datetime(2025, 6, 2, 9, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "org_id": ACME,
    "effective_from": None,
    "answer_within_seconds": 20,
    "short_abandon_seconds": 5,
    "excludes_short_abandons": True,
    "business_hours": [],
}


def tables(zone: str = "UTC", *later: Row) -> Tables:
    return Tables(datetime(2026, 1, 1, tzinfo=UTC), [{"id": ACME, "time_zone": zone}], [SETTINGS, *later], [], [])


def calls(count: int, outcome: str, wait: int | None, **said: Any) -> list[Row]:
    facts = {"org_id": ACME, "direction": "inbound", "started_at": AT, "talk_seconds": None, "duration_seconds": None}
    flags = {"is_dropped": False, "transfer_count": 0, "outcome": outcome, "wait_seconds": wait}
    return [{"id": object(), **facts, **flags, **said} for _ in range(count)]


def percent(tables: Tables, some: Sequence[Row], kpi: str) -> float:
    value = tables.figures(some, Fraction(1))[kpi].value
    assert value is not None
    return round(float(value) * 100, 1)


def test_860_of_1060_less_10_are_81_9_percent() -> None:
    answered = [*calls(860, "answered", 20), *calls(140, "answered", 21)]
    abandoned = [*calls(10, "missed", 4), *calls(10, "missed", 5), *calls(40, "missed", 21)]
    assert percent(tables(), [*answered, *abandoned], "service_level") == 81.9


def test_145_of_157_are_92_4_percent_and_talked_for_227_seconds() -> None:
    answered = [*calls(144, "answered", None, talk_seconds=227), *calls(1, "answered", None, talk_seconds=232)]
    some = [*answered, *calls(12, "missed", None)]
    assert percent(tables(), some, "answer_rate") == 92.4
    handled = tables().figures(some, Fraction(1))["average_handle_time"]
    assert (handled.numerator, round(float(handled.value or 0))) == (32920, 227)


def test_todays_threshold_does_not_move_last_months_figures() -> None:
    some = [*calls(1, "answered", 15), *calls(1, "answered", 25)]
    looser = SETTINGS | {"effective_from": date(2025, 7, 1), "answer_within_seconds": 30}
    assert percent(tables(), some, "service_level") == 50
    assert percent(tables("UTC", looser), some, "service_level") == 50
    later = [
        *calls(1, "answered", 15, started_at=AT.replace(month=7)),
        *calls(1, "answered", 25, started_at=AT.replace(month=7)),
    ]
    assert percent(tables("UTC", looser), later, "service_level") == 100


@pytest.mark.parametrize(("agents", "level"), [(11, 0.390), (12, 0.640), (13, 0.796), (14, 0.888), (15, 0.941)])
def test_erlang_c_is_that_of_the_tables(agents: int, level: float) -> None:
    """Ten erlangs, 200 calls an hour of three minutes, answered within 20 s, as every calculator has them."""
    assert staffing.WITHIN == 20
    assert round(staffing.service_level(10, agents, 180), 3) == level


@pytest.mark.parametrize(
    ("zone", "day", "hours", "buckets"),
    [
        pytest.param("Europe/London", "2025-03-30", 23, 23, id="a spring day in London"),
        pytest.param("Europe/London", "2025-10-26", 25, 25, id="an autumn day in London"),
        pytest.param("America/New_York", "2025-03-09", 23, 23, id="a spring day in New York"),
        pytest.param("America/New_York", "2025-11-02", 25, 25, id="an autumn day in New York"),
        pytest.param("Australia/Lord_Howe", "2025-10-05", 23.5, 24, id="a spring day in Lord Howe"),
        pytest.param("Australia/Lord_Howe", "2025-04-06", 24.5, 25, id="an autumn day in Lord Howe"),
        pytest.param("Asia/Kathmandu", "2025-06-02", 24, 24, id="a day in Kathmandu"),
        pytest.param("UTC", "2024-02-29", 24, 24, id="a leap day"),
        pytest.param("Europe/London", "2024-12-31", 24, 24, id="the last day of a year"),
    ],
)
def test_a_day_has_its_hours(zone: str, day: str, hours: float, buckets: int) -> None:
    of, first = ZoneInfo(zone), date.fromisoformat(day)
    begin, end = (clock.instant(datetime.combine(each, time.min), of) for each in (first, first + timedelta(days=1)))
    assert end - begin == timedelta(hours=hours)
    pieces = [piece for piece, _ in clock.slices(begin, end, "hour", of)]
    assert len({clock.bucket_key(at, "hour", of) for at in pieces}) == buckets
    assert {clock.bucket_key(at, "day", of) for at in pieces} == {first}


def test_a_year_begins_at_local_midnight() -> None:
    of = ZoneInfo("America/New_York")
    at = datetime(2025, 1, 1, 5, tzinfo=UTC)
    before = at - timedelta(microseconds=1)
    assert [clock.bucket_key(each, "month", of) for each in (before, at)] == [date(2024, 12, 1), date(2025, 1, 1)]
    assert [clock.bucket_key(each, "week", of) for each in (before, at)] == [date(2024, 12, 30)] * 2
