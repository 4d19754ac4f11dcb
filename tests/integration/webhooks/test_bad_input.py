"""Deliveries that are wrong in a known way: what becomes of each, one by one."""

import json
from typing import Any

import pytest

from tests.integration.webhooks.world import NUMBER, Integration, World, event

OURS, THEIRS, NOBODYS = "+12125550110", "+12125550111", "+12125550119"
CUSTOMER = "+12125550142"


@pytest.fixture
def acme(world: World) -> Integration:
    """An account that an organization owns."""
    return world.integrate(world.people.organization("Acme"))


@pytest.fixture
def globex(world: World) -> Integration:
    """Another organization's, with a number and a call of its own."""
    integration = world.integrate(world.people.organization("Globex"))
    number = world.people.phone_number(integration.id, THEIRS)
    world.people.line(_owner(world, integration), number)
    assert world.deliver(integration, event(call="theirs", To=THEIRS)).status == 200
    return integration


def _owner(world: World, integration: Integration) -> Any:
    return world.query("select org_id from public.integrations where id = %s", integration.id)[0]["org_id"]


def _calls(world: World, integration: Integration) -> list[dict[str, Any]]:
    return world.query("select * from public.calls where integration_id = %s order by provider_call_id", integration.id)


def _one_call(world: World, integration: Integration) -> dict[str, Any]:
    [call] = _calls(world, integration)
    return call


def _deliver(world: World, integration: Integration, *events: dict[str, Any]) -> list[str]:
    answers = [world.deliver(integration, each) for each in events]
    assert [answer.status for answer in answers] == [200] * len(events)
    return [answer.json["status"] for answer in answers]


def test_a_call_to_a_number_nobody_owns_is_the_account_owners_without_a_line(world: World, acme: Integration) -> None:
    assert _deliver(world, acme, event(To=NOBODYS)) == ["applied"]
    call = _one_call(world, acme)
    assert (call["org_id"], call["line_id"], call["business_number"]) == (_owner(world, acme), None, NOBODYS)


def test_a_call_to_a_platform_wide_number_nobody_has_waits_with_the_operator(
    world: World, integration: Integration
) -> None:
    assert _deliver(world, integration, event(To=NOBODYS)) == ["applied"]
    [row] = world.query("select private.holding_org_id() as id")
    call = _one_call(world, integration)
    assert (call["org_id"], call["line_id"], call["member_ids"]) == (row["id"], None, [])


def test_a_call_to_a_number_of_another_account_does_not_reach_its_owner(
    world: World, acme: Integration, globex: Integration
) -> None:
    before = _calls(world, globex)
    assert _deliver(world, acme, event(To=THEIRS), event(To=THEIRS, From=THEIRS)) == ["applied"] * 2
    assert {(call["org_id"], call["line_id"]) for call in _calls(world, acme)} == {(_owner(world, acme), None)}
    assert _calls(world, globex) == before


def test_a_call_id_of_another_account_is_another_call(world: World, acme: Integration, globex: Integration) -> None:
    before = _calls(world, globex)
    completed = event("IncomingCallCompleted", call="theirs", To=THEIRS, CallDuration="00:10:00")
    assert _deliver(world, acme, event(call="theirs", To=THEIRS), completed) == ["applied"] * 2
    ours = _one_call(world, acme)
    assert (ours["org_id"], ours["provider_call_id"]) == (_owner(world, acme), "theirs")
    assert _calls(world, globex) == before
    assert ours["id"] != before[0]["id"]


@pytest.mark.parametrize(
    "timestamp",
    ["1970-01-01T00:00:00.0000000Z", "2090-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z"],
)
def test_a_time_that_cannot_be_is_unknown_and_the_call_starts_when_it_was_told_of(
    world: World, acme: Integration, timestamp: str
) -> None:
    assert _deliver(world, acme, event() | {"Timestamp": timestamp}) == ["applied"]
    [kept], call = world.events(acme), _one_call(world, acme)
    assert kept["occurred_at"] is None
    assert (call["started_at"], call["arrived_at"]) == (kept["received_at"], None)
    assert kept["payload"]["Timestamp"] == timestamp


@pytest.mark.parametrize(
    "duration",
    [
        *("-00:02:05", "00:-2:05", "999:59:59", "99999:59:59", "00:99:99", "1e9", "", "9" * 400),
        *(-125, 1e300, None, [], {"s": 1}),
    ],
    ids=lambda duration: repr(duration)[:12],
)
def test_a_duration_that_cannot_be_is_unknown(world: World, acme: Integration, duration: object) -> None:
    told = [event(kind, call="one") for kind in ("IncomingCall", "IncomingCallConnected")]
    ended = event("IncomingCallCompleted", call="one", CallDuration=duration)
    assert _deliver(world, acme, *told, ended | {"Timestamp": None}) == ["applied"] * 3
    call = _one_call(world, acme)
    assert (call["outcome"], call["duration_seconds"], call["talk_seconds"]) == ("answered", None, None)


def test_a_payload_nested_a_thousand_deep_is_kept(world: World, acme: Integration) -> None:
    call = event(call="one")
    for depth in (1_000, 100_000):
        deep = "[" * depth + "]" * depth
        body = json.dumps(event(call="deep") | {"Deep": "?"}).replace('"?"', deep)
        answer = world.deliver(acme, body.encode())
        assert (answer.status, answer.json["duplicate"]) == (200, False)
    assert _deliver(world, acme, call) == ["applied"]
    kept = world.events(acme)
    assert len(kept) == 3
    for row in kept[:2]:
        # A thousand Postgres may hold; a hundred thousand it cannot, and says so.
        assert row["status"] in {"applied", "failed"}
        assert (row["status"] == "failed") == ("nested too deep" in (row["error"] or ""))
        assert "the-api-key" not in str(row)
    assert kept[1]["status"] == "failed"
    assert kept[1]["unreadable_body"].count("[") > 100_000


def test_nul_characters_are_replaced_and_the_call_is_applied(world: World, acme: Integration) -> None:
    named = event(call="o\x00ne", Name="A\x00B")
    assert _deliver(world, acme, named, event("IncomingCallConnected", call="o\x00ne")) == ["applied"] * 2
    kept = world.events(acme)
    assert [row["had_nul"] for row in kept] == [True, True]
    assert kept[0]["payload"]["Body"]["Name"] == "A\ufffdB"
    assert _one_call(world, acme)["provider_call_id"] == "o\ufffdne"
    assert world.deliver(acme, json.dumps(named).encode() + b"\x00").status == 400


def test_invalid_utf_8_is_refused_and_leaves_nothing(world: World, acme: Integration) -> None:
    body = json.dumps(event()).encode().replace(b"+12125550142", b"+1\xff\xfe")
    answer = world.deliver(acme, body)
    assert (answer.status, answer.json["error"]) == (400, "not_json")
    assert (world.events(acme), _calls(world, acme)) == ([], [])


def test_halves_of_characters_are_kept_as_text(world: World, acme: Integration) -> None:
    answer = world.deliver(acme, json.dumps(event(Name="?")).encode().replace(b'"?"', b'"\\ud800"'))
    assert (answer.status, answer.json["status"]) == (200, "failed")
    [kept] = world.events(acme)
    assert (kept["payload"], "\\ud800" in kept["unreadable_body"]) == (None, True)


def test_numbers_as_strings_and_strings_as_numbers_are_the_same(world: World, acme: Integration) -> None:
    number = int(NUMBER.removeprefix("+"))
    numeric = event(call="one", From=int(CUSTOMER.removeprefix("+")), To=number, Extension=101)
    numeric["Body"]["Id"] = 17
    assert _deliver(world, acme, numeric) == ["applied"]
    written = event("IncomingCallConnected", call="17", From=CUSTOMER, To=str(number), Extension="101")
    assert _deliver(world, acme, written) == ["applied"]
    call = _one_call(world, acme)
    assert (call["provider_call_id"], call["business_number"], call["external_number"]) == ("17", NUMBER, CUSTOMER)


@pytest.mark.parametrize("where", ["EventType", "Guid", "Timestamp", "Body", "ApiKey", "CallId"])
@pytest.mark.parametrize("value", [None, True, 0, -1, 1e300, "", " ", "x" * 100_000, [], [[1]], {}, {"Id": {"Id": 1}}])
def test_a_field_that_is_something_else_is_kept_and_breaks_nothing(
    world: World, acme: Integration, where: str, value: object
) -> None:
    [status] = _deliver(world, acme, event() | {where: value})
    assert status in {"applied", "ignored", "failed"}
    assert _deliver(world, acme, event()) == ["applied"]
    assert len(world.events(acme)) == 2


def test_a_number_too_large_for_postgres_is_kept_as_text(world: World, acme: Integration) -> None:
    body = json.dumps(event(Amount="?")).replace('"?"', "1e999999").encode()
    answer = world.deliver(acme, body)
    assert (answer.status, answer.json["status"]) == (200, "failed")
    [kept] = world.events(acme)
    assert "1e999999" in kept["unreadable_body"]
    assert "the-api-key" not in kept["unreadable_body"]
