"""Who called again, who was called back, and how many called at once, from the rows alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from tests.integration.metrics.breakdowns import between
from tests.integration.metrics.oracle import Figure, Question, Row, Tables

AGAIN: Final = timedelta(hours=7 * 24)
_LONGEST: Final = timedelta(hours=24)
_WITHHELD: Final = ("", "anonymous")

Caller = tuple[UUID, str]
"""An organization, and a number that called it."""


def caller(call: Row) -> Caller | None:
    """Who is at the other end; none where nobody can tell."""
    number = call["external_number"]
    return None if number is None or number in _WITHHELD else (call["org_id"], number)


def offered(tables: Tables, question: Question) -> list[Row]:
    """The calls of the population."""
    return [
        call
        for call in tables.asked_for(question, question.begin, question.end)
        if call["direction"] == "inbound" and call["outcome"] is not None
    ]


def seen(tables: Tables, question: Question) -> list[Row]:
    """All calls that have ended and that the reader sees, on whatever line."""
    return [
        call
        for call in tables.calls
        if call["deleted_at"] is None and call["outcome"] is not None and question.sees(call)
    ]


def repeat_callers(tables: Tables, question: Question) -> dict[str, Figure]:
    """How many calls came from numbers that had called before."""
    calls = offered(tables, question)
    identified = [call for call in calls if caller(call)]
    called = [(caller(call), call["started_at"]) for call in seen(tables, question) if call["direction"] == "inbound"]

    def is_repeat(call: Row) -> bool:
        at = call["started_at"]
        return any(who == caller(call) and at - AGAIN <= before < at for who, before in called)

    repeats = sum(map(is_repeat, identified))
    reached = {caller(call) for call in identified if call["outcome"] == "answered"}
    known, total = len(identified), len(calls)
    return {
        "repeat_calls": Figure(repeats, 1, known, total),
        "repeat_rate": Figure(repeats, total, known, total),
        "first_call_resolution_proxy": Figure(total - repeats, total, known, total),
        "calls_per_reached_contact": Figure(known, len(reached), known, total),
    }


@dataclass(frozen=True)
class Missed:
    """A number that was missed, and when and how it was reached."""

    first_at: datetime
    contacts: Sequence[Row]

    @property
    def reached_at(self) -> datetime | None:
        """The start of the first contact."""
        return min((call["started_at"] for call in self.contacts), default=None)

    @property
    def by(self) -> set[str]:
        """Who called; both where they did so at the same moment."""
        return {
            "called_again" if call["direction"] == "inbound" else "called_back"
            for call in self.contacts
            if call["started_at"] == self.reached_at
        }


def missed_callers(tables: Tables, question: Question, window: timedelta) -> dict[Caller, Missed]:
    """Each number that was missed in the range."""
    first: dict[Caller, datetime] = {}
    for call in offered(tables, question):
        who = caller(call)
        if who and call["outcome"] == "missed":
            first[who] = min(first.get(who, call["started_at"]), call["started_at"])
    contacts = [c for c in seen(tables, question) if c["outcome"] == "answered" and c["direction"] != "internal"]
    return {
        who: Missed(at, [c for c in contacts if caller(c) == who and at < c["started_at"] <= at + window])
        for who, at in first.items()
    }


def callbacks(tables: Tables, question: Question, window: timedelta) -> Mapping[str, Figure | None]:
    """How many of those missed were reached, and how soon; none where two at once leave it open who called."""
    missed = missed_callers(tables, question, window)
    reached = [each for each in missed.values() if each.contacts]
    is_open = any(len(each.by) > 1 for each in reached)
    times = sorted(
        Fraction((each.reached_at - each.first_at) // timedelta(microseconds=1), 10**6)
        for each in reached
        if each.reached_at
    )
    all_missed = [call for call in offered(tables, question) if call["outcome"] == "missed"]
    known, total = sum(caller(call) is not None for call in all_missed), len(all_missed)

    def count(number: int) -> Figure:
        return Figure(number, 1, known, total)

    return {
        "missed_callers": count(len(missed)),
        "callback_rate": Figure(len(reached), len(missed), known, total),
        "callers_called_back": None if is_open else count(sum("called_back" in each.by for each in reached)),
        "callers_who_called_again": None if is_open else count(sum("called_again" in each.by for each in reached)),
        "callers_outstanding": count(len(missed) - len(reached)),
        "time_to_callback_median": Figure(between(times, Fraction(1, 2)), 1, len(times), len(missed)),
        "time_to_callback_p90": Figure(between(times, Fraction(9, 10)), 1, len(times), len(missed)),
    }


def callers(tables: Tables, question: Question, window: timedelta) -> dict[tuple[UUID, str | None], dict[str, Any]]:
    """Who called, each number by itself and all that are withheld together: how often, and how they were reached."""
    by_caller: dict[tuple[UUID, str | None], list[Row]] = {}
    for call in offered(tables, question):
        by_caller.setdefault(caller(call) or (call["org_id"], None), []).append(call)
    called = [(caller(call), call["started_at"]) for call in seen(tables, question) if call["direction"] == "inbound"]
    missed = missed_callers(tables, question, window)
    told: dict[tuple[UUID, str | None], dict[str, Any]] = {}
    for who, calls in by_caller.items():
        miss = missed.get((who[0], who[1])) if who[1] is not None else None
        reached_at = miss and miss.reached_at
        told[who] = {
            "calls": len(calls),
            "answered": sum(call["outcome"] == "answered" for call in calls),
            "missed": sum(call["outcome"] == "missed" for call in calls),
            "repeats": sum(
                any(other == who and at - AGAIN <= before < at for other, before in called)
                for at in (call["started_at"] for call in calls)
            ),
            "first_called_at": min(call["started_at"] for call in calls),
            "last_called_at": max(call["started_at"] for call in calls),
            "first_missed_at": miss and miss.first_at,
            "reached_at": reached_at,
            "seconds_to_contact": miss and reached_at and Fraction((reached_at - miss.first_at) / timedelta(seconds=1)),
            "reached_by": miss.by if miss and reached_at else {None},
        }
    return told


def over_at(call: Row) -> datetime | None:
    """When a call was over; none where nobody knows."""
    ended_at: datetime | None = call["ended_at"]
    if ended_at is None and call["duration_seconds"] is not None:
        ended_at = call["started_at"] + timedelta(seconds=call["duration_seconds"])
    return ended_at and min(ended_at, call["started_at"] + _LONGEST)


def peak_concurrency(tables: Tables, question: Question) -> tuple[int | None, datetime | None]:
    """The most calls in progress at one instant of the range, and the first such instant."""
    spans = [
        (call["started_at"], ended_at)
        for call in tables.asked_for(question, question.begin - _LONGEST, question.end)
        if call["direction"] == "inbound" and call["outcome"] is not None and (ended_at := over_at(call))
    ]
    instants = {question.begin, *(begin for begin, _ in spans if begin >= question.begin)}
    counts = {at: sum(begin <= at < end for begin, end in spans) for at in instants}
    most = max(counts.values())
    return most, min(at for at, count in counts.items() if count == most)
