"""What goes on now, and how the team's time was spent, from the rows alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.integration.metrics.oracle import Question, Row, Tables

KINDS: Final = {
    **dict.fromkeys(("available", "ready", "online"), "available"),
    **dict.fromkeys(("on-call", "busy", "wrap up"), "busy"),
    **dict.fromkeys(("dnd", "offline", "lunch"), "away"),
    "?": None,
}
"""What statuses mean for who waits for an agent."""
_RINGS_FOR: Final = timedelta(hours=1)
_LASTS_FOR: Final = timedelta(hours=12)
_SEEN_FOR: Final = timedelta(minutes=30)
_EVENTS_TELL_FOR: Final = timedelta(days=7)

Person = tuple[UUID, UUID | str]
"""An organization, and a member or, where nobody has it, an extension."""
Seen = Sequence[tuple[str, Row | None]]
"""Somebody's extensions, each with the status in which it was last seen; none where nobody looked."""


@dataclass(frozen=True)
class Team:
    """Who takes part in calls, how they are, and what MightyCall has told of."""

    legs: Sequence[Row]
    statuses: Sequence[Row]
    extensions: Sequence[Row]
    events: Sequence[Row]

    def of_call(self, call: Row) -> list[Row]:
        """The legs of a call."""
        return [leg for leg in self.legs if leg["call_id"] == call["id"]]


def read_team(connection: psycopg.Connection[Any]) -> Team:
    """Read what there is beside the calls."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return Team(
            *(
                cursor.execute(query.encode()).fetchall()
                for query in (
                    """select org_id, call_id, extension, member_id, is_connected, answered_at, ended_at
                    from public.legs""",
                    "select org_id, extension, member_id, status, since, observed_through from public.agent_statuses",
                    """select e.org_id, e.extension, e.member_id, e.period @> now() as is_held, m.deactivated_at
                    from public.member_extensions e
                    join public.org_members m on m.id = e.member_id""",
                    "select org_id, received_at from private.webhook_events",
                )
            )
        )


def lasts(tables: Tables, call: Row) -> bool:
    """Whether a call is in progress as far as anybody knows; one whose end was lost is not, after so long."""
    is_over = call["outcome"] is not None or call["ended_at"] is not None or call["deleted_at"] is not None
    return not is_over and tables.now - call["started_at"] < _LASTS_FOR


def in_progress(tables: Tables, sees: Callable[[Row], bool]) -> list[Row]:
    """The calls of the live view."""
    return [
        call
        for call in tables.calls
        if lasts(tables, call)
        and sees(call)
        and call["direction"] != "internal"
        and (call["answered_at"] is not None or tables.now - call["started_at"] < _RINGS_FOR)
    ]


def waits_since(call: Row) -> datetime | None:
    """Since when somebody waits for an answer; none where nobody does."""
    if call["direction"] != "inbound" or call["answered_at"] is not None:
        return None
    return arrived_at(call)


def arrived_at(call: Row) -> datetime:
    """When a call arrived, or first rang, whichever is known to be earlier."""
    known = [call[name] for name in ("arrived_at", "rang_at") if call[name] is not None]
    at: datetime = min(known, default=call["started_at"])
    return at


def seconds(tables: Tables, since: datetime | None) -> int | None:
    """Whole seconds until now."""
    return None if since is None else max((tables.now - since) // timedelta(seconds=1), 0)


def summary(tables: Tables, team: Team, question: Question) -> Mapping[str, Any]:
    """The figures of now."""

    def is_asked(call: Row) -> bool:
        is_of_line = question.line_ids is None or call["line_id"] in question.line_ids
        return call["org_id"] in question.org_ids and is_of_line and question.sees(call)

    told_at = max((e["received_at"] for e in team.events if e["org_id"] in question.org_ids), default=None)
    is_told = told_at is not None and tables.now - told_at < _EVENTS_TELL_FOR
    live = in_progress(tables, is_asked)
    waiting = [since for call in live if (since := waits_since(call))]
    now = {
        "ringing": sum(call["answered_at"] is None for call in live),
        "in_progress": sum(call["answered_at"] is not None for call in live),
        "queue_length": len(waiting),
        "longest_wait_seconds": seconds(tables, min(waiting, default=None)),
        "oldest_waiting_since": min(waiting, default=None),
    }

    def began(minutes: int) -> Fraction:
        return Fraction(
            sum(
                timedelta() <= tables.now - call["started_at"] < timedelta(minutes=minutes)
                for call in tables.calls
                if call["direction"] == "inbound" and call["deleted_at"] is None and is_asked(call)
            ),
            minutes,
        )

    kinds = [_kind(tables, team, who, some) for who, some in people(tables, team, question.org_ids).items()]
    return {
        **(now if is_told else dict.fromkeys(now)),
        "calls_per_minute_5": began(5),
        "calls_per_minute_60": began(60),
        **{
            f"agents_{name}": kinds.count(kind)
            for name, kind in {"available": "available", "busy": "busy", "away": "away", "unknown": None}.items()
        },
        "events_through": told_at,
    }


def people(tables: Tables, team: Team, org_ids: Iterable[UUID]) -> dict[Person, Seen]:
    """Who is there now, and in which statuses they were last seen."""
    last: dict[tuple[UUID, str], Row] = {}
    for status in sorted(team.statuses, key=lambda each: each["since"]):
        if status["org_id"] in org_ids and tables.now - status["observed_through"] < _SEEN_FOR:
            last[status["org_id"], status["extension"]] = status
    there: dict[Person, list[tuple[str, Row | None]]] = {}
    for status in last.values():
        there.setdefault(person(status), []).append((status["extension"], status))
    for held in team.extensions:
        is_there = held["org_id"] in org_ids and held["is_held"] and held["deactivated_at"] is None
        if is_there and (held["org_id"], held["extension"]) not in last:
            there.setdefault(person(held), []).append((held["extension"], None))
    return dict(there)


def person(row: Row) -> Person:
    """Whom a row is about."""
    return row["org_id"], row["member_id"] or row["extension"]


def is_on_call(tables: Tables, team: Team, who: Person, seen: Seen) -> bool:
    """Whether somebody takes part in a call that lasts, on any telephone."""
    extensions = {extension for extension, _ in seen}
    return any(
        leg["extension"] in extensions and leg["is_connected"] and leg["ended_at"] is None
        for call in tables.calls
        if call["org_id"] == who[0] and lasts(tables, call)
        for leg in team.of_call(call)
    )


def _kind(tables: Tables, team: Team, who: Person, seen: Seen) -> str | None:
    if is_on_call(tables, team, who, seen):
        return "busy"
    kinds = {KINDS[status["status"]] for _, status in seen if status}
    return next((kind for kind in ("busy", "available", "away") if kind in kinds), None)


@dataclass(frozen=True)
class Spent:
    """Somebody's time in a range."""

    known: timedelta
    available: timedelta
    busy: timedelta | None
    """None where they spoke, and nobody knows how long."""

    @property
    def availability(self) -> Fraction | None:
        """(Busy + available) / known status time."""
        return None if self.busy is None else _share(self.busy + self.available, self.known)

    @property
    def occupancy(self) -> Fraction | None:
        """Busy / (busy + available)."""
        return None if self.busy is None else _share(self.busy, self.busy + self.available)


def _share(part: timedelta, whole: timedelta) -> Fraction | None:
    microsecond = timedelta(microseconds=1)
    return Fraction(part // microsecond, whole // microsecond) if whole else None


def spent(tables: Tables, team: Team, org_ids: Iterable[UUID], begin: datetime, end: datetime) -> dict[Person, Spent]:
    """How the time of a range was spent by everybody whose status was seen in it."""
    seen: dict[Person, list[Row]] = {}
    for status in team.statuses:
        if status["org_id"] in org_ids and status["since"] < end and status["observed_through"] > begin:
            seen.setdefault(person(status), []).append(status)
    told = {}
    for who, statuses in seen.items():
        talks = list(_talks(tables, team, who, begin, end))
        timed = [talk for talk in talks if talk is not None]
        marks = {begin, end, *(at for talk in timed for at in talk)}
        marks |= {each[name] for each in statuses for name in ("since", "observed_through")}
        known, available, busy = timedelta(), timedelta(), timedelta()
        for starts, ends in pairwise(sorted(at for at in marks if begin <= at <= end)):
            kinds = {KINDS[each["status"]] for each in statuses if each["since"] <= starts < each["observed_through"]}
            if not kinds:
                continue
            known += ends - starts
            if "busy" in kinds or any(first <= starts < last for first, last in timed):
                busy += ends - starts
            elif "available" in kinds:
                available += ends - starts
        told[who] = Spent(known, available, busy if None not in talks else None)
    return told


def _talks(
    tables: Tables, team: Team, who: Person, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime] | None]:
    """When somebody was on the phone, in calls that may reach into a range; none where nobody knows."""
    for call in tables.calls:
        if call["deleted_at"] is not None or not begin - _LASTS_FOR <= call["started_at"] < end:
            continue
        for leg in team.of_call(call):
            until = leg["ended_at"] or call["ended_at"] or (tables.now if lasts(tables, call) else None)
            if person(leg) != who or not leg["is_connected"] or (until is not None and until <= begin):
                continue
            if leg["answered_at"] is None or until is None:
                yield None
            elif leg["answered_at"] < until:
                yield leg["answered_at"], until
