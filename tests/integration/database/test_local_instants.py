"""When a schedule runs, compared with Python's own reading of the zones, around every change of their clocks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tools.scratch import Database

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
)
FIRST, LAST = datetime(2008, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The hours in which the zone's offset changed."""
    at = FIRST
    while at < LAST:
        if at.astimezone(zone).utcoffset() != (at + timedelta(hours=12)).astimezone(zone).utcoffset():
            yield at
        at += timedelta(hours=12)


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def instant(clock: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock shows this, or has gone past it."""
    at = clock.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown(at, zone) == clock:
        return at
    low = clock.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while shown(low, zone) < clock:
        low += timedelta(seconds=30)
    return low


@pytest.mark.parametrize("name", ZONES)
def test_a_time_of_the_clock_is_one_instant_whatever_the_clock_does(database: Database, name: str) -> None:
    zone = ZoneInfo(name)
    clocks = [
        shown(change, zone).replace(second=0, microsecond=0) - timedelta(hours=14) + STEP * number
        for change in changes(zone)
        for number in range(6 * 52)
    ] or [datetime(2020, 1, 1) + STEP * number for number in range(144)]
    with database.connect() as connection:
        rows = connection.execute(
            "select c, private.instant_at(c, %s) from unnest(%s::timestamp[]) c", [name, clocks]
        ).fetchall()
    wrong = [(clock, at, instant(clock, zone)) for clock, at in rows if at != instant(clock, zone)]
    assert wrong == []
    assert len(rows) >= 144
