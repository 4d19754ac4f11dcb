from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

DAY: Final = timedelta(days=1)


class Slice(NamedTuple):
    """A stretch of time that is read from end to end before the watermark moves to its end."""

    start: datetime
    end: datetime


def slices(start: datetime, end: datetime, longest: timedelta = DAY) -> Iterator[Slice]:
    """Cut a range, oldest first, into slices of at most `longest`; a range that is empty gives none."""
    while start < end:
        stop = min(start + longest, end)
        yield Slice(start, stop)
        start = stop
