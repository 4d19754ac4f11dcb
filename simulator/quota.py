"""Requests per API key and UTC day."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC
from threading import Lock
from typing import Any

from simulator.clock import Clock


@dataclass(slots=True)
class Day:
    """What was counted, and what refused, on one day."""

    account: str
    day: str
    used: int = 0
    refused: int = 0


class Quota:
    """Counts requests; refused ones do not count.

    `keep` is told of every change, and `known` is what it was told before a restart.
    """

    def __init__(
        self,
        clock: Clock,
        keep: Callable[[str, dict[str, Any]], None] | None = None,
        known: Iterable[dict[str, Any]] = (),
    ) -> None:
        self._clock = clock
        self._keep = keep
        self._lock = Lock()
        self._days = {(day.account, day.day): day for day in (Day(**value) for value in known)}

    def spend(self, api_key: str, limit: int) -> bool:
        """Count one request; False: the day's limit was already reached."""
        with self._lock:
            today = self._today(api_key)
            is_allowed = today.used < limit
            if is_allowed:
                today.used += 1
            else:
                today.refused += 1
            if self._keep:
                self._keep(f"{api_key} {today.day}", asdict(today))
        return is_allowed

    def used(self, api_key: str) -> int:
        """Return the requests counted today."""
        with self._lock:
            return self._today(api_key).used

    def days(self, api_key: str) -> list[Day]:
        """Return the days on which anything was asked, oldest first."""
        with self._lock:
            days = [Day(**asdict(day)) for day in self._days.values() if day.account == api_key]
        return sorted(days, key=lambda day: day.day)

    def _today(self, api_key: str) -> Day:
        today = self._clock().astimezone(UTC).date().isoformat()
        return self._days.setdefault((api_key, today), Day(api_key, today))
