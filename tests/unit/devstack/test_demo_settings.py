from datetime import date

import pytest

from devstack.demo_settings import next_on


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 20), date(2026, 12, 25)),
        (date(2026, 12, 25), date(2026, 12, 25)),
        (date(2026, 12, 26), date(2027, 12, 25)),
    ],
)
def test_a_holiday_is_not_in_the_past(today: date, expected: date) -> None:
    assert next_on(12, 25, today) == expected
