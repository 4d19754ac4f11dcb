"""What the rows of every resource are, and what the simulator's truth says that they should be."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from simulator.accounts import Account
from simulator.truth import truth
from tests.integration.sync.world import World

Rows = Counter[tuple[object, ...]]


def rows(world: World, integration_id: UUID, resource: str) -> Rows:
    """The rows of one resource of an integration, as far as the provider states them."""
    found = world.query(_QUERIES[resource], integration_id)
    return Counter(tuple(row.values()) for row in found)


def true_rows(world: World, account: Account, resource: str) -> Rows:
    """What the simulator lists of it now, as rows."""
    known = truth(world.simulator.exchange, api_key=account.api_key)["accounts"][0]
    return Counter(_TRUTHS[resource](known))


def assert_equal(world: World, integration_id: UUID, account: Account, *resources: str) -> None:
    """The rows equal the truth."""
    for resource in resources:
        expected = true_rows(world, account, resource)
        assert expected, f"no {resource} to prove anything by"
        found = rows(world, integration_id, resource)
        assert found == expected, f"{resource}: {expected - found} missing, {found - expected} too many"


_QUERIES = {
    "phone_numbers": "select e164, label, is_enabled from public.phone_numbers where integration_id = %s",
    "team": "select extension, name from public.extensions where integration_id = %s and unlisted_at is null",
    "calls": "select provider_call_id, direction, business_number, started_at, provider_status from public.calls"
    " where integration_id = %s and deleted_at is null",
    "messages": "select direction, business_number, external_number, body, sent_at, state, failure_reason"
    " from public.messages where integration_id = %s",
    "voicemails": "select provider_voicemail_id, business_number, external_number, received_at, transcription"
    " from public.voicemails where integration_id = %s and unlisted_at is null",
    "contacts": "select provider_contact_id, provider_name, provider_company, provider_email,"
    " array_to_string(array(select unnest(provider_numbers) order by 1), ' ')"
    " from public.contacts where integration_id = %s and unlisted_at is null",
}
_DIRECTIONS = {"Incoming": "inbound", "Outgoing": "outbound", "Callback": "callback", "Internal": "internal"}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _calls(known: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (call["id"], _DIRECTIONS[call["direction"]], call["number"], _instant(call["started_at"]), call["status"])
        for call in known["calls"]
        if call["history"]
    ]


def _messages(known: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (
            message["direction"].lower(),
            message["number"],
            message["outside"]["phone"],
            message["text"],
            _instant(message["created_at"]),
            "received" if message["direction"] == "Inbound" else message["status"].lower(),
            message["failure"],
        )
        for message in known["messages"]
        if message["journal"]
    ]


def _voicemails(known: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (
            voicemail["id"],
            voicemail["number"],
            voicemail["outside"]["phone"],
            _instant(voicemail["received_at"]),
            voicemail["transcription"],
        )
        for voicemail in known["voicemails"]
        if voicemail["listed"]
    ]


_TRUTHS: dict[str, Callable[[dict[str, Any]], list[tuple[object, ...]]]] = {
    "phone_numbers": lambda known: [
        (number["e164"], number["label"], number["is_enabled"]) for number in known["phone_numbers"]
    ],
    "team": lambda known: [(agent["extension"], agent["name"]) for agent in known["team"]],
    "calls": _calls,
    "messages": _messages,
    "voicemails": _voicemails,
    "contacts": lambda known: [
        (each["id"], each["name"], each["company"], each["email"], " ".join(sorted(each["phones"])))
        for each in known["contacts"]
    ],
}
