"""Each event type and variant there is a file of, signed and posted, against the outcome stated beside it."""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from tests.integration.webhooks.world import FIXTURES, NUMBER, Integration, World

OUTCOMES = tomllib.loads((FIXTURES / "outcomes.toml").read_text())
STORIES = OUTCOMES.pop("story")
NAMES = sorted(path.relative_to(FIXTURES).with_suffix("").as_posix() for path in FIXTURES.rglob("*.json"))
KEY = "a1b2c3d4-api-key-of-the-account"
DAY = "2026-05-25"

EVENT = {
    "kind": "kind",
    "direction": "direction",
    "provider_call_id": "call",
    "is_agent_event": "agent",
    "extension": "extension",
    "from_number": "from",
    "to_number": "to",
    "occurred_at": "at",
    "duration_seconds": "duration",
}
CALL = {
    "direction": "direction",
    "business_number": "ours",
    "external_number": "theirs",
    "started_at": "started",
    "arrived_at": "arrived",
    "rang_at": "rang",
    "answered_at": "answered",
    "ended_at": "ended",
    "outcome": "outcome",
    "wait_seconds": "wait",
    "talk_seconds": "talk",
    "duration_seconds": "duration",
    "transfer_count": "transfers",
}
LEG = {
    "extension": "extension",
    "is_connected": "connected",
    "rang_at": "rang",
    "answered_at": "answered",
    "ended_at": "ended",
    "talk_seconds": "talk",
}
MESSAGE = {
    "direction": "direction",
    "business_number": "ours",
    "external_number": "theirs",
    "body": "body",
    "state": "state",
    "failure_reason": "reason",
    "provider_message_id": "id",
    "sent_at": "sent",
}


class Place(NamedTuple):
    """Who sends, and whose the account's number is."""

    world: World
    integration: Integration
    org_id: UUID


@pytest.fixture
def place(world: World) -> Place:
    integration, org_id = world.integrate(), world.people.organization()
    [number] = world.query(
        "select id from public.phone_numbers where integration_id = %s and e164 = %s", integration.id, NUMBER
    )
    world.people.line(org_id, number["id"])
    return Place(world, integration, org_id)


@pytest.fixture(scope="module")
def today() -> date:
    """The day on which all of it happened: a time long past would not be believed."""
    return (datetime.now(UTC) - timedelta(days=1)).date()


def body_of(name: str, today: date) -> bytes:
    return FIXTURES.joinpath(f"{name}.json").read_bytes().replace(DAY.encode(), today.isoformat().encode())


def time_of(value: datetime, today: date) -> str:
    if value.date() != today:
        return "received"
    return f"{value.astimezone(UTC):%H:%M:%S.%f}".rstrip("0").rstrip(".")


def facts(row: dict[str, Any], names: dict[str, str], today: date) -> dict[str, Any]:
    """Return what a row says, under the names of the outcomes; what is unknown, empty or false is not named."""
    told = {name: row[column] for column, name in names.items()}
    return {
        name: time_of(value, today) if isinstance(value, datetime) else value
        for name, value in told.items()
        if value is not None and value is not False and (name, value) not in (("transfers", 0),)
    }


def found(place: Place, today: date) -> dict[str, Any]:
    """Return everything that became of what was posted."""
    world, org_id, of = place.world, place.org_id, place.integration.id
    outcome: dict[str, Any] = {}
    for row in world.query("select * from public.calls where integration_id = %s", of):
        assert "call" not in outcome, "more than one call"
        outcome["call"] = facts(row, CALL, today) | whose(row, org_id)
        legs = world.query("select * from public.legs where call_id = %s order by extension", row["id"])
        outcome |= {"legs": [facts(leg, LEG, today) for leg in legs]} if legs else {}
    for row in world.query(
        "select r.state, s.url from public.recordings r join private.recording_sources s on s.recording_id = r.id"
        " where r.integration_id = %s",
        of,
    ):
        outcome["recording"] = {name: value for name, value in row.items() if value is not None}
    for row in world.query("select * from public.messages where integration_id = %s", of):
        assert "message" not in outcome, "more than one message"
        outcome["message"] = facts(row, MESSAGE, today) | whose(row, org_id)
    return outcome


def whose(row: dict[str, Any], org_id: UUID) -> dict[str, Any]:
    if row["line_id"] is None:
        return {"line": False}
    assert row["org_id"] == org_id
    return {}


def event_facts(row: dict[str, Any], today: date) -> dict[str, Any]:
    told = facts(row, EVENT, today)
    if row["has_recording"]:
        told["recording"] = row["recording_url"] or True
    return told


def of_nobody(expected: dict[str, Any]) -> dict[str, Any]:
    """Return a call or message as expected: without a number of ours there is no line either."""
    return expected if "ours" in expected else expected | {"line": False}


def test_every_fixture_has_its_outcome() -> None:
    assert sorted(OUTCOMES) == NAMES
    assert {name for story in STORIES for name in story["fixtures"]} <= set(NAMES)


def test_every_event_type_has_a_fixture() -> None:
    types = {json.loads(FIXTURES.joinpath(f"{name}.json").read_bytes()).get("EventType") for name in NAMES}
    legs = ("Ringing", "StopRinging", "Connected", "Completed")
    assert types >= {
        *(f"{call}{leg}" for call in ("IncomingCall", "CallbackCall") for leg in ("", *legs)),
        *("OutgoingCall", "OutgoingCallConnected", "OutgoingCallCompleted"),
        *(f"IncomingCallAgent{leg}" for leg in ("Ringing", "Connected", "Completed", "Transferred")),
        *(f"OutgoingCallAgent{leg}" for leg in ("Dialing", "Connected", "Completed")),
        *("IncomingCallTransferred", "IncomingCallVoicemail", "CallVoicemail", "VoicemailReceived"),
        *("CallRecordingReady", "RecordingReady", "CallRecordingCompleted"),
        *("IncomingMessage", "IncomingSms", "MessageReceived", "OutgoingMessage", "OutgoingSms", "MessageSent"),
        *("MessageDelivered", "MessageFailed", "MessageStatusChanged"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_event_alone(place: Place, today: date, name: str) -> None:
    expected = OUTCOMES[name]
    body = body_of(name, today)
    before = datetime.now(UTC)
    answer = place.world.deliver(place.integration, body)
    assert (answer.status, answer.json) == (200, {"status": expected["status"], "duplicate": False})
    again = place.world.deliver(place.integration, body)
    assert (again.status, again.json) == (200, {"status": expected["status"], "duplicate": True})

    [kept] = place.world.events(place.integration)
    assert kept["status"] == expected["status"]
    assert (kept["error"] is None) == ("error" not in expected)
    assert expected.get("error", "") in (kept["error"] or "")
    assert before <= kept["received_at"] <= datetime.now(UTC)
    assert KEY not in json.dumps(kept, default=str)
    assert kept["payload"] == json.loads(body.replace(KEY.encode(), b"[redacted]"))
    guid = kept["payload"].get("Guid")
    sha256 = f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert kept["dedupe_key"] == (sha256 if expected.get("key") == "sha256" else f"guid:{guid}")

    event = dict(expected["event"])
    assert event.pop("type", kept["event_type"]) == kept["event_type"]
    assert event_facts(kept, today) == event
    outcome = {name: expected[name] for name in ("call", "legs", "recording", "message") if name in expected}
    outcome |= {name: of_nobody(outcome[name]) for name in ("call", "message") if name in outcome}
    assert found(place, today) == outcome


def orders(fixtures: Sequence[str]) -> list[list[str]]:
    shuffled = list(fixtures)
    Random(1).shuffle(shuffled)  # noqa: S311
    return [list(fixtures), list(reversed(fixtures)), shuffled, [*shuffled, *fixtures]]


@pytest.mark.parametrize("order", range(4), ids=["in order", "backwards", "shuffled", "twice"])
@pytest.mark.parametrize("story", STORIES, ids=[story["name"] for story in STORIES])
def test_events_together(place: Place, today: date, story: dict[str, Any], order: int) -> None:
    for name in orders(story["fixtures"])[order]:
        assert place.world.deliver(place.integration, body_of(name, today)).status == 200
    assert found(place, today) == {name: value for name, value in story.items() if name not in ("name", "fixtures")}
