"""What the functions answer, beside what the definitions make of the same rows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import psycopg

from tests.integration.metrics import breakdowns, clock, contacts, listings, staffing, unusual
from tests.integration.metrics.oracle import BUSINESS_HOURS_MISSING, Figure, Question, Row, Tables
from tests.integration.metrics.place import Caller, Place, told
from tests.integration.metrics.stories import Wish
from tests.support import fuzz

Rows = list[dict[str, Any]]
Check = Callable[[Rows, Tables, Question, "Wish"], int]
ORGANIZATION_NOT_FOUND: Final = "organization_not_found"
WORKERS: Final = {
    "viewer": "viewer",
    "org_admin": "org_admin",
    "manager": "manager",
    "agent": "agent",
    "their_admin": "org_admin",
}
"""Who reads the worklist, and as what."""
_PRECISION: Final = Fraction(1, 10**9)
ROUNDED: Final = Fraction(1, 10**5)


compared = Counter[str]()
"""How many figures of each function were compared."""
of_calls = Counter[bool]()
"""How many of these were of a range with calls, and how many of one without."""


def near(said: Decimal | None, exact: Fraction | None, precision: Fraction = _PRECISION) -> bool:
    """Whether a number is the exact one, but for the digits that a quotient is cut to."""
    if said is None or exact is None:
        return said is None and exact is None
    return abs(Fraction(said) - exact) <= precision * max(Fraction(1), abs(exact))


def compare(
    connection: psycopg.Connection[Any], place: Place, tables: Tables, wish: Wish, functions: Iterable["Asked"]
) -> None:
    """Ask these functions, and compare what each tells."""
    name, of = wish.asked
    caller = place.callers[name]
    question = place.ask(tables, caller, of, wish.begin, wish.end, **wish.narrowed(place))
    arguments = {
        "p_org_id": of and place.organizations[of],
        "p_from": wish.begin,
        "p_to": wish.end,
        "p_line_ids": question.line_ids,
        "p_member_ids": question.member_ids,
        "p_in_hours": question.in_hours,
    }
    refused = refusal(tables, caller, question, is_of_one=of is not None)
    for asked in functions:
        if not asked.fits(wish):
            continue
        function = asked.function
        rows = told(connection, caller, function, **arguments, **asked.further)
        if refused:
            assert rows == refused, f"{function}: {rows} instead of {refused}"
            fuzz.tried(function, "refused")
            continue
        assert not isinstance(rows, str), f"{function}: refused with {rows}"
        compared[function] += asked.check(rows, tables, question, wish)
        fuzz.tried(function, "as the definitions say")


def compare_listings(connection: psycopg.Connection[Any], place: Place, tables: Tables, name: str) -> None:
    """Read every list as somebody, and compare it with the rows."""
    caller = place.callers[name]
    compared["counted_calls"] += listings.counted_calls(connection, tables, caller)
    if name in WORKERS:
        compared["missed_callers"] += listings.missed_callers(connection, tables, caller, WORKERS[name])


def refusal(tables: Tables, caller: Caller, question: Question, *, is_of_one: bool) -> str | None:
    """The code with which a question is refused."""
    if is_of_one and question.org_ids[0] not in caller.asks:
        return ORGANIZATION_NOT_FOUND
    if question.in_hours is not None and not tables.has_hours(question):
        return BUSINESS_HOURS_MISSING
    return None


def _is_told(row: Row, figure: Figure) -> None:
    assert near(row["value"], figure.value), (row, figure)
    assert (row["known"], row["total"]) == (figure.known, figure.total), (row, figure)
    of_calls[figure.total > 0] += 1


def _summary(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
    expected = tables.summary(question)
    by_kpi = {row["kpi"]: row for row in rows}
    assert len(by_kpi) == len(rows)
    assert set(by_kpi) >= set(expected)
    for kpi, (figure, previous) in expected.items():
        row = by_kpi[kpi]
        _is_told(row, figure)
        if figure.value is not None:
            assert near(row["numerator"], Fraction(figure.numerator or 0)), (row, figure)
            assert near(row["denominator"], Fraction(figure.denominator)), (row, figure)
        assert near(row["previous"], previous), (row, previous)
    return len(expected)


def _series(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
    expected = tables.series(question, wish.grain)
    by_bucket = {(row["bucket_start"], row["kpi"]): row for row in rows}
    assert len(by_bucket) == len(rows)
    begins, expected_begins = (sorted({begin for begin, _ in each}) for each in (by_bucket, expected))
    assert begins == expected_begins, (begins, expected_begins)
    for key, figure in expected.items():
        _is_told(by_bucket[key], figure)
    return len(expected)


def _by(group: Callable[[Row, Question], Sequence[Any]], column: str) -> Check:
    def check(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
        expected = breakdowns.by(tables, question, group)
        told_of = {((row["org_id"], row[column]), row["kpi"]): row for row in rows}
        assert len(told_of) == len(rows)
        assert {key for key, _ in told_of} == set(expected), ({key for key, _ in told_of}, set(expected))
        for key, figures in expected.items():
            for kpi, figure in figures.items():
                _is_told(told_of[key, kpi], figure)
        return len(rows)

    return check


def _heatmap(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
    if question.zone.key == "America/St_Johns" and breakdowns.merges_hours(question):
        return 0
    expected = breakdowns.heatmap(tables, question)
    told_of = {(row["weekday"], row["hour"], row["kpi"]): row for row in rows}
    assert set(told_of) == set(expected)
    for key, figure in expected.items():
        _is_told(told_of[key], figure)
    return len(rows)


def _percentiles(*, exact: bool) -> Check:
    def check(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
        expected = breakdowns.percentiles(tables, question, exact=exact)
        assert {row["kpi"] for row in rows} == set(expected)
        for row in rows:
            figure, is_at_least = expected[row["kpi"]]
            _is_told(row, figure)
            assert row["is_at_least"] == is_at_least, row
        return len(rows)

    return check


def _comparison(beside: str) -> Check:
    def check(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
        expected = breakdowns.comparison(tables, question, beside)
        assert {row["kpi"] for row in rows} == set(expected)
        for row in rows:
            figure, compared_with, ranges = expected[row["kpi"]]
            _is_told(row, figure)
            assert near(row["compared"], compared_with), (row, compared_with)
            assert row["ranges"] == ranges, (row, ranges)
            change = None
            if figure.value is not None and compared_with:
                change = (figure.value - compared_with) / compared_with
            assert near(row["change"], change), (row, change)
        return len(rows)

    return check


def _repeat_callers(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
    return plain(rows, contacts.repeat_callers(tables, question))


def _callbacks(hours: int) -> Check:
    def check(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
        return plain(rows, contacts.callbacks(tables, question, timedelta(hours=hours)))

    return check


def plain(rows: Rows, expected: Mapping[str, Figure | None]) -> int:
    """Compare figures that stand alone, but those of which nothing is expected."""
    assert {row["kpi"] for row in rows} == set(expected)
    for row in rows:
        figure = expected[row["kpi"]]
        if figure is None:
            continue
        _is_told(row, figure)
        if figure.value is not None and "numerator" in row:
            assert near(row["numerator"], Fraction(figure.numerator or 0)), (row, figure)
            assert near(row["denominator"], Fraction(figure.denominator)), (row, figure)
    return len(rows)


def _peak(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
    (row,) = rows
    most, at = contacts.peak_concurrency(tables, question)
    if most:
        assert (row["value"], row["peak_at"]) == (most, at), (row, most, at)
    else:
        assert not row["value"], row
        assert row["peak_at"] is None
    return 1


def _staffing(rows: Rows, tables: Tables, question: Question, wish: Wish) -> int:
    if question.zone.key == "America/St_Johns" and breakdowns.merges_hours(question):
        return 0
    told_of = {(row["weekday"], row["hour"]): row for row in rows}
    expected = dict(staffing.needed(tables, question))
    assert set(told_of) == set(expected), (sorted(told_of), rows[:3])
    for name, needed in expected.items():
        row = told_of[name]
        assert near(row["mean_offered"], needed.mean_offered, ROUNDED), (row, needed)
        assert near(row["handle_seconds"], needed.handle_seconds, ROUNDED), (row, needed)
        assert (row["agents_on_calls"], row["agents"]) == (needed.on_calls, needed.agents), (row, needed)
    return len(rows)


def check_unusual(rows: Rows, tables: Tables, question: Question, grain: str) -> None:
    """Compare which days or hours are unusual."""
    expected = unusual.usual(tables, question, grain)
    told_of = {(row["bucket_start"], row["kpi"]): row for row in rows}
    assert set(told_of) == set(expected), sorted({at for at, _ in set(told_of) ^ set(expected)})
    for key, usual in expected.items():
        row = told_of[key]
        assert near(row["value"], usual.value), (row, usual)
        assert row["is_unusual"] == usual.is_unusual, (row, usual)
        if usual.is_unusual is not None:
            assert usual.median is not None
            assert usual.spread is not None
            assert (row["observations"], row["calls"]) == (len(usual.observations), usual.calls), (row, usual)
            assert near(row["median"], usual.median, ROUNDED), (row, usual)
            assert near(row["low"], usual.median - usual.spread, ROUNDED), (row, usual)
            assert near(row["high"], usual.median + usual.spread, ROUNDED), (row, usual)
        said = {True: "unusual", False: "usual", None: "cannot be said"}[usual.is_unusual]
        fuzz.tried(f"kpi_unusual by the {grain}", said)
    compared["kpi_unusual"] += len(rows)


def _always(_: Wish) -> bool:
    return True


def _within(days: int) -> Callable[[Wish], bool]:
    return lambda wish: wish.end - wish.begin <= timedelta(days=days, hours=-2)


def _by_the(grain: str) -> Callable[[Wish], bool]:
    return lambda wish: wish.grain == grain


@dataclass(frozen=True, eq=False)
class Asked:
    """A function, what it is asked beside the usual, about which ranges, and how its answer is compared."""

    function: str
    check: Check
    further: Mapping[str, Any] = field(default_factory=dict)
    fits: Callable[[Wish], bool] = _always


ASKED: Final = (
    Asked("kpi_summary", _summary),
    *(Asked("kpi_series", _series, {"p_grain": grain}, _by_the(grain)) for grain in clock.GRAINS),
    Asked("kpi_by_line", _by(breakdowns.lines, "line_id")),
    Asked("kpi_by_member", _by(breakdowns.members, "member_id")),
    Asked("kpi_by_organization", _by(breakdowns.organizations, "org_id")),
    Asked("kpi_heatmap", _heatmap, fits=_within(31)),
    Asked("kpi_percentiles", _percentiles(exact=False)),
    Asked("kpi_percentiles", _percentiles(exact=True), {"p_exact": True}, _within(31)),
    *(
        Asked("kpi_comparison", _comparison(with_), {"p_with": with_})
        for with_ in ("previous", "weekdays", "month_mean")
    ),
    Asked("callers", listings.callers(timedelta(hours=24)), fits=_within(31)),
    Asked("repeat_callers", _repeat_callers, fits=_within(31)),
    *(Asked("callbacks", _callbacks(hours), {"p_window_hours": hours}, _within(31)) for hours in (1, 24)),
    Asked("peak_concurrency", _peak, fits=_within(31)),
    Asked(
        "staffing",
        _staffing,
        {"p_target": Decimal("0.8"), "p_within_seconds": staffing.WITHIN, "p_shrinkage": Decimal("0.3")},
        _within(31),
    ),
)
