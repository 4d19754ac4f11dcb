"""What every figure is, computed from the rows of the tables in the plainest way, as its definition says.

Nothing here knows how the database computes it. Instants are in UTC, waits in whole seconds, quotients exact.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.integration.metrics import clock

Row = Mapping[str, Any]
BUSINESS_HOURS_MISSING = "business_hours_missing"
VERY_SHORT = 10


@dataclass(frozen=True)
class Figure:
    """A KPI's value, and over how many calls of its population it is."""

    numerator: int | Fraction | None
    denominator: int | Fraction
    known: int
    total: int

    @property
    def value(self) -> Fraction | None:
        """The quotient; none where it is not measurable."""
        if self.numerator is None or not self.denominator:
            return None
        return Fraction(self.numerator) / Fraction(self.denominator)


@dataclass(frozen=True)
class Question:
    """What is asked, by somebody who sees some of the calls."""

    org_ids: Sequence[UUID]
    zone: ZoneInfo
    sees: Callable[[Row], bool]
    begin: datetime
    end: datetime
    line_ids: Sequence[UUID] | None = None
    member_ids: Sequence[UUID] | None = None
    in_hours: bool | None = None


@dataclass(frozen=True)
class Tables:
    """The rows that figures are made of, as they stand at one moment."""

    now: datetime
    organizations: Sequence[Row]
    settings: Sequence[Row]
    holidays: Sequence[Row]
    calls: Sequence[Row]
    _judges: dict[UUID, Row] = field(default_factory=dict)

    def zone(self, org_id: UUID) -> ZoneInfo:
        """An organization's time zone."""
        return next(ZoneInfo(row["time_zone"]) for row in self.organizations if row["id"] == org_id)

    def in_force(self, org_id: UUID, day: date) -> Row:
        """The settings of an organization on a local day."""
        return max(
            (s for s in self.settings if s["org_id"] == org_id and (s["effective_from"] or date.min) <= day),
            key=lambda s: s["effective_from"] or date.min,
        )

    def judged_by(self, call: Row) -> Row:
        """The settings in force when and where a call started."""
        if call["id"] not in self._judges:
            org_id = call["org_id"]
            self._judges[call["id"]] = self.in_force(org_id, clock.local(call["started_at"], self.zone(org_id)).date())
        return self._judges[call["id"]]

    def is_in_hours(self, call: Row) -> bool | None:
        """Whether a call started in business hours; none where there are none."""
        hours = self.judged_by(call)["business_hours"]
        if not hours:
            return None
        shown = clock.local(call["started_at"], self.zone(call["org_id"]))
        for holiday in self.holidays:
            if (holiday["org_id"], holiday["day"]) == (call["org_id"], shown.date()):
                return holiday["opens"] is not None and _is_open(shown.time(), holiday)
        return any(int(each["weekday"]) == shown.isoweekday() and _is_open(shown.time(), each) for each in hours)

    def has_hours(self, question: Question) -> bool:
        """Whether business hours are set on some day of the range."""
        for org_id in question.org_ids:
            zone = self.zone(org_id)
            day = clock.local(question.begin, zone).date()
            while day <= clock.local(question.end - timedelta(microseconds=1), zone).date():
                if self.in_force(org_id, day)["business_hours"]:
                    return True
                day += timedelta(days=1)
        return False

    def asked_for(self, question: Question, begin: datetime, end: datetime) -> list[Row]:
        """The calls that started in a range and are in question, unfinished ones too."""
        return [
            call
            for call in self.calls
            if begin <= call["started_at"] < end
            and call["deleted_at"] is None
            and call["org_id"] in question.org_ids
            and question.sees(call)
            and (question.line_ids is None or call["line_id"] in question.line_ids)
            and (question.member_ids is None or set(call["member_ids"]) & set(question.member_ids))
            and (question.in_hours is None or self.is_in_hours(call) is question.in_hours)
        ]

    def minutes(self, begin: datetime, end: datetime) -> Fraction:
        """How many minutes of a range have passed."""
        return Fraction(max(min(end, self.now) - begin, timedelta()) // timedelta(microseconds=1), 60_000_000)

    def figures(self, calls: Iterable[Row], minutes: Fraction) -> dict[str, Figure]:
        """Every KPI over some calls."""
        ended = [call for call in calls if call["outcome"] is not None]
        offered = [call for call in ended if call["direction"] == "inbound"]
        answered = [call for call in offered if call["outcome"] == "answered"]
        voicemail = [call for call in offered if call["outcome"] == "voicemail"]
        missed = [call for call in offered if call["outcome"] == "missed"]
        placed = [call for call in ended if call["direction"] in ("outbound", "callback")]
        connected = [call for call in placed if call["outcome"] == "answered"]

        short = [call for call in missed if self._is_short(call)]
        waited = _known(offered, "wait_seconds")
        speeds, abandon_waits = _known(answered, "wait_seconds"), _known(missed, "wait_seconds")
        talks, durations = _known(answered, "talk_seconds"), _known(offered, "duration_seconds")
        outbound_talks = _known(connected, "talk_seconds")
        in_time = [c for c in speeds if c["wait_seconds"] <= self.judged_by(c)["answer_within_seconds"]]

        def count(some: Sequence[Row], of: Sequence[Row]) -> Figure:
            return Figure(len(some), 1, len(of), len(of))

        def share(some: Sequence[Row], of: Sequence[Row]) -> Figure:
            return Figure(len(some), len(of), len(of), len(of))

        def mean(known: Sequence[Row], column: str, of: Sequence[Row]) -> Figure:
            return Figure(sum(c[column] for c in known), len(known), len(known), len(of))

        def total(known: Sequence[Row], column: str, of: Sequence[Row]) -> Figure:
            return Figure(sum(c[column] for c in known) if known or not of else None, 1, len(known), len(of))

        return {
            "offered": count(offered, offered),
            "answered": count(answered, offered),
            "voicemail": count(voicemail, offered),
            "missed": count(missed, offered),
            "answer_rate": share(answered, offered),
            "abandonment_rate": Figure(
                len(missed) - len(short),
                len(offered) - len(short),
                len(offered) - len(missed) + len(abandon_waits),
                len(offered),
            ),
            "service_level": Figure(len(in_time), len(waited) - len(short), len(waited), len(offered)),
            "average_speed_of_answer": mean(speeds, "wait_seconds", answered),
            "average_abandon_wait": mean(abandon_waits, "wait_seconds", missed),
            "longest_wait": Figure(
                max((call["wait_seconds"] for call in waited), default=None), 1, len(waited), len(offered)
            ),
            "average_handle_time": mean(talks, "talk_seconds", answered),
            "total_talk": total(talks, "talk_seconds", answered),
            "average_duration": mean(durations, "duration_seconds", offered),
            "calls_per_minute": Figure(len(offered), minutes, len(offered), len(offered)),
            "dropped_rate": share([c for c in answered if c["is_dropped"]], answered),
            "transferred_rate": share([c for c in answered if c["transfer_count"]], answered),
            "very_short_rate": Figure(
                sum(c["talk_seconds"] < VERY_SHORT for c in talks), len(talks), len(talks), len(answered)
            ),
            "outbound": count(placed, placed),
            "outbound_connected_rate": share(connected, placed),
            "outbound_talk": total(outbound_talks, "talk_seconds", connected),
        }

    def _is_short(self, call: Row) -> bool:
        judge = self.judged_by(call)
        wait = call["wait_seconds"]
        return judge["excludes_short_abandons"] and wait is not None and wait < judge["short_abandon_seconds"]

    def summary(self, question: Question) -> dict[str, tuple[Figure, Fraction | None]]:
        """Each KPI of the range, and its value in the one before."""
        before = clock.previous_range(question.begin, question.end, question.zone, self.now)
        previous = self._over(question, *before)
        return {
            kpi: (figure, previous[kpi].value)
            for kpi, figure in self._over(question, question.begin, question.end).items()
        }

    def _over(self, question: Question, begin: datetime, end: datetime) -> dict[str, Figure]:
        return self.figures(self.asked_for(question, begin, end), self.minutes(begin, end))

    def series(self, question: Question, grain: str) -> dict[tuple[datetime, str], Figure]:
        """Each KPI of each bucket of the range."""
        calls: dict[Any, list[Row]] = {}
        minutes: dict[Any, Fraction] = {}
        for begin, end in clock.slices(question.begin, question.end, grain, question.zone):
            key = clock.bucket_key(begin, grain, question.zone)
            calls.setdefault(key, [])
            minutes[key] = minutes.get(key, Fraction()) + self.minutes(begin, end)
        for call in self.asked_for(question, question.begin, question.end):
            calls[clock.bucket_key(call["started_at"], grain, question.zone)].append(call)
        return {
            (clock.bucket_start(key, grain, question.zone), kpi): figure
            for key, some in calls.items()
            for kpi, figure in self.figures(some, minutes[key]).items()
        }


def _known(calls: Sequence[Row], column: str) -> list[Row]:
    return [call for call in calls if call[column] is not None]


def _is_open(shown: time, hours: Mapping[str, Any]) -> bool:
    return str(hours["opens"]) <= shown.strftime("%H:%M") < str(hours["closes"])
