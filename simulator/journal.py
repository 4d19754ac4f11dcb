"""What the provider's journal shows: messages among calls, each as one request."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from simulator.accounts import Account
from simulator.calls import Call
from simulator.clock import utc_text, webhook_text
from simulator.messages import Message

NO_GUID = "00000000-0000-0000-0000-000000000000"
ORIGINS = {"Incoming": "Inbound", "Outgoing": "Outbound", "Callback": "Outbound", "Internal": "Internal"}


def type_of(entry: Call | Message) -> str:
    """Return the type of a journal's entry."""
    return "Message" if isinstance(entry, Message) else "Call"


def origin_of(entry: Call | Message) -> str:
    """Return the origin of a journal's entry."""
    return entry.direction if isinstance(entry, Message) else ORIGINS[entry.direction]


def state_of(entry: Call | Message) -> str:
    """Return the state of a journal's entry: whether somebody has dealt with it."""
    if isinstance(entry, Message):
        return "New" if entry.direction == "Inbound" and int(entry.id[0], 16) < 4 else "Closed"
    return "Closed" if entry.answered_ms is not None else "New"


def matching(entries: Iterable[Call | Message], types: str, origin: str, state: str) -> list[Call | Message]:
    """Return the entries of the types, origins and states named (comma-separated, any case; empty: all)."""
    wanted = [
        ({word.strip().lower() for word in words.split(",") if word.strip()}, of)
        for words, of in ((types, type_of), (origin, origin_of), (state, state_of))
    ]
    return [entry for entry in entries if all(not words or of(entry).lower() in words for words, of in wanted)]


def item(entry: Call | Message, account: Account, now: datetime) -> dict[str, Any]:
    """Return one entry as the journal shows it now."""
    outside = entry.outside
    created = webhook_text(entry.started_at) if account.kind == "classic" else utc_text(entry.started_at)
    shown: dict[str, Any] = {
        "type": type_of(entry),
        "requestGuid": entry.id,
        "created": created,
        "origin": origin_of(entry),
        "state": state_of(entry),
        "businessNumber": {"number": entry.number} if entry.number else None,
        "client": {"address": outside.phone, "name": outside.name} if outside else None,
    }
    if isinstance(entry, Call):
        return shown
    if not entry.has_guid:
        shown["requestGuid"] = NO_GUID
    # Which form depends on the message alone.
    if int(entry.id[-1], 16) % 3:
        shown["text"] = entry.text
    else:
        shown["textModel"] = {"text": entry.text}
    if entry.direction == "Outbound":
        shown["messageDeliveryStatus"] = entry.status(now)
        if entry.failure and shown["messageDeliveryStatus"] == "Failed":
            shown["messageDeliveryError"] = entry.failure
    elif int(entry.id[1], 16) % 2:
        shown["messageDeliveryStatus"] = "Delivered"
    return shown
