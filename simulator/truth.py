"""The truth, for comparison: every call with all its facts, what the history shows, what was delivered."""

from datetime import datetime
from typing import Any

from simulator.accounts import Account
from simulator.calls import Call, Leg
from simulator.clock import utc_text
from simulator.exchange import EVER, Exchange
from simulator.history import item, shown_from


def truth(
    exchange: Exchange, start: datetime = EVER, end: datetime | None = None, api_key: str | None = None
) -> dict[str, Any]:
    """Return the facts of all calls (or one account's) that start in [start, end), oldest first.

    Without an end it runs until now.
    """
    now = exchange.clock()
    end = end or now
    return {
        "at": utc_text(now),
        "from": None if start == EVER else utc_text(start),
        "to": utc_text(end),
        "opened_at": utc_text(exchange.store.opened_at),
        "history_lag_seconds": exchange.lag.total_seconds(),
        "accounts": [
            {
                "api_key": account.api_key,
                "kind": account.kind,
                "numbers": [number.e164 for number in account.numbers],
                "calls": [facts(exchange, account, call) for call in exchange.calls(account.api_key, start, end)],
            }
            for account in exchange.accounts
            if api_key in (None, account.api_key)
        ],
    }


def facts(exchange: Exchange, account: Account, call: Call) -> dict[str, Any]:
    """Return everything that is true of one call; times of a call in progress lie in the future."""
    now = exchange.clock()
    is_shown = shown_from(call, exchange.lag) <= now
    return {
        "id": call.id,
        "origin": call.origin,
        "state": "ended" if call.plays(call.length_ms) <= now else "in_progress",
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
        "deliveries": _deliveries(exchange, call) if call.origin != "plan" else [],
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


def _deliveries(exchange: Exchange, call: Call) -> list[dict[str, Any]]:
    deliveries = []
    for event in exchange.events(call):
        kept = exchange.store.delivery(event.guid)
        deliveries.append(
            {
                "guid": event.guid,
                "type": event.type,
                "extension": event.payload["Body"].get("Extension"),
                "at": utc_text(call.at(event.at_ms)),
                "outcome": kept.outcome if kept else "pending",
                "attempts": kept.attempts if kept else 0,
                "status": kept and kept.status,
                "sent_at": kept and kept.sent_at,
                "done_at": kept and kept.done_at,
            }
        )
    return deliveries
