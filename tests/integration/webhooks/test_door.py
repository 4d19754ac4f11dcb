import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.sync.processes import until
from tests.integration.webhooks.world import API_KEY, FIXTURES, Answer, Integration, World, event, fixture_names
from tests.support.programs import Door

IGNORED, FAILED = {"unknown_event"}, {"event_without_a_call"}
MIB = 1024 * 1024


def _outcomes(world: World, integration: Integration) -> list[tuple[str, str | None]]:
    return [(kept["status"], kept["error"]) for kept in world.events(integration)]


@pytest.mark.parametrize("name", fixture_names())
def test_a_signed_event_is_kept_with_its_api_key_redacted(world: World, integration: Integration, name: str) -> None:
    body = FIXTURES.joinpath(f"{name}.json").read_bytes()
    before = datetime.now(UTC)
    answer = world.deliver(integration, body)
    status = "ignored" if name in IGNORED else "failed" if name in FAILED else "applied"
    assert (answer.status, answer.json) == (200, {"status": status, "duplicate": False})
    [kept] = world.events(integration)
    assert kept["status"] == status
    assert (kept["error"] is None) == (status != "failed")
    assert before <= kept["received_at"] <= datetime.now(UTC)
    sent = json.loads(body)
    assert kept["payload"] == sent | {"ApiKey": kept["payload"]["ApiKey"]}
    assert sent["ApiKey"] not in json.dumps(kept, default=str)


def test_a_delivery_becomes_a_call(world: World, integration: Integration) -> None:
    call = str(uuid4())
    for kind in ("IncomingCall", "IncomingCallConnected", "IncomingCallCompleted"):
        assert world.deliver(integration, event(kind, call=call)).status == 200
    [row] = world.query("select * from public.calls where integration_id = %s", integration.id)
    assert (row["provider_call_id"], row["direction"], row["business_number"]) == (call, "inbound", "+12125550100")


def test_an_organization_may_own_its_integration(world: World) -> None:
    integration = world.integrate(world.people.organization())
    assert world.deliver(integration, event()).json["status"] == "applied"


def test_neither_log_nor_database_holds_the_api_key_or_the_secret(
    world: World, integration: Integration, app: Door
) -> None:
    for body in (event(), event() | {"ApiKey": [API_KEY]}, {"ApiKey": API_KEY}, event("FaxReceived")):
        assert world.deliver(integration, body).status == 200
    world.deliver(integration, b'{"ApiKey":"' + API_KEY.encode() + b'"')
    world.deliver(replace(integration, secret=b"wrong"), event())
    kept = json.dumps(world.query("select * from private.webhook_events"), default=str)
    log = app.part.daemon.log.read_text()
    for text in (kept, log):
        assert API_KEY not in text
        assert integration.secret.decode() not in text


def test_a_repeated_delivery_is_kept_once(world: World, integration: Integration) -> None:
    body = event()
    answers = [world.deliver(integration, body) for _ in range(3)]
    assert [answer.json["duplicate"] for answer in answers] == [False, True, True]
    assert len(world.events(integration)) == 1


# Who is not believed.

Send = Callable[[World, Integration, bytes], Answer]
REFUSED: dict[str, Send] = {
    "unsigned": lambda world, to, body: world.request("POST", to.path, body=body),
    "signed with another secret": lambda world, to, body: world.deliver(replace(to, secret=b"other"), body),
    "signed with an empty secret": lambda world, to, body: world.deliver(replace(to, secret=b""), body),
    "signed for another body": lambda world, to, body: world.deliver(to, body, to.sign(body + b" ")),
    "empty header": lambda world, to, body: world.deliver(to, body, ""),
    "prefix alone": lambda world, to, body: world.deliver(to, body, "sha256="),
    "not ASCII": lambda world, to, body: world.deliver(to, body, to.sign(body)[:-1].encode() + b"\xe9"),
    "not UTF-8": lambda world, to, body: world.deliver(to, body, b"\xff\xfe"),
    "not hexadecimal": lambda world, to, body: world.deliver(to, body, to.sign(body)[:-1] + "g"),
    "too short": lambda world, to, body: world.deliver(to, body, to.sign(body)[:-1]),
    "too long": lambda world, to, body: world.deliver(to, body, to.sign(body) + "0"),
    "sent twice, both right": lambda world, to, body: world.deliver(to, body, to.sign(body), to.sign(body)),
    "sent twice, the first right": lambda world, to, body: world.deliver(to, body, to.sign(body), "ab" * 32),
    "sent twice, the second right": lambda world, to, body: world.deliver(to, body, "ab" * 32, to.sign(body)),
    "sent twice, once empty": lambda world, to, body: world.deliver(to, body, to.sign(body), ""),
    "listed twice": lambda world, to, body: world.deliver(to, body, f"{to.sign(body)},{to.sign(body)}"),
    "listed with garbage": lambda world, to, body: world.deliver(to, body, f"{to.sign(body)},garbage"),
    "another algorithm's name": lambda world, to, body: world.deliver(to, body, f"sha1={to.sign(body)}"),
    "another header": lambda world, to, body: world.request("POST", to.path, [("Signature", to.sign(body))], body),
    "unknown integration": lambda world, to, body: world.deliver(replace(to, id=uuid4()), body),
    "nobody's integration": lambda world, to, body: world.deliver(replace(to, id=UUID(int=0)), body),
    "id of another form": lambda world, to, body: world.deliver(to, body, path=to.path.replace("-", "")),
    "id with something after it": lambda world, to, body: world.deliver(to, body, path=to.path + "/token"),
    "no id": lambda world, to, body: world.deliver(to, body, path="/webhooks/mightycall/%27%20or%20true"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_not_proven_is_refused_the_same_way_and_not_kept(
    world: World, integration: Integration, how: str
) -> None:
    before = world.event_count()
    for body in (json.dumps(event()).encode(), b"not JSON"):
        answer = REFUSED[how](world, integration, body)
        assert (answer.status, answer.body) == (
            401,
            b'{"error":"unauthorized","message":"The delivery is not proven to come from a known integration."}\n',
        )
        assert answer.headers.keys() == {"Server", "Date", "Connection", "Content-Type", "Content-Length"}
    assert world.event_count() == before


def test_an_integration_in_token_mode_accepts_no_signature_yet(world: World, integration: Integration) -> None:
    world.query("update public.integrations set webhook_mode = 'token' where id = %s", integration.id)
    assert world.deliver(integration, event()).status == 401
    assert world.deliver(integration, event(), path=f"{integration.path}/token").status == 401
    assert world.events(integration) == []


def test_one_integration_cannot_sign_for_another(world: World, integration: Integration) -> None:
    other = world.integrate()
    assert world.deliver(replace(integration, secret=other.secret), event()).status == 401
    assert world.events(integration) == []


def test_every_form_of_a_right_signature_is_accepted(world: World, integration: Integration) -> None:
    body = json.dumps(event()).encode()
    right, wrong = integration.sign(body), "ab" * 32
    for signature in (right, right.upper(), f"sha256={right}", f"{wrong},{right}", f"sha256={right}, sha256={wrong}"):
        assert world.deliver(integration, body, signature).status == 200
    assert len(world.events(integration)) == 1


def test_a_secret_is_replaced_without_a_gap_and_the_old_one_ends(world: World, integration: Integration) -> None:
    successor = replace(integration, secret=b"the new secret")
    assert world.deliver(integration, event()).status == 200
    with world.database.connect() as connection:
        connection.execute(
            "insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)"
            " select org_id, id, 'webhook_secret', %s, %s from public.integrations where id = %s",
            [
                world.keys.current.key_id,
                world.seal(successor.secret, integration.id, "webhook_secret"),
                integration.id,
            ],
        )
    until(lambda: world.deliver(successor, event()).status == 200, "the new secret to count")
    assert world.deliver(integration, event()).status == 200
    body = json.dumps(event()).encode()
    assert world.deliver(integration, body, f"{integration.sign(body)},{successor.sign(body)}").status == 200
    world.query(
        "delete from private.integration_credentials where integration_id = %s and purpose = 'webhook_secret'"
        " and created_at = (select min(created_at) from private.integration_credentials"
        " where integration_id = %s and purpose = 'webhook_secret')",
        integration.id,
        integration.id,
    )
    until(lambda: world.deliver(integration, event()).status == 401, "the old secret to end")
    until(lambda: world.deliver(successor, event()).status == 200, "every process to know")


def test_a_secret_sealed_for_something_else_is_none(world: World, integration: Integration) -> None:
    moved = world.integrate()
    world.query(
        "update private.integration_credentials m set sealed = o.sealed from private.integration_credentials o"
        " where o.integration_id = %s and o.purpose = 'webhook_secret'"
        " and m.integration_id = %s and m.purpose = 'webhook_secret'",
        integration.id,
        moved.id,
    )
    assert world.deliver(replace(moved, secret=integration.secret), event()).status == 503
    assert world.events(moved) == []


# What is believed but odd.


@pytest.mark.parametrize(
    "body",
    [
        *(
            b" ",
            b"null",
            b"[]",
            b'"text"',
            b"{",
            b'{"a":1}{"b":2}',
            b'{"a":NaN}',
            b'{"a":"\xff"}',
            b"\xef\xbb\xbf{}",
            b"a=1",
        ),
        b'{"a":' * 50_000,
        b"[" * 50_000 + b"]" * 50_000,
        '{"a":1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_signed_but_not_a_json_object_is_400_and_not_kept(
    world: World, integration: Integration, stranger: Integration, body: bytes
) -> None:
    answer = world.deliver(integration, body)
    assert (answer.status, answer.json["error"]) == (400, "not_json")
    assert world.deliver(stranger, body).status == 401
    assert world.events(integration) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"EventType":null}',
        b'{"EventType":7,"Guid":[],"Body":[]}',
        b'{"EventType":"IncomingCall","Body":{"Id":{}}}',
        b'{"EventType":"IncomingCall","Guid":"\\u0000","Body":{"Id":"\\u0000"}}',
        b'{"EventType":"IncomingCall\\ud800"}',
        b'{"EventType":"IncomingCall","Number":1e999999}',
        b'{"EventType":"IncomingCall","Number":' + b"9" * 200_000 + b"}",
        b'{"EventType":"IncomingCall","Deep":' + b"[" * 800 + b"]" * 800 + b"}",
        b'{"Guid":"1","Guid":"2","EventType":"IncomingCall","EventType":"FaxReceived"}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_any_signed_object_is_kept(world: World, integration: Integration, body: bytes) -> None:
    answer = world.deliver(integration, body)
    assert answer.status == 200, answer
    [kept] = world.events(integration)
    assert kept["status"] == answer.json["status"]
    assert (kept["status"] == "failed") == bool(kept["error"])


def test_an_event_without_a_call_is_kept_failed_with_the_reason_and_nothing_else_is_lost(
    world: World, integration: Integration
) -> None:
    bodies = [event() | ({"Body": {}} if n % 3 == 0 else {}) for n in range(30)]
    with ThreadPoolExecutor(10) as senders:
        answers = list(senders.map(lambda body: world.deliver(integration, body), bodies))
    expected = ["failed" if n % 3 == 0 else "applied" for n in range(30)]
    assert all(answer.json["status"] in {"received", told} for answer, told in zip(answers, expected, strict=True))
    world.wait_until_applied()
    kept = {row["payload"]["Guid"]: row for row in world.events(integration)}
    for body, status in zip(bodies, expected, strict=True):
        assert kept[body["Guid"]]["status"] == status
        assert ("names no call" in (kept[body["Guid"]]["error"] or "")) == (status == "failed")


def test_a_disabled_integration_still_keeps_its_deliveries(world: World, integration: Integration) -> None:
    world.query("update public.integrations set disabled_at = now() where id = %s", integration.id)
    assert world.deliver(integration, event()).json == {"status": "kept", "duplicate": False}
    assert _outcomes(world, integration) == [("kept", None)]


# How much, and how it is sent.


@pytest.mark.parametrize("length", [MIB + 1, 2 * MIB, 10 * MIB])
def test_more_than_a_mebibyte_is_413_signed_or_not(
    world: World, integration: Integration, stranger: Integration, length: int
) -> None:
    body = json.dumps(event()).encode().ljust(length)
    for sender in (integration, stranger):
        answer = world.deliver(sender, body)
        assert (answer.status, answer.json["error"]) == (413, "too_large")
    assert world.events(integration) == []


def test_a_mebibyte_is_not_too_much(world: World, integration: Integration) -> None:
    assert world.deliver(integration, json.dumps(event()).encode().ljust(MIB)).json["status"] == "applied"


def _head(integration: Integration, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {integration.path} HTTP/1.1", "Host: localhost", "Connection: close"]
    return "\r\n".join([*lines, f"X-Signature: {integration.sign(body)}", *headers, "", ""]).encode()


def _chunks(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_chunked_delivery_is_a_delivery(world: World, integration: Integration, size: int) -> None:
    body = json.dumps(event()).encode()
    answer = world.send(_head(integration, body, "Transfer-Encoding: chunked"), _chunks(body, size))
    assert answer.startswith(b"HTTP/1.1 200")
    assert _outcomes(world, integration) == [("applied", None)]


def test_a_chunked_delivery_has_the_same_limit(world: World, integration: Integration) -> None:
    body = json.dumps(event()).encode().ljust(MIB + 1)
    answer = world.send(_head(integration, body, "Transfer-Encoding: chunked"), _chunks(body, 65536))
    assert answer.startswith(b"HTTP/1.1 413")
    assert world.events(integration) == []


@pytest.mark.parametrize("length", [b"more than is sent", b"less than is sent", b"-1", b"1e3", b"\xd9\xa3", b"9" * 30])
def test_a_length_that_lies_keeps_nothing(world: World, integration: Integration, length: bytes) -> None:
    body = json.dumps(event()).encode()
    told = {b"more than is sent": str(len(body) + 10).encode(), b"less than is sent": str(len(body) - 10).encode()}
    head = _head(integration, body).removesuffix(b"\r\n") + b"Content-Length: " + told.get(length, length) + b"\r\n\r\n"
    answer = world.send(head, body)
    assert answer.split(b" ")[1:2] in ([b"401"], [b"400"], [b"413"]), answer
    assert world.events(integration) == []


@pytest.mark.parametrize(
    "sent", [b"zz\r\n", b"10\r\nabc", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"-1\r\n", b"", b"f" * 30 + b"\r\n"]
)
def test_garbled_chunks_keep_nothing_and_break_nothing(world: World, integration: Integration, sent: bytes) -> None:
    answer = world.send(_head(integration, b"{}", "Transfer-Encoding: chunked"), sent)
    assert answer.split(b" ")[1:2] in ([b"401"], [b"400"]), answer
    assert world.events(integration) == []


def test_who_is_slow_to_hang_up_keeps_nobody_waiting(world: World, integration: Integration) -> None:
    """Each would have held the only accepting thread of a process for two seconds."""
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with ExitStack() as connected:
        for _ in range(40):
            slow = connected.enter_context(socket.create_connection(("127.0.0.1", world.port), timeout=30))
            slow.sendall(request)
            assert slow.recv(15) == b"HTTP/1.1 200 OK"
        assert world.deliver(integration, event()).status == 200


def test_senders_that_fall_silent_do_not_hold_the_app(world: World, integration: Integration) -> None:
    body = json.dumps(event()).encode()
    whole = _head(integration, body, f"Content-Length: {len(body)}") + body
    with ExitStack() as connected:
        for number in range(80):
            silent = connected.enter_context(socket.create_connection(("127.0.0.1", world.port), timeout=30))
            silent.sendall(whole[: -10 if number % 2 else 50])
        assert world.deliver(integration, event()).status == 200
    assert len(world.events(integration)) == 1


def test_a_check_of_the_url_is_answered_and_not_kept(world: World, integration: Integration) -> None:
    before = world.event_count()
    for to in (integration, replace(integration, id=uuid4())):
        assert world.request("GET", to.path).status == 200
        assert world.request("POST", to.path, body=b"").status == 200
        assert world.request("POST", to.path, [("X-Signature", "nonsense")], b"").status == 200
        for method, body in (("GET", None), ("POST", b""), ("POST", json.dumps(event()).encode())):
            for echo in (b"check 123", b"", b"\xe9\xff \t<>"):
                answer = world.request(method, to.path, [("Echo", echo)], body)
                assert (answer.status, answer.headers["Echo"].encode("latin-1")) == (200, echo)
    assert world.event_count() == before


# Many at once.


def test_simultaneous_deliveries_are_each_kept_once_and_answered_for_themselves(world: World) -> None:
    integrations = [world.integrate() for _ in range(3)]
    sent: list[tuple[Integration, dict[str, Any]]] = [
        (integration, event(kind, call=f"call {call}"))
        for integration in integrations
        for call in range(10)
        for kind in (
            "IncomingCall",
            "IncomingCallRinging",
            "IncomingCallConnected",
            "IncomingCallCompleted",
            "FaxReceived",
        )
    ]
    with ThreadPoolExecutor(24) as senders:
        answers = list(senders.map(lambda each: world.deliver(*each), sent * 2))
    assert {answer.status for answer in answers} == {200}
    for (_, body), answer in zip(sent * 2, answers, strict=True):
        told = "ignored" if "Fax" in body["EventType"] else "applied"
        known = [{"status": told, "duplicate": False}, {"status": told, "duplicate": True}]
        assert answer.json in [*known, {"status": "received", "duplicate": None}]
    world.wait_until_applied()
    for integration in integrations:
        assert len(world.events(integration)) == 50
        calls = world.query("select count(*) from public.calls where integration_id = %s", integration.id)
        assert calls == [{"count": 10}]


header_bytes = st.binary(max_size=100).map(lambda value: value.translate(None, b"\r\n"))
bodies = st.one_of(st.binary(min_size=1, max_size=300), st.sampled_from([b"{}", b"[1]", b'{"Body":{"Id":1}}']))


@pytest.fixture(scope="module")
def fuzzed(app: Door, app_database: Any) -> tuple[World, Integration]:
    world = World(app_database, app.port)
    return world, world.integrate()


@settings(max_examples=150, deadline=None)
@given(body=bodies, header=header_bytes)
def test_no_signature_header_and_no_body_breaks_the_app(
    fuzzed: tuple[World, Integration], body: bytes, header: bytes
) -> None:
    world, integration = fuzzed
    head = (
        f"POST {integration.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    )
    answer = world.send(head.encode() + b"X-Signature: " + header + b"\r\n\r\n", body)
    assert answer.split(b" ")[1:2] in ([b"401"], [b"400"]), answer
    assert world.deliver(integration, body).status in {200, 400}


def test_the_app_says_that_it_is_well(world: World) -> None:
    for path in ("/health", "/api/health", "/readyz"):
        answer = world.request("GET", path)
        assert answer.status == 200
        assert answer.json["status"] == "ok"
        assert abs(datetime.fromisoformat(answer.json["timestamp"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert world.request("GET", "/healthz").json == {"status": "ok"}
