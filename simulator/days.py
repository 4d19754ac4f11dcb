"""What is planned, generated a local day at a time when it is first asked for."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

CACHED = 400_000


class _Dated(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def started_at(self) -> datetime: ...


T = TypeVar("T", bound=_Dated)


class Days(Generic[T]):
    """The days of one account's plan; `unfold` makes a day, oldest first, always the same."""

    def __init__(self, zone: ZoneInfo, unfold: Callable[[date], Iterable[T]]) -> None:
        self._zone = zone
        self._unfold = unfold
        self._days: dict[date, tuple[T, ...]] = {}
        self._by_id: dict[str, T] = {}
        self._lock = Lock()

    def day(self, day: date) -> tuple[T, ...]:
        """Return what starts on a local day, oldest first."""
        with self._lock:
            if day not in self._days:
                made = tuple(self._unfold(day))
                while self._days and len(self._by_id) + len(made) > CACHED:
                    for gone in self._days.pop(next(iter(self._days))):
                        del self._by_id[gone.id]
                self._days[day] = made
                self._by_id.update((planned.id, planned) for planned in made)
            return self._days[day]

    def between(self, start: datetime, end: datetime) -> Iterator[T]:
        """Yield what starts in [start, end), oldest first."""
        for day in self._range(start, end):
            planned = self.day(day)
            if planned and start <= planned[0].started_at and planned[-1].started_at < end:
                yield from planned
            else:
                yield from (each for each in planned if start <= each.started_at < end)

    def find(self, identity: str, start: datetime, end: datetime) -> T | None:
        """Return what has this id and starts in [start, end)."""
        found = self._by_id.get(identity)
        days = self._range(start, end)
        while found is None and (day := next(days, None)):
            self.day(day)
            found = self._by_id.get(identity)
        return found if found and start <= found.started_at < end else None

    def _range(self, start: datetime, end: datetime) -> Iterator[date]:
        day, last = start.astimezone(self._zone).date(), end.astimezone(self._zone).date()
        while day <= last:
            yield day
            day += timedelta(days=1)
