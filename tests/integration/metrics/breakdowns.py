"""Figures by line, member and hour of the week, waits by percentile, and figures beside others, from the rows alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from tests.integration.metrics import clock
from tests.integration.metrics.oracle import Figure, Question, Row, Tables

ADDED_UP: Final = ("offered", "answered", "voicemail", "missed", "outbound", "total_talk", "outbound_talk")
"""What is told per hour, or per day, where ranges of other lengths are beside each other."""
EDGES: Final = (
    *range(1, 11),
    *(12, 15, 20, 25, 30, 40, 45, 60, 75, 90, 120, 150, 180, 240, 300, 420, 600, 900, 1200, 1800, 3600),
)
PERCENTILES: Final = {
    "answered_wait_median": Fraction(50, 100),
    "answered_wait_p90": Fraction(90, 100),
    "answered_wait_p95": Fraction(95, 100),
}

Key = tuple[UUID, UUID | None]


def by(
    tables: Tables, question: Question, group: Callable[[Row, Question], Sequence[Any]]
) -> dict[Key, dict[str, Figure]]:
    """Each KPI of the range for each line or member of an organization; a call may be in several groups."""
    groups: dict[Key, list[Row]] = {}
    for call in tables.asked_for(question, question.begin, question.end):
        if call["outcome"] is not None and call["direction"] != "internal":
            for name in group(call, question):
                groups.setdefault((call["org_id"], name), []).append(call)
    minutes = tables.minutes(question.begin, question.end)
    return {key: tables.figures(some, minutes) for key, some in groups.items()}


def lines(call: Row, _: Question) -> Sequence[UUID | None]:
    """The line of a call."""
    return [call["line_id"]]


def members(call: Row, question: Question) -> Sequence[UUID | None]:
    """The members with a leg, of those asked about; calls without one are their own group."""
    if question.member_ids is not None:
        return [member for member in call["member_ids"] if member in question.member_ids]
    return call["member_ids"] or [None]


def organizations(call: Row, _: Question) -> Sequence[UUID]:
    """Whose a call is."""
    return [call["org_id"]]


def heatmap(tables: Tables, question: Question) -> dict[tuple[int, int, str], Figure]:
    """Each KPI per hour of the local week: counts and sums as the mean of the hours of that name that have begun."""
    zone = question.zone
    begun: dict[tuple[int, int], set[Any]] = {(day, hour): set() for day in range(1, 8) for hour in range(24)}
    minutes = dict.fromkeys(begun, Fraction())
    calls: dict[tuple[int, int], list[Row]] = {name: [] for name in begun}

    def name_of(at: datetime) -> tuple[int, int]:
        shown = clock.hour_shown(at, zone)
        return shown.isoweekday(), shown.hour

    for begin, end in clock.slices(question.begin, question.end, "hour", zone):
        if begin <= tables.now:
            begun[name_of(begin)].add(clock.bucket_key(begin, "hour", zone))
            minutes[name_of(begin)] += tables.minutes(begin, end)
    for call in tables.asked_for(question, question.begin, question.end):
        calls[name_of(call["started_at"])].append(call)

    told = {}
    for name, hours in begun.items():
        for kpi, figure in tables.figures(calls[name], minutes[name]).items():
            value = figure.value
            if kpi in ADDED_UP and value is not None:
                value /= len(hours) or 1
            if not hours and (kpi in ADDED_UP or not figure.total):
                value = None
            told[*name, kpi] = Figure(value, 1, figure.known, figure.total)
    return told


def merges_hours(question: Question) -> bool:
    """Whether clocks are set within an hour, so that the one after has begun by definition before it shows."""
    zone = question.zone
    return any(
        clock.local(at, zone).hour != clock.local(begin, zone).hour
        for year in range(question.begin.year, question.end.year + 1)
        for at in clock.transitions(zone, year)
        if isinstance(begin := clock.bucket_key(at, "hour", zone), datetime)
    )


def percentiles(tables: Tables, question: Question, *, exact: bool) -> dict[str, tuple[Figure, bool]]:
    """Percentiles of the waits of answered calls; whether they are only known to be at least so long."""
    answered = [
        call
        for call in tables.asked_for(question, question.begin, question.end)
        if call["direction"] == "inbound" and call["outcome"] == "answered"
    ]
    waits = sorted(call["wait_seconds"] for call in answered if call["wait_seconds"] is not None)
    told = {}
    for kpi, q in PERCENTILES.items():
        value, is_at_least = (between(waits, q), False) if exact else _read_off(waits, q)
        told[kpi] = Figure(value, 1, len(waits), len(answered)), is_at_least
    return told


def between(ordered: Sequence[int | Fraction], q: Fraction) -> Fraction | None:
    """A percentile of values in their order, between the two beside it."""
    if not ordered:
        return None
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - Fraction(ordered[low]))


def _read_off(waits: Sequence[int], q: Fraction) -> tuple[Fraction | None, bool]:
    if not waits:
        return None, False
    target = q * len(waits)
    low = below = 0
    for high in EDGES:
        inside = sum(low < wait <= high or wait == low == 0 for wait in waits)
        if inside and below + inside >= target:
            return low + (high - low) * (target - below) / inside, False
        low, below = high, below + inside
    return Fraction(EDGES[-1]), True


def comparison(tables: Tables, question: Question, beside: str) -> dict[str, tuple[Figure, Fraction | None, int]]:
    """Each KPI of the range, the mean of those of other ranges in which it is measurable, and how many these are."""
    others = [over(tables, question, *span) for span in _compared(tables, question, beside)]
    told = {}
    for kpi, figure in over(tables, question, question.begin, question.end).items():
        values = [each[kpi].value for each in others]
        measured = [value for value in values if value is not None]
        mean = sum(measured, Fraction()) / len(measured) if measured else None
        if beside == "month_mean" and kpi in ADDED_UP and mean is not None:
            mean *= max(Fraction(1), days_passed(tables, question))
        told[kpi] = figure, mean, len(measured)
    return told


def over(tables: Tables, question: Question, begin: datetime, end: datetime) -> Mapping[str, Figure]:
    """Each KPI of another range."""
    return tables.figures(tables.asked_for(question, begin, end), tables.minutes(begin, end))


def _compared(tables: Tables, question: Question, beside: str) -> Iterator[tuple[datetime, datetime]]:
    zone = question.zone
    begin, end = clock.local(question.begin, zone), clock.local(question.end, zone)
    until = min(end, max(clock.local(tables.now, zone), begin))

    def back(**length: int) -> tuple[datetime, datetime]:
        return clock.instant(begin - timedelta(**length), zone), clock.instant(until - timedelta(**length), zone)

    if beside == "previous":
        yield clock.previous_range(question.begin, question.end, zone, tables.now)
    elif beside == "weekdays":
        yield from (back(weeks=weeks) for weeks in range(1, 5))
    elif days_passed(tables, question) <= 1:
        yield from (back(days=days) for days in range(1, 29))
    else:
        first = datetime.combine(begin.date(), time.min)
        for days in range(1, 29):
            yield (
                clock.instant(first - timedelta(days=days), zone),
                clock.instant(first - timedelta(days=days - 1), zone),
            )


def days_passed(tables: Tables, question: Question) -> Fraction:
    """How many days of a range have passed, by the local clock."""
    until = min(question.end, max(tables.now, question.begin))
    passed = clock.local(until, question.zone) - clock.local(question.begin, question.zone)
    return Fraction(passed // timedelta(microseconds=1), 86_400_000_000)
