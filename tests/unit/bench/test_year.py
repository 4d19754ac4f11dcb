from datetime import date

import pytest

from bench.year import ORGANIZATIONS, months, sizes


def test_calls_are_shared_out_by_rank() -> None:
    shared = sizes(10_000_000)
    assert len(shared) == ORGANIZATIONS
    assert shared[0].calls == 1_850_000
    assert shared[1] == shared[0]._replace(calls=185_000)
    assert [size.calls for size in shared[2:]] == sorted((size.calls for size in shared[2:]), reverse=True)
    assert sum(size.calls for size in shared) == pytest.approx(10_000_000, abs=ORGANIZATIONS)


def test_the_months_of_a_year_share_it_out() -> None:
    parts = months(date(2027, 3, 10), date(2028, 3, 10))
    assert [month for month, _ in parts[:2]] == [date(2027, 3, 1), date(2027, 4, 1)]
    assert parts[-1][0] == date(2028, 3, 1)
    assert sum(share for _, share in parts) == pytest.approx(1)
