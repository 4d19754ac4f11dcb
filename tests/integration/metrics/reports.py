"""What reports tell, row by row, from the rows of the tables alone; and a CSV of them read back."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from tests.integration.metrics import breakdowns, clock
from tests.integration.metrics.answers import near
from tests.integration.metrics.oracle import Figure, Question, Row, Tables
from tests.integration.metrics.place import LINES, Caller, Place

Rows = Sequence[Mapping[str, Any]]

COLUMNS: Final = (
    *("offered", "answered", "voicemail", "missed", "answer_rate", "abandonment_rate", "service_level"),
    *("average_speed_of_answer", "average_abandon_wait", "longest_wait", "average_handle_time", "total_talk"),
    *("average_duration", "dropped_rate", "transferred_rate", "very_short_rate", "outbound"),
    *("outbound_connected_rate", "outbound_talk"),
)
"""The KPIs beside each other."""
LINES_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)


def _is_told(row: Mapping[str, Any], figures: Mapping[str, Figure]) -> None:
    for kpi in COLUMNS:
        assert near(row[kpi], figures[kpi].value), (kpi, row, figures[kpi])
    assert row["known_waits"] == figures["service_level"].known, row


def _nothing(tables: Tables) -> Mapping[str, Figure]:
    return tables.figures([], Fraction(1))


def _buckets(tables: Tables, question: Question, grain: str) -> dict[Any, tuple[datetime, Mapping[str, Figure]]]:
    """Each bucket that a range meets, with the local time at which one first is in it."""
    calls: dict[Any, list[Row]] = {}
    shown: dict[Any, datetime] = {}
    for begin, _ in clock.slices(question.begin, question.end, grain, question.zone):
        key = clock.bucket_key(begin, grain, question.zone)
        calls.setdefault(key, [])
        shown.setdefault(
            key, clock.hour_shown(begin, question.zone) if grain == "hour" else clock.local(begin, question.zone)
        )
    for call in tables.asked_for(question, question.begin, question.end):
        calls[clock.bucket_key(call["started_at"], grain, question.zone)].append(call)
    return {key: (shown[key], tables.figures(some, Fraction(1))) for key, some in calls.items()}


def days(rows: Rows, tables: Tables, question: Question, caller: Caller, place: Place) -> int:
    """Compare the report of days."""
    expected = _buckets(tables, question, "day")
    assert [row["day"] for row in rows] == sorted(expected)
    for row in rows:
        _is_told(row, expected[row["day"]][1])
    return len(rows)


def hours(rows: Rows, tables: Tables, question: Question, caller: Caller, place: Place) -> int:
    """Compare the report of hours."""
    if question.zone.key == "America/St_Johns" and breakdowns.merges_hours(question):
        return 0
    expected = _buckets(tables, question, "hour")
    assert [row["starts_at"] for row in rows] == sorted(expected)
    for row in rows:
        shown, figures = expected[row["starts_at"]]
        assert (row["day"], row["hour"]) == (shown.date(), f"{shown.hour:02}:00"), (row, shown)
        _is_told(row, figures)
    return len(rows)


def _grouped(
    rows: Rows, expected: Iterable[tuple[UUID | None, Mapping[str, Figure]]], column: str
) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Figure]]]:
    """Put rows beside what is expected; of all organizations each has one of what is nobody's."""

    def of_row(row: Mapping[str, Any]) -> tuple[str, ...]:
        return str(row[column]), *(_short(row[kpi]) for kpi in COLUMNS)

    def of_figures(each: tuple[UUID | None, Mapping[str, Figure]]) -> tuple[str, ...]:
        return str(each[0]), *(_short(each[1][kpi].value) for kpi in COLUMNS)

    there, wanted = sorted(rows, key=of_row), sorted(expected, key=of_figures)
    assert [row[column] for row in there] == [name for name, _ in wanted], (there, wanted)
    return [(row, figures) for row, (_, figures) in zip(there, wanted, strict=True)]


def _short(value: Any) -> str:
    return "" if value is None else f"{float(value):020.6f}"


def lines(rows: Rows, tables: Tables, question: Question, caller: Caller, place: Place) -> int:
    """Compare the report of lines."""
    called = [(line, figures) for (_, line), figures in breakdowns.by(tables, question, breakdowns.lines).items()]
    there = {line for line, _ in called}
    owners = {place.lines[name]: place.organizations[owner] for name, owner in LINES.items()}
    read = {line for line, org_id in owners.items() if org_id in caller.reads_in_full or line in caller.lines}
    idle = {
        line
        for line in read
        if owners[line] in question.org_ids
        and question.end > LINES_SINCE
        and (question.line_ids is None or line in question.line_ids)
        and line not in there
    }
    for row, figures in _grouped(rows, [*called, *((line, _nothing(tables)) for line in idle)], "line_id"):
        _is_told(row, figures)
        assert (row["number"] is not None) == (row["line_id"] in read), row
    _is_ordered([(-row["offered"], -row["outbound"]) for row in rows])
    return len(rows)


def members(rows: Rows, tables: Tables, question: Question, caller: Caller, place: Place) -> int:
    """Compare the report of members."""
    called = [(member, figures) for (_, member), figures in breakdowns.by(tables, question, breakdowns.members).items()]
    for row, figures in _grouped(rows, called, "member_id"):
        _is_told(row, figures)
    _is_ordered([(row["member_id"] is None, -row["answered"], -row["outbound"]) for row in rows])
    return len(rows)


def _is_ordered(keys: list[tuple[Any, ...]]) -> None:
    assert keys == sorted(keys)


def sla(rows: Rows, tables: Tables, question: Question, caller: Caller, place: Place) -> int:
    """Compare the report of service levels."""
    expected = {}
    for day, (_, figures) in _buckets(tables, question, "day").items():
        judged = figures["abandonment_rate"].denominator
        if judged:
            expected[day] = judged, figures["service_level"], _target(tables, question, day)
    assert [row["day"] for row in rows] == sorted(expected)
    for row in rows:
        judged, figure, target = expected[row["day"]]
        assert (row["calls"], row["known_waits"]) == (judged, figure.known), (row, figure)
        assert near(row["service_level"], figure.value), (row, figure)
        assert row["target"] == target, (row, target)
        is_missed = None if figure.value is None or target is None else figure.value < Fraction(target)
        assert row["is_missed"] == is_missed, (row, figure)
    return len(rows)


def _target(tables: Tables, question: Question, day: date) -> Decimal | None:
    """What all organizations asked about aim at on a day; none where they differ."""
    targets = {tables.in_force(org_id, day)["service_level_target"] for org_id in question.org_ids}
    return targets.pop() if len(targets) == 1 else None


def calls(rows: Rows, tables: Tables, question: Question, caller: Caller, place: Place) -> int:
    """Compare the list of calls."""
    expected = sorted(
        (c for c in tables.asked_for(question, question.begin, question.end) if c["outcome"] is not None),
        key=lambda call: (call["started_at"], call["id"]),
        reverse=True,
    )
    assert [row["id"] for row in rows] == [call["id"] for call in expected]
    for row, call in zip(rows, expected, strict=True):
        shown = clock.local(call["started_at"], tables.zone(call["org_id"]))
        assert row["local_time"] == f"{shown:%Y-%m-%d %H:%M:%S}", (row, call)
        told = ("started_at", "direction", "outcome", "wait_seconds", "talk_seconds", "duration_seconds")
        for name in (*told, "transfer_count", "is_dropped"):
            assert row[name] == call[name], (name, row, call)
        assert (row["external_number"] or None) == (call["external_number"] or None)
    return len(rows)


REPORTS: Final[Mapping[str, Callable[[Rows, Tables, Question, Caller, Place], int]]] = {
    "days": days,
    "hours": hours,
    "lines": lines,
    "members": members,
    "sla": sla,
    "calls": calls,
}

_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "day": date.fromisoformat,
    "starts_at": datetime.fromisoformat,
    "started_at": datetime.fromisoformat,
    **dict.fromkeys(("id", "line_id", "member_id"), UUID),
    **dict.fromkeys(("is_missed", "is_dropped"), lambda text: {"true": True, "false": False}[text]),
    **dict.fromkeys(
        ("hour", "line", "number", "member", "role", "local_time", "direction", "outcome", "external_number"), str
    ),
}


def read_csv(text: str) -> list[dict[str, Any]]:
    """The rows of a CSV, each value as what it is."""
    return [
        {name: _READ.get(name, _number)(value) if value else None for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""), strict=True)
    ]


def _number(text: str) -> Any:
    """A number, or some other text that nothing is expected of."""
    return Decimal(text) if text.lstrip("-").replace(".", "", 1).isdigit() else text
