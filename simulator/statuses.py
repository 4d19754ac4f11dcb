"""Who of the team is available when."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from simulator.accounts import Account
from simulator.clock import whole_milliseconds
from simulator.dice import dice
from simulator.plan import OPEN_HOURS

Status = Literal["available", "dnd", "offline"]
SETTABLE: tuple[Status, ...] = ("available", "dnd")


@dataclass(frozen=True, slots=True)
class Since:
    """A status from an instant on."""

    at: datetime
    status: Status


def planned_statuses(seed: int, account: Account, extension: str, start: datetime, end: datetime) -> Iterator[Since]:
    """Yield the status at `start` and every planned change until `end`."""
    day = start.astimezone(account.zone).date() - timedelta(days=1)
    last = end.astimezone(account.zone).date()
    current = Since(start, "offline")
    while day <= last:
        for change in _day(seed, account, extension, day):
            if change.at <= start:
                current = Since(start, change.status)
                continue
            if current.at == start:
                yield current
                current = Since(change.at, change.status)
            if change.at < end:
                yield change
        day += timedelta(days=1)
    if current.at == start:
        yield current


def with_changes(known: list[Since], changes: list[Since]) -> list[Since]:
    """Return one course of both; what was set by somebody holds until the next change planned."""
    course: list[Since] = []
    for change in sorted([*known, *changes], key=lambda since: since.at):
        if course and course[-1].status == change.status:
            continue
        course.append(change)
    return course


def status_at(course: list[Since], moment: datetime) -> Status:
    """Return the status of a course at an instant."""
    place = bisect_right([since.at for since in course], moment)
    return course[place - 1].status if place else "offline"


def _day(seed: int, account: Account, extension: str, day: date) -> list[Since]:
    opens, closes = OPEN_HOURS.get(day.weekday(), (0, 0))
    rng = dice(seed, "status", account.api_key, extension, day)
    # One in twelve is away, and on Saturdays half of the team.
    if opens == closes or rng.random() < (0.5 if day.weekday() == 5 else 1 / 12):
        return []

    def local(hours: float) -> datetime:
        wall = datetime.combine(day, time(), account.zone) + timedelta(hours=hours)
        return whole_milliseconds(wall.astimezone(UTC))

    begins, ends = opens + rng.uniform(-0.4, 0.2), closes + rng.uniform(-0.2, 0.5)
    changes = [Since(local(begins), "available"), Since(local(ends), "offline")]
    pauses = [(begins + (ends - begins) * share, rng.uniform(0.1, 0.3)) for share in (0.22, 0.78)]
    if ends - begins > 6:
        pauses.append((12 + rng.uniform(0, 1.5), rng.uniform(0.4, 0.9)))
    for begin, length in pauses:
        changes += [Since(local(begin), "dnd"), Since(local(begin + length), "available")]
    return sorted(changes, key=lambda since: since.at)
