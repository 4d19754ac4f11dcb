"""The truth, for comparison: everything with all its facts, what the provider lists of it, what was delivered."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from simulator import journal, voicemails
from simulator.accounts import Account
from simulator.audio import CONTENT_TYPE
from simulator.calls import Call, Leg
from simulator.clock import MILLISECOND, utc_text
from simulator.events import Event
from simulator.exchange import EVER, Exchange
from simulator.history import item, shown_from
from simulator.messages import Message
from simulator.records import Recording, audio_of, recordings
from simulator.voicemails import Voicemail

PARTS = frozenset(
    ("calls", "messages", "voicemails", "recordings", "contacts", "team", "numbers", "statuses", "requests", "asked")
)


def truth(
    exchange: Exchange,
    start: datetime = EVER,
    end: datetime | None = None,
    api_key: str | None = None,
    parts: Collection[str] = PARTS,
) -> dict[str, Any]:
    """Return the facts of all accounts (or one), of what began in [start, end), oldest first.

    Without an end it runs through now. What clients asked for, and how often, is added by the control API.
    """
    now = exchange.clock()
    end = end or now + MILLISECOND
    return {
        "at": utc_text(now),
        "from": None if start == EVER else utc_text(start),
        "to": utc_text(end),
        "opened_at": utc_text(exchange.store.opened_at),
        "history_lag_seconds": exchange.lag.total_seconds(),
        "accounts": [
            _account(exchange, account, start, end, parts)
            for account in exchange.accounts
            if api_key in (None, account.api_key)
        ],
    }


def _account(
    exchange: Exchange, account: Account, start: datetime, end: datetime, parts: Collection[str]
) -> dict[str, Any]:
    key = account.api_key
    known: dict[str, Any] = {"api_key": key, "kind": account.kind}
    if "numbers" in parts:
        known["numbers"] = [number.e164 for number in account.numbers]
        known["phone_numbers"] = [number.model_dump(mode="json") for number in account.numbers]
    if "team" in parts:
        known["team"] = [agent.model_dump(mode="json") for agent in account.team]
    if "calls" in parts:
        known["calls"] = [facts(exchange, account, call) for call in exchange.calls(key, start, end)]
    if "messages" in parts:
        messages = exchange.messages(key, start, end)
        known["messages"] = [message_facts(exchange, account, message) for message in messages]
    if "voicemails" in parts:
        found = exchange.voicemails(key, start, end)
        known["voicemails"] = [voicemail_facts(exchange, account, voicemail) for voicemail in found]
    if "recordings" in parts:
        known["recordings"] = [
            recording_facts(exchange, recording) for recording in recordings(exchange, account, start, end)
        ]
    if "contacts" in parts:
        known["contacts"] = [asdict(contact) for contact in exchange.contacts(key)]
    if "statuses" in parts:
        known["statuses"] = [
            {"extension": agent.extension, "status": since.status, "since": utc_text(since.at)}
            for agent in account.team
            for since in exchange.statuses(account, agent.extension, max(start, exchange.starts_at), end)
        ]
    return known


def message_facts(exchange: Exchange, account: Account, message: Message) -> dict[str, Any]:
    """Return everything that is true of one message now."""
    now = exchange.clock()
    status = message.status(now) if message.direction == "Outbound" else None
    events = exchange.message_events(message) if is_told(exchange, message) else []
    return {
        "id": message.id,
        "origin": message.origin,
        "direction": message.direction,
        "number": message.number,
        "outside": {"phone": message.outside.phone, "name": message.outside.name},
        "text": message.text,
        "created_at": utc_text(message.created_at),
        "status": status,
        "settles_at": message.settles_at and utc_text(message.settles_at),
        "failure": message.failure if status == "Failed" else None,
        "has_guid": message.has_guid,
        "shown_from": utc_text(message.created_at + exchange.lag),
        "deleted_at": exchange.upstream.deleted_at("message", message.id),
        "journal": journal.item(message, account, now) if exchange.is_listed(message, now) else None,
        "deliveries": _deliveries(exchange, events, message.origin),
    }


def voicemail_facts(exchange: Exchange, account: Account, voicemail: Voicemail) -> dict[str, Any]:
    """Return everything that is true of one voicemail now."""
    now = exchange.clock()
    audio = audio_of(voicemail, account, exchange)
    link = audio.url(exchange) if audio.linked_from <= now else None
    return {
        "id": voicemail.id,
        "origin": voicemail.origin,
        "number": voicemail.number,
        "outside": {"phone": voicemail.outside.phone, "name": voicemail.outside.name},
        "received_at": utc_text(voicemail.received_at),
        "duration_seconds": voicemail.length_ms / 1000,
        "of_call": voicemail.of_call,
        "call_id": voicemail.call_id,
        "extension": voicemail.extension,
        "transcription": voicemail.transcription,
        "shown_from": utc_text(voicemail.shown_from(exchange.lag)),
        "deleted_at": exchange.upstream.deleted_at("voicemail", voicemail.id),
        "listed": voicemails.item(voicemail, account, link) if exchange.is_kept(voicemail, now) else None,
    }


def recording_facts(exchange: Exchange, recording: Recording) -> dict[str, Any]:
    """Return everything that is true of one recording."""
    size, sha256 = recording.measures
    return {
        "kind": recording.kind,
        "of": recording.of,
        "call_id": recording.call_id,
        "url": recording.url(exchange),
        "linked_from": utc_text(recording.linked_from),
        "content_type": CONTENT_TYPE,
        "size_bytes": size,
        "sha256": sha256,
    }


def facts(exchange: Exchange, account: Account, call: Call) -> dict[str, Any]:
    """Return everything that is true of one call; times of a call in progress lie in the future."""
    now = exchange.clock()
    is_shown = exchange.is_shown(call, now)
    deleted_at = exchange.upstream.deleted_at("call", call.id)
    return {
        "id": call.id,
        "origin": call.origin,
        "state": "deleted" if deleted_at else "ended" if call.plays(call.length_ms) <= now else "in_progress",
        "changed_at": exchange.upstream.changed_at("call", call.id),
        "deleted_at": deleted_at,
        "direction": call.direction,
        "status": call.status,
        "number": call.number,
        "outside": call.outside and {"phone": call.outside.phone, "name": call.outside.name},
        "placed_by": call.placed_by,
        "started_at": utc_text(call.started_at),
        "answered_at": _at(call, call.answered_ms),
        "voicemail_at": _at(call, call.voicemail_ms),
        "ended_at": utc_text(call.ended_at),
        "wait_seconds": call.wait_ms / 1000,
        "talk_seconds": call.talk_ms / 1000,
        "duration_seconds": call.length_ms / 1000,
        "is_transferred": sum(leg.answered_ms is not None for leg in call.legs) > 1,
        "legs": [_leg(call, leg) for leg in call.legs],
        "shown_from": utc_text(shown_from(call, exchange.lag)),
        "history": item(call, account, now=now, public_url=exchange.public_url) if is_shown else None,
        "deliveries": _deliveries(exchange, exchange.events(call), call.origin) if is_told(exchange, call) else [],
    }


def _at(call: Call, offset_ms: int | None) -> str | None:
    return None if offset_ms is None else utc_text(call.at(offset_ms))


def _leg(call: Call, leg: Leg) -> dict[str, Any]:
    return {
        "extension": leg.extension,
        "name": leg.name,
        "rang_at": _at(call, leg.rang_ms),
        "stopped_ringing_at": _at(call, leg.stopped_ms),
        "answered_at": _at(call, leg.answered_ms),
        "ended_at": _at(call, leg.ended_ms),
        "talk_seconds": leg.talk_ms / 1000,
    }


def is_told(exchange: Exchange, thing: Call | Message) -> bool:
    """Tell whether events may have been sent: of what is planned only where a past was played."""
    return thing.origin != "plan" or exchange.is_played


def _deliveries(exchange: Exchange, events: list[Event], origin: str) -> list[dict[str, Any]]:
    known = [(event, exchange.store.delivery(event.guid)) for event in events]
    if origin == "plan" and not any(kept for _, kept in known):
        return []
    return [
        {
            "guid": event.guid,
            "type": event.type,
            "extension": event.payload["Body"].get("Extension"),
            # Milliseconds are all there is; the rest is how webhooks write them.
            "at": event.payload["Timestamp"][:23] + "Z",
            "outcome": kept.outcome if kept else "pending",
            "attempts": kept.attempts if kept else 0,
            "status": kept and kept.status,
            "sent_at": kept and kept.sent_at,
            "done_at": kept and kept.done_at,
        }
        for event, kept in known
    ]
