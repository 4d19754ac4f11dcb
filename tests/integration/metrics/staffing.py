"""How many agents each hour of the week needs, from the rows alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, exp

from tests.integration.metrics import breakdowns, clock
from tests.integration.metrics.oracle import Question, Tables

TARGET = Fraction(8, 10)
WITHIN = 20
SHRINKAGE = Fraction(3, 10)


@dataclass(frozen=True)
class Needed:
    """How many are needed in an hour of the week."""

    mean_offered: Fraction | None
    handle_seconds: Fraction | None
    on_calls: int | None
    agents: int | None


def service_level(erlangs: float, agents: int, handle_seconds: float) -> float:
    """The share of calls that are answered in time by so many agents."""
    if agents <= erlangs:
        return 0.0
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    waits = agents * blocked / (agents - erlangs * (1 - blocked))
    return 1 - waits * exp(-(agents - erlangs) * WITHIN / handle_seconds)


def needed(tables: Tables, question: Question) -> Iterator[tuple[tuple[int, int], Needed]]:
    """What each hour of the week needs."""
    handle = breakdowns.over(tables, question, question.begin, question.end)["average_handle_time"].value
    hour_in_progress = clock.bucket_key(tables.now, "hour", question.zone)
    assert isinstance(hour_in_progress, datetime)
    # What begins later, by clocks that go wrong, is of no hour that has begun.
    begun = replace(question, end=max(question.begin, min(question.end, hour_in_progress + timedelta(hours=1))))
    for (weekday, hour, kpi), figure in breakdowns.heatmap(tables, begun).items():
        if kpi == "offered":
            yield (weekday, hour), _needed(figure.value, handle)


def _needed(offered: Fraction | None, handle: Fraction | None) -> Needed:
    if offered is None or handle is None:
        return Needed(offered, handle, None, None)
    erlangs = float(offered * handle / 3600)
    agents = 1 if erlangs else 0
    while erlangs and service_level(erlangs, agents, float(handle)) < TARGET:
        agents += 1
    return Needed(offered, handle, agents, ceil(agents / (1 - SHRINKAGE)))
