from typing import Any

import pytest

from sync.figures import NOT_MEASURABLE, change, said


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.819047619, "share", "81.9 %"),
        (0.92356, "share", "92.4 %"),
        (0.8185, "share", "81.9 %"),
        (0.0005, "share", "0.1 %"),
        (0.00049, "share", "0.0 %"),
        (1, "share", "100.0 %"),
        (0, "share", "0.0 %"),
        (59.4, "seconds", "59 s"),
        (59.5, "seconds", "1:00 min"),
        (227.03, "seconds", "3:47 min"),
        (3599.5, "seconds", "1:00:00 h"),
        (32920, "seconds", "9:08:40 h"),
        (0, "seconds", "0 s"),
        (157, "calls", "157"),
        (1_234_567, "calls", "1,234,567"),
        (2.5, "number", "2.5"),
        (0.25, "calls_per_minute", "0.25"),
        (0.0017, "calls_per_minute", "0.0017"),
        (True, "flag", "yes"),
        ("=1+1", "text", "=1+1"),
        (None, "share", NOT_MEASURABLE),
    ],
)
def test_a_figure_is_told_in_its_unit(value: Any, unit: str, text: str) -> None:
    assert said(value, unit, NOT_MEASURABLE).replace("\u202f", " ") == text


@pytest.mark.parametrize(
    ("now", "before", "unit", "told"),
    [
        (0.824, 0.8, "share", ("2.4 points", 1)),
        (0.8, 0.824, "share", ("2.4 points", -1)),
        (0.80001, 0.8, "share", ("unchanged", 0)),
        (110, 100, "calls", ("10.0 %", 1)),
        (90, 120, "seconds", ("25.0 %", -1)),
        (5, 0, "calls", ("from none", 1)),
        (0, 0, "calls", ("", 0)),
        (None, 0.8, "share", ("", 0)),
        (0.8, None, "share", ("", 0)),
    ],
)
def test_a_change_is_told_with_its_way(now: Any, before: Any, unit: str, told: tuple[str, int]) -> None:
    text, way = change(now, before, unit)
    assert (text.replace("\u202f", " "), way) == told
