"""What the provider's history shows of a call: its JSON, once the call has ended and a while has passed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from simulator.accounts import Account
from simulator.calls import DIRECTIONS, STATUSES, Call
from simulator.clock import MILLISECOND, utc_text
from simulator.links import link


def shown_from(call: Call, lag: timedelta) -> datetime:
    """Return the instant from which the history lists the call."""
    return call.plays(call.length_ms) + lag


def item(call: Call, account: Account, *, now: datetime, public_url: str) -> dict[str, Any]:
    """Return the call as the history shows it now; the recording's link may come later than the rest."""
    number = call.number
    outside = {"name": call.outside.name, "phone": call.outside.phone, "extension": None} if call.outside else {}
    called: list[dict[str, Any]] = [
        {"name": leg.name, "phone": number, "extension": leg.extension, "isConnected": leg.answered_ms is not None}
        for leg in call.legs
    ] or [{"name": None, "phone": number, "extension": None, "isConnected": False}]
    caller: dict[str, Any] = outside
    if call.placed_by is not None:
        agent = None if call.placed_by_name else account.agent(call.placed_by)
        name = agent.name if agent else call.placed_by_name
        caller = {"name": name, "phone": number, "extension": call.placed_by}
        if outside:
            called = [{**outside, "isConnected": call.answered_ms is not None}]
    shown: dict[str, Any] = {
        "id": call.id,
        "dateTimeUtc": utc_text(call.started_at),
        # Both forms have been seen; which one depends on the call alone.
        "duration": call.length_ms if _digit(call) % 2 else str(call.length_ms),
        "direction": call.direction,
        "callStatus": call.status,
        "businessNumber": number,
        "caller": caller,
        "called": called,
    }
    if call.recording_after_ms is not None:
        linked_from = call.plays(call.length_ms) + call.recording_after_ms * MILLISECOND
        if now >= linked_from:
            uri = recording_uri(call, account, now=now, public_url=public_url)
            shown["callRecord"] = {"fileName": f"records/{call.id}.wav", "uri": uri}
    return shown


def recording_uri(call: Call, account: Account, *, now: datetime, public_url: str) -> str | None:
    """Return the link to the call's recording, if there is one."""
    if call.recording_after_ms is None:
        return None
    return link(call.id, account, now=now, public_url=public_url, malformed_by=call.id)


def matching(calls: Iterable[Call], call_filter: str) -> list[Call]:
    """Return the calls of the directions and statuses named (comma-separated, any case); unknown words are ignored."""
    words = {word.strip().lower() for word in call_filter.split(",")}
    directions = {name for name in DIRECTIONS if name.lower() in words} or set(DIRECTIONS)
    statuses = {name for name in STATUSES if name.lower() in words} or set(STATUSES)
    return [call for call in calls if call.direction in directions and call.status in statuses]


def _digit(call: Call) -> int:
    return int(call.id[-1], 16)
