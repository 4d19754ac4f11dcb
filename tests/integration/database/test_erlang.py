"""Erlang C as the database reckons it, beside exact fractions."""

from fractions import Fraction
from math import exp

import pytest

from tools.scratch import Database


def exactly(load: Fraction, agents: int) -> Fraction:
    """The probability of waiting, from the definition: powers over factorials."""
    term, below = Fraction(1), Fraction(0)
    for number in range(1, agents + 1):
        below += term
        term = term * load / number
    waiting = term * agents / (agents - load)
    return waiting / (below + waiting)


@pytest.mark.parametrize(
    ("calls", "seconds", "agents"),
    [
        (1, 1, 1),
        (200, 180, 11),
        (720, 240, 49),
        (3000, 300, 251),
        (3000, 300, 300),
        (9999, 180, 500),
        (12345, 200, 700),
    ],
)
def test_hundreds_of_agents_are_reckoned_as_exactly_as_one(
    database: Database, calls: int, seconds: int, agents: int
) -> None:
    load = Fraction(calls * seconds, 3600)
    waits = float(exactly(load, agents))
    with database.connect() as connection:
        row = connection.execute(
            "select wait_probability::float8, service_level::float8, average_speed_of_answer::float8, occupancy::float8"
            " from public.erlang_c(%s, %s, %s, 20)",
            [calls, seconds, agents],
        ).fetchone()
    spare = float(agents - load)
    expected = (waits, 1 - waits * exp(-spare * 20 / seconds), waits * seconds / spare, float(load / agents))
    assert row == pytest.approx(expected, abs=1e-9)
