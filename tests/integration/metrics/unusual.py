"""Which days and hours are unusual, beside those of the same name before, from the rows alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

from tests.integration.metrics import clock
from tests.integration.metrics.breakdowns import between
from tests.integration.metrics.oracle import Question, Row, Tables

_WEEKS: Final = 8
_KNOWN_SINCE: Final = timedelta(weeks=12)
_BESIDE: Final = timedelta(days=2)


@dataclass(frozen=True)
class Usual:
    """What a day or an hour is measured by: those of the same name of the eight weeks before."""

    value: Fraction | None
    observations: Sequence[Fraction]
    calls: int
    is_over: bool

    @property
    def median(self) -> Fraction | None:
        """The one in the middle."""
        return between(sorted(self.observations), Fraction(1, 2))

    @property
    def spread(self) -> Fraction | None:
        """How far from it is still usual."""
        median = self.median
        if median is None:
            return None
        deviation = between(sorted(abs(each - median) for each in self.observations), Fraction(1, 2))
        return None if deviation is None else 3 * Fraction("1.4826") * deviation

    @property
    def is_unusual(self) -> bool | None:
        """Whether it is outside; none where too little is known."""
        if self.value is None or self.median is None or self.spread is None or not self.is_over:
            return None
        if len(self.observations) < 5 or self.calls < 20:
            return None
        return abs(self.value - self.median) > self.spread


@dataclass
class _Bucket:
    name: tuple[date, int]
    """Its local date and hour; of a day, the date and 0."""
    start: datetime
    end: datetime
    minutes: Fraction = Fraction()
    calls: list[Row] = field(default_factory=list)


def usual(tables: Tables, question: Question, grain: str) -> dict[tuple[datetime, str], Usual]:
    """Each KPI of each whole local day or hour that a range meets, beside those before."""
    zone = question.zone
    buckets = _buckets(tables, question, grain)
    asked = [each for each in buckets if each.start < question.end and each.end > question.begin]
    since = clock.instant(clock.local(asked[0].start, zone) - _KNOWN_SINCE, zone)
    called = (each.start for each in buckets for call in each.calls if _counts(call) and call["started_at"] >= since)
    first = min(called, default=None)
    by_name: dict[tuple[date, int], list[_Bucket]] = {}
    for each in buckets:
        by_name.setdefault(each.name, []).append(each)

    told = {}
    for one in asked:
        day, hour = one.name
        before = [
            tables.figures(each.calls, each.minutes)
            for weeks in range(1, _WEEKS + 1)
            for each in by_name.get((day - timedelta(weeks=weeks), hour), [])
            # What lies before the first call of twelve weeks is no observation.
            if first is not None and each.start >= first
        ]
        for kpi, figure in tables.figures(one.calls, one.minutes).items():
            observed = [each[kpi] for each in before if each[kpi].value is not None]
            told[one.start, kpi] = Usual(
                figure.value,
                [each.value for each in observed if each.value is not None],
                sum(each.known for each in observed),
                one.end <= tables.now,
            )
    return told


def _counts(call: Row) -> bool:
    return call["outcome"] is not None and call["direction"] != "internal"


def _buckets(tables: Tables, question: Question, grain: str) -> list[_Bucket]:
    zone = question.zone
    begin, end = question.begin - _KNOWN_SINCE - _BESIDE, question.end + _BESIDE
    found: dict[Any, _Bucket] = {}
    for starts, ends in clock.slices(begin, end, grain, zone):
        key, shown = clock.bucket_key(starts, grain, zone), clock.local(starts, zone)
        if key not in found:
            name = shown.date(), shown.hour if grain == "hour" else 0
            found[key] = _Bucket(name, clock.bucket_start(key, grain, zone), ends)
        found[key].end = ends
        found[key].minutes += tables.minutes(starts, ends)
    for call in tables.asked_for(question, begin, end):
        found[clock.bucket_key(call["started_at"], grain, zone)].calls.append(call)
    return list(found.values())
