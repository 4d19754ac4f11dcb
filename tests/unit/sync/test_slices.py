from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.slices import DAY, slices

instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(instants, st.timedeltas(timedelta(0), timedelta(days=100)))
def test_slices_cover_a_range_without_gap_or_overlap(start: datetime, length: timedelta) -> None:
    end = start + length
    parts = list(slices(start, end))
    assert [part.start for part in parts] == [start, *(part.end for part in parts)][: len(parts)]
    assert all(timedelta(0) < part.end - part.start <= DAY for part in parts)
    assert not parts if start == end else parts[-1].end == end


def test_a_range_that_is_over_gives_none() -> None:
    now = datetime(2026, 6, 5, tzinfo=UTC)
    assert list(slices(now, now - DAY)) == []
