"""Requests per API key and UTC day."""

from datetime import UTC, date
from threading import Lock

from simulator.clock import Clock


class Quota:
    """Counts requests; refused ones do not count."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._used: dict[str, tuple[date, int]] = {}

    def spend(self, api_key: str, limit: int) -> bool:
        """Count one request; False: the day's limit was already reached."""
        with self._lock:
            used = self._today(api_key)
            if used >= limit:
                return False
            self._used[api_key] = (self._clock().astimezone(UTC).date(), used + 1)
            return True

    def used(self, api_key: str) -> int:
        """Return the requests counted today."""
        with self._lock:
            return self._today(api_key)

    def _today(self, api_key: str) -> int:
        today = self._clock().astimezone(UTC).date()
        day, used = self._used.get(api_key, (today, 0))
        return used if day == today else 0
