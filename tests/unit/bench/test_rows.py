import pytest

from bench.rows import Row, compare


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    row = Row("intake", "A", "B", "/s", (10.0, 400.0, 90.0), (20.0, 500.0, 100.0))
    assert row.ratios == (0.5, 0.8, 0.9)
    assert row.ratio == 0.8


def test_rounds_are_compared_in_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = Row("intake", "A", "B", "/s", (1.0, 2.0), (1.0,)).ratios


def test_each_pair_of_contestants_makes_a_row() -> None:
    samples = {"ours": [1.0], "least": [2.0], "most": [4.0]}
    rows = compare("upsert", samples, "calls/s", [("ours", "least"), ("ours", "most")], "pages of 1,000")
    assert [(row.a, row.b, row.ratio) for row in rows] == [("ours", "least", 0.5), ("ours", "most", 0.25)]
    assert {row.note for row in rows} == {"pages of 1,000"}
