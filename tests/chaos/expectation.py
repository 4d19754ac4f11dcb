"""What the rows of calls should be, worked out from the simulator's truth and from which of its events came through.

Nothing here is the product's: it is written from what the provider says and from what the columns are said to mean.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Any, NamedTuple
from uuid import UUID

DIRECTIONS = {"Incoming": "inbound", "Outgoing": "outbound", "Callback": "callback", "Internal": "internal"}
_ENDINGS = (
    ("StopRinging", "stop_ringing"),
    ("Ringing", "ringing"),
    ("Dialing", "ringing"),
    ("Transferred", "transferred"),
    ("Connected", "connected"),
    ("Completed", "completed"),
)
_UNUSED = "CallQualityReported"


class Told(NamedTuple):
    """An event that came through, with the time that it claimed."""

    kind: str
    is_of_agent: bool
    extension: str | None
    at: datetime


class Line(NamedTuple):
    """A number in an organization's hands."""

    id: UUID
    org_id: UUID
    number: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Owners:
    """Whose a number of an account was when."""

    lines: list[Line]
    holder: UUID
    """Whose the rest is."""

    def line_at(self, number: str | None, at: datetime) -> Line | None:
        """The line at an instant."""
        for line in self.lines:
            if line.number == number and (line.start or at) <= at and (line.end is None or at < line.end):
                return line
        return None

    def org_at(self, number: str | None, at: datetime) -> UUID:
        """The organization at an instant."""
        line = self.line_at(number, at)
        return line.org_id if line else self.holder


def instant(text: str) -> datetime:
    """Read an instant as the simulator writes it."""
    return datetime.fromisoformat(text)


def told(event_type: str, extension: str | None, at: datetime) -> Told | None:
    """What an event of a call tells of its course; None where that is nothing."""
    if event_type == _UNUSED or "Recording" in event_type:
        return None
    if "oicemail" in event_type:
        return Told("voicemail", False, None, at)
    kind = next((kind for ending, kind in _ENDINGS if event_type.endswith(ending)), "arrived")
    return Told(kind, "Agent" in event_type, extension, at)


def expected_call(
    call: Mapping[str, Any], events: list[Told], owners: Owners, member_of: Callable[[str, UUID], UUID | None]
) -> dict[str, Any]:
    """The row of one call, and its legs."""
    started_at = instant(call["started_at"])
    duration = floor(call["duration_seconds"])
    direction = DIRECTIONS[call["direction"]]
    by_kind = defaultdict[str, list[Told]](list)
    for event in events:
        by_kind[event.kind].append(event)

    def earliest(kind: str, extension: str | None = None) -> datetime | None:
        return min((e.at for e in by_kind[kind] if extension in (None, e.extension)), default=None)

    arrived_at, rang_at, connected_at = map(earliest, ("arrived", "ringing", "connected"))
    completed_at = max((event.at for event in by_kind["completed"] if not event.is_of_agent), default=None)
    line = owners.line_at(call["number"], started_at)
    org_id = owners.org_at(call["number"], started_at)
    legs = _legs(call, by_kind, direction, completed_at)
    for extension, leg in legs.items():
        leg["member_id"] = member_of(extension, org_id)
    connected = [leg for leg in legs.values() if leg["is_connected"]]
    is_answered = call["status"] == "Connected" or (
        call["status"] not in ("Missed", "VoiceMail") and bool(by_kind["connected"] or connected)
    )
    if is_answered:
        outcome = "answered"
    elif call["status"] == "VoiceMail" or (call["status"] != "Missed" and by_kind["voicemail"]):
        outcome = "voicemail"
    else:
        outcome = "missed"
    ended_at = started_at + timedelta(seconds=duration)
    first_sign = min((at for at in (arrived_at, rang_at) if at), default=None)
    talks = [leg["talk_seconds"] for leg in connected]
    return {
        "org_id": org_id,
        "line_id": line and line.id,
        "direction": direction,
        "business_number": call["number"],
        "external_number": call["outside"] and call["outside"]["phone"],
        "external_name": call["outside"] and call["outside"]["name"],
        "started_at": started_at,
        "arrived_at": arrived_at,
        "rang_at": rang_at,
        "answered_at": connected_at if is_answered else None,
        "ended_at": ended_at,
        "outcome": outcome,
        "is_dropped": is_answered and call["status"] == "Dropped",
        "provider_status": call["status"],
        "wait_seconds": between(first_sign, connected_at if is_answered else completed_at)
        if direction == "inbound"
        else None,
        "talk_seconds": (sum(talks) if talks and None not in talks else between(connected_at, ended_at))
        if is_answered
        else None,
        "duration_seconds": duration,
        "transfer_count": max(len(connected) - 1, len(by_kind["transferred"]), 0),
        "member_ids": sorted({leg["member_id"] for leg in legs.values() if leg["member_id"]}),
        "is_deleted": call["deleted_at"] is not None,
        "legs": legs,
    }


def plainly_true(call: Mapping[str, Any]) -> dict[str, Any]:
    """What the row says if every event of the call came through with the right time."""
    kinds = [event["type"] for event in call["deliveries"]]
    is_rung = any("Ringing" in kind or "Dialing" in kind for kind in kinds)
    return {
        "arrived_at": instant(call["started_at"]),
        "rang_at": min((instant(leg["rang_at"]) for leg in call["legs"] if is_rung), default=None),
        "answered_at": call["answered_at"] and instant(call["answered_at"]),
        "is_transferred": call["is_transferred"],
        "answered_by": sorted(leg["extension"] for leg in call["legs"] if leg["answered_at"]),
    }


def between(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds; None where an end is unknown or lies before the start."""
    return floor((end - start).total_seconds()) if start and end and end >= start else None


def _legs(
    call: Mapping[str, Any], by_kind: Mapping[str, list[Told]], direction: str, completed_at: datetime | None
) -> dict[str, dict[str, Any]]:
    stated: dict[str, tuple[str | None, bool]] = {}
    shown = call["history"]
    if direction in ("inbound", "internal") or not call["outside"]:
        for leg in call["legs"]:
            stated[leg["extension"]] = (leg["name"], leg["answered_at"] is not None)
    if call["placed_by"]:
        stated[call["placed_by"]] = (shown and shown["caller"]["name"], call["status"] == "Connected")
    events = [
        event
        for kind in ("ringing", "stop_ringing", "connected", "completed", "arrived")
        for event in by_kind.get(kind, [])
        if event.extension and (kind != "arrived" or direction != "inbound")
    ]
    legs: dict[str, dict[str, Any]] = {}
    for extension in stated.keys() | {event.extension for event in events if event.extension}:
        name, is_connected = stated.get(extension, (None, False))
        own = [event for event in events if event.extension == extension]
        legs[extension] = {
            "name": name,
            "is_connected": is_connected or any(event.kind == "connected" for event in own),
            "rang_at": min((event.at for event in own if event.kind == "ringing"), default=None),
            "answered_at": min((event.at for event in own if event.kind == "connected"), default=None),
            "ended_at": max((event.at for event in own if event.kind == "completed"), default=None),
        }
    # Without an end of its own a conversation ends where the next agent answers, else with the call.
    in_turn = sorted(legs, key=lambda each: (legs[each]["answered_at"] is None, legs[each]["answered_at"], each))
    answers = [legs[extension]["answered_at"] for extension in in_turn]
    for place, extension in enumerate(in_turn):
        leg = legs[extension]
        next_answer = answers[place + 1] if place + 1 < len(answers) else None
        leg["ended_at"] = (leg["ended_at"] or next_answer or completed_at) if leg["is_connected"] else None
        leg["talk_seconds"] = between(leg["answered_at"], leg["ended_at"])
    return legs
