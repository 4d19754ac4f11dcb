"""Time as the simulator sees it: passed in, always UTC, facts in whole milliseconds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

MILLISECOND = timedelta(milliseconds=1)


def system_clock() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


def whole_milliseconds(moment: datetime) -> datetime:
    """Return the instant without the part below a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def utc_text(moment: datetime) -> str:
    """Write an instant as the history does: ``2026-06-05T13:38:29.522Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def webhook_text(moment: datetime) -> str:
    """Write an instant as webhooks do, with seven fractional digits: ``2026-05-25T08:58:10.5140000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def parse_utc(text: str) -> datetime:
    """Read an ISO 8601 instant or date; without an offset it is UTC.

    Raises:
        ValueError: the text is neither.
    """
    # An unencoded "+00:00" in a query string arrives as " 00:00".
    moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the instant it shows."""
        return self.now

    def advance(self, **units: float) -> None:
        """Move on, by the units of a timedelta."""
        self.now += timedelta(**units)
