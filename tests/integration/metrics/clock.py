"""Local time as the definitions have it: hours at one offset, days that are dates, ranges moved by the calendar."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

GRAINS: Final = ("hour", "day", "week", "month")
_QUARTER: Final = timedelta(minutes=15)
_SECOND: Final = timedelta(seconds=1)


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def instant(shown: datetime, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows this: the second time of two; where it never does, as if it had not been set."""
    return max(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


@cache
def transitions(zone: ZoneInfo, year: int) -> tuple[datetime, ...]:
    """The instants of a year, by UTC, at which the clocks are set."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    found = []
    at = datetime(year, 1, 1, tzinfo=UTC)
    while at.year == year:
        low, high = at, at + timedelta(hours=12)
        if offset(low) != offset(high):
            while high - low > _SECOND:
                middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
        at += timedelta(hours=12)
    return tuple(found)


def bucket_key(at: datetime, grain: str, zone: ZoneInfo) -> datetime | date:
    """What the bucket of an instant is known by: an hour by the instant it begins, a longer one by its first date."""
    shown = local(at, zone)
    if grain == "hour":
        return at - timedelta(minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond)
    if grain == "day":
        return shown.date()
    if grain == "week":
        return shown.date() - timedelta(days=shown.weekday())
    return shown.date().replace(day=1)


def hour_shown(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows when the hour of an instant begins; clocks that are set within it do not make it two."""
    begin = bucket_key(at, "hour", zone)
    assert isinstance(begin, datetime)
    # Where clocks are set, its beginning by definition may be another hour's instant.
    while bucket_key(begin, "hour", zone) != bucket_key(at, "hour", zone):
        begin += timedelta(minutes=1)
    return local(begin, zone)


def bucket_start(key: datetime | date, grain: str, zone: ZoneInfo) -> datetime:
    """The first instant of a bucket."""
    if isinstance(key, datetime):
        return key
    around = {at for days in range(-1, 4) for at in _midnights(key + timedelta(days=days), zone)}
    return min(at for at in around if bucket_key(at, grain, zone) == key)


@cache
def _midnights(day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which a date may begin, in their order: midnights, and clocks that are set."""
    begin = datetime.combine(day, time.min)
    around = {begin.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    at = begin.replace(tzinfo=UTC)
    for year in {day.year - 1, day.year, day.year + 1}:
        around.update(t for t in transitions(zone, year) if abs(t - at) < timedelta(hours=30))
    return tuple(sorted(around))


def slices(begin: datetime, end: datetime, grain: str, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Cut a range so finely that no piece is in two buckets."""
    cuts = {begin, end}
    for year in range(begin.year - 1, end.year + 2):
        cuts.update(transitions(zone, year))
    if grain == "hour":
        at = begin - timedelta(minutes=begin.minute % 15, seconds=begin.second, microseconds=begin.microsecond)
        while at < end:
            cuts.add(at)
            at += _QUARTER
    else:
        day = begin.date() - timedelta(days=2)
        while day <= end.date() + timedelta(days=2):
            cuts.update(_midnights(day, zone))
            day += timedelta(days=1)
    ordered = sorted(cut for cut in cuts if begin <= cut <= end)
    yield from pairwise(ordered)


def months_back(shown: datetime, months: int) -> datetime:
    """The same day so many months before, or the last one there is."""
    year, month = divmod(shown.year * 12 + shown.month - 1 - months, 12)
    return shown.replace(year=year, month=month + 1, day=min(shown.day, monthrange(year, month + 1)[1]))


def length(begin: datetime, end: datetime) -> tuple[int, timedelta]:
    """How long it is from one local time to another: calendar months, or days and what is left."""
    if all(each == datetime(each.year, each.month, 1) for each in (begin, end)):
        return (end.year - begin.year) * 12 + end.month - begin.month, timedelta()
    return 0, end - begin


def previous_range(begin: datetime, end: datetime, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The range shifted back by its own length in local calendar units, cut at the same local time when unfinished."""
    local_begin, local_end = local(begin, zone), local(end, zone)
    months, rest = length(local_begin, local_end)

    def shifted(shown: datetime) -> datetime:
        return instant(months_back(shown, months) - rest, zone)

    until = min(local_end, max(local(now, zone), local_begin))
    return shifted(local_begin), shifted(until)
