from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from simulator import days
from simulator.days import Days

FIRST = date(2026, 5, 4)


@dataclass(frozen=True)
class Thing:
    id: str
    started_at: datetime


class Counted:
    """Three things a day, and how often a day was made."""

    def __init__(self) -> None:
        self.made: list[date] = []

    def __call__(self, day: date) -> Iterable[Thing]:
        self.made.append(day)
        begin = datetime.combine(day, time(), UTC)
        return [Thing(f"{day}-{hour}", begin + timedelta(hours=hour)) for hour in (1, 12, 23)]


def noon(days_later: int) -> datetime:
    return datetime.combine(FIRST, time(12), UTC) + timedelta(days=days_later)


def test_a_range_includes_its_start_and_not_its_end() -> None:
    planned = Days(ZoneInfo("UTC"), Counted())
    found = [thing.id for thing in planned.between(noon(0), noon(2))]
    assert found == [
        *("2026-05-04-12", "2026-05-04-23"),
        *("2026-05-05-1", "2026-05-05-12", "2026-05-05-23"),
        "2026-05-06-1",
    ]


def test_a_day_is_made_once_and_found_by_id() -> None:
    counted = Counted()
    planned = Days(ZoneInfo("UTC"), counted)
    assert planned.find("2026-05-06-1", noon(0), noon(3)) == planned.day(date(2026, 5, 6))[0]
    assert planned.find("2026-05-06-1", noon(2), noon(3)) is None
    assert planned.find("never", noon(0), noon(3)) is None
    assert sorted(counted.made) == [FIRST + timedelta(days=day) for day in range(4)]


def test_old_days_are_forgotten_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "CACHED", 6)
    counted = Counted()
    planned = Days(ZoneInfo("UTC"), counted)
    for _ in range(2):
        assert len(list(planned.between(noon(0), noon(4)))) == 12
    assert len(counted.made) > 5
    assert planned.find("2026-05-04-1", noon(0) - timedelta(days=1), noon(4))
