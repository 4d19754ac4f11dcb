"""Two days of a call center, told by webhooks alone, in both modes, by a sender with faults: kept is what was true."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from simulator import webhooks
from simulator.accounts import AccountsFile
from simulator.faults import Switch
from simulator.server import Simulator
from tests.integration.webhooks.world import API_KEY, NUMBER, Integration, TokenIntegration, World

DIRECTIONS = {"Incoming": "inbound", "Outgoing": "outbound", "Callback": "callback"}
FAULTS: dict[str, dict[str, float]] = {
    "duplicates": {"seconds": 0.5},
    "reordering": {"seconds": 1},
    "lateness": {"seconds": 1},
    "delivery_timeout": {},
}


@pytest.fixture(autouse=True)
def retry_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "RETRY_AFTER_SECONDS", (0.2, 0.5, 1, 2))


@pytest.fixture(params=["signed", "token"])
def integration(world: World, request: pytest.FixtureRequest) -> Integration | TokenIntegration:
    return world.integrate() if request.param == "signed" else world.integrate_by_token()


@pytest.fixture
def simulator(world: World, integration: Integration | TokenIntegration) -> Iterator[Simulator]:
    webhook = {"url": f"http://127.0.0.1:{world.port}{integration.path}", "mode": "token"}
    if isinstance(integration, Integration):
        webhook |= {"mode": "signed", "secret": integration.secret.decode()}
    team = [{"extension": str(number), "name": f"Agent {number}", "numbers": [NUMBER]} for number in range(101, 113)]
    account = {"api_key": API_KEY, "user_key": "user", "numbers": [{"id": "n1", "e164": NUMBER}], "team": team}
    accounts = {"accounts": [account | {"calls_per_day": 150, "messages_per_day": 60, "webhook": webhook}]}
    simulator = Simulator(AccountsFile.model_validate(accounts), history_days=9, seed=7)
    simulator.start()
    yield simulator
    simulator.close()


def play(simulator: Simulator) -> dict[str, Any]:
    """Tell two working days, and return what was true of them."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day.weekday() != 2:
        day -= timedelta(days=1)
    period = {"from": (day - timedelta(days=2)).isoformat(), "to": day.isoformat()}
    with httpx.Client(base_url=f"{simulator.url}/__simulator__", trust_env=False, timeout=120) as control:
        assert control.post("/play", json=period).status_code == 201
        assert control.get("/play", params={"wait": 100}).json()["is_over"]
        account: dict[str, Any] = control.get("/truth", params=period).json()["accounts"][0]
    return account


def true_call(call: dict[str, Any]) -> dict[str, Any]:
    """Return what webhooks tell of a call: not of all that they rang or went to voicemail."""
    told = " ".join(delivery["type"] for delivery in call["deliveries"])
    rang = [leg["rang_at"] for leg in call["legs"] if "Ringing" in told or "Dialing" in told]
    voicemail = "voicemail" if "oicemail" in told else "missed"
    return {
        "direction": DIRECTIONS[call["direction"]],
        "business_number": call["number"],
        "external_number": call["outside"]["phone"],
        "started_at": instant(call["started_at"]),
        "arrived_at": instant(call["started_at"]),
        "rang_at": min(map(instant, rang), default=None),
        "answered_at": instant(call["answered_at"]) if call["answered_at"] else None,
        "ended_at": instant(call["ended_at"]),
        "outcome": "answered" if call["answered_at"] else voicemail,
        "duration_seconds": int(call["duration_seconds"]),
        "transfer_count": int(call["is_transferred"]),
        "legs": {leg["extension"]: leg["answered_at"] is not None for leg in call["legs"]},
    }


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def kept_calls(world: World, integration: Integration | TokenIntegration) -> dict[str, dict[str, Any]]:
    rows = world.query(
        "select provider_call_id, direction, business_number, external_number, started_at, arrived_at, rang_at,"
        " answered_at, ended_at, outcome, duration_seconds, transfer_count, coalesce(legs, '{}') as legs"
        " from public.calls c"
        " cross join lateral ("
        "   select jsonb_object_agg(extension, is_connected) as legs from public.legs where call_id = c.id"
        " ) l"
        " where integration_id = %s",
        integration.id,
    )
    return {row.pop("provider_call_id"): row for row in rows}


def true_messages(messages: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(
        (
            "inbound" if message["direction"] == "Inbound" else "outbound",
            message["outside"]["phone"],
            message["text"],
            "received" if message["direction"] == "Inbound" else message["status"].lower(),
            instant(message["created_at"]),
        )
        for message in messages
    )


def kept_messages(world: World, integration: Integration | TokenIntegration) -> Counter[tuple[Any, ...]]:
    rows = world.query(
        "select direction, external_number, body, state, sent_at from public.messages where integration_id = %s",
        integration.id,
    )
    return Counter(tuple(row.values()) for row in rows)


@pytest.mark.parametrize("has_faults", [False, True], ids=["as they happen", "with faults"])
def test_what_is_kept_is_what_was_true(
    world: World, integration: Integration | TokenIntegration, simulator: Simulator, has_faults: bool
) -> None:
    for name, options in FAULTS.items() if has_faults else ():
        simulator.faults.switch_on(Switch.model_validate({"fault": name, "share": 0.1, **options}))
    account = play(simulator)
    world.wait_until_applied()
    calls = {call["id"]: true_call(call) for call in account["calls"] if call["direction"] != "Internal"}
    assert len(calls) > 200
    kept = kept_calls(world, integration)
    assert kept.keys() == calls.keys()
    assert {key: (kept[key], calls[key]) for key in calls if kept[key] != calls[key]} == {}
    assert len(account["messages"]) > 50
    assert kept_messages(world, integration) == true_messages(account["messages"])
    statuses = Counter(event["status"] for event in world.events(integration))
    assert statuses.keys() <= {"applied", "ignored"}
    assert statuses["ignored"] < 20
