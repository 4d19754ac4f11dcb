"""Deliveries as MightyCall would send them: calls that arrive, ring, are answered and end."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_COURSE: Final = (
    ("IncomingCall", 0, "arrived_at"),
    ("IncomingCallRinging", 1, "rang_at"),
    ("IncomingCallConnected", 8, "answered_at"),
    ("IncomingCallCompleted", 130, "ended_at"),
)
_NUMBERS: Final = 100
_LINES: Final = 20
_ORGANIZATIONS: Final = 5
_AGENTS: Final = 30


class Delivery(NamedTuple):
    """One event of a call."""

    body: bytes
    received_at: str
    call: str
    shows: str
    """A part of the call's JSON by which it is seen that the event has been applied."""


def course(connection: int, count: int, organizations: int = _ORGANIZATIONS) -> Iterator[Delivery]:
    """Make this many deliveries, call after call: no two connections, and no two runs, speak of the same call."""
    for number in range((count + len(_COURSE) - 1) // len(_COURSE)):
        call = f"{uuid.uuid4()}"
        arrived = datetime.now(UTC) - timedelta(minutes=5)
        turn = connection * 7 + number
        for step, (event, seconds, tells) in enumerate(_COURSE):
            if number * len(_COURSE) + step < count:
                yield _delivery(event, call, arrived + timedelta(seconds=seconds), turn, turn % organizations, tells)


def _delivery(event: str, call: str, occurred_at: datetime, turn: int, organization: int, tells: str) -> Delivery:
    body = {
        "EventType": event,
        "Guid": str(uuid.uuid4()),
        "ApiKey": "the-key-of-the-account",
        "Timestamp": f"{occurred_at:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "Body": {
            "Id": call,
            "From": f"+131055501{turn % _NUMBERS:02}",
            "To": f"+1{200 + organization}55501{turn % _LINES:02}",
            "Extension": str(organization * 1000 + 1 + turn % _AGENTS),
        },
    }
    shows = f'"{tells}":"{occurred_at:%Y-%m-%dT%H:%M:%S}'
    return Delivery(json.dumps(body).encode(), datetime.now(UTC).isoformat(), call, shows)
