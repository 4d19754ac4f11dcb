"""Deliveries of accounts that cannot sign: a token in the path, their key in the payload, and no other way in."""

import json
import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from tests.integration.sync.processes import until
from tests.integration.webhooks.process import Process
from tests.integration.webhooks.world import API_KEY, FIXTURES, Answer, TokenIntegration, World, event, fixture_names
from tests.support.programs import Door
from tools.scratch import Database

REFUSAL = b'{"error":"unauthorized","message":"The delivery is not proven to come from a known integration."}\n'


@pytest.fixture
def integration(world: World) -> TokenIntegration:
    return world.integrate_by_token()


@pytest.mark.parametrize("name", fixture_names())
def test_an_event_below_its_token_is_kept_with_its_api_key_redacted(
    world: World, integration: TokenIntegration, name: str
) -> None:
    sent = json.loads(FIXTURES.joinpath(f"{name}.json").read_bytes()) | {"ApiKey": API_KEY}
    answer = world.post(integration, sent)
    assert (answer.status, answer.json["duplicate"]) == (200, False)
    [kept] = world.events(integration)
    assert kept["status"] == answer.json["status"]
    assert kept["payload"] == sent | {"ApiKey": "[redacted]"}


def test_a_delivery_becomes_a_call_of_the_integrations_owner(world: World) -> None:
    acme = world.people.organization()
    integration = world.integrate_by_token(acme)
    for kind in ("IncomingCall", "IncomingCallConnected", "IncomingCallCompleted"):
        assert world.post(integration, event(kind, call="one")).json["status"] == "applied"
    [row] = world.query("select org_id, outcome from public.calls where integration_id = %s", integration.id)
    assert (row["org_id"], row["outcome"]) == (acme, "answered")


@pytest.mark.parametrize("carried", [{}, {"ApiKey": None}, {"ApiKey": ""}, {"ApiKey": API_KEY}, {"api_key": API_KEY}])
def test_a_payload_names_its_account_or_none(world: World, integration: TokenIntegration, carried: object) -> None:
    body = {name: value for name, value in event().items() if name != "ApiKey"}
    assert isinstance(carried, dict)
    assert world.post(integration, body | carried).json["status"] == "applied"


def _without_token(integration: TokenIntegration) -> str:
    return f"/webhooks/mightycall/{integration.id}"


Send = Callable[[World, TokenIntegration, bytes], Answer]
REFUSED: dict[str, Send] = {
    "without its token": lambda world, to, body: world.request("POST", _without_token(to), body=body),
    "an empty token": lambda world, to, body: world.post(replace(to, token=""), body),
    "another token": lambda world, to, body: world.post(replace(to, token=secrets.token_urlsafe(32)), body),
    "a token too short": lambda world, to, body: world.post(replace(to, token=to.token[:-1]), body),
    "a token too long": lambda world, to, body: world.post(replace(to, token=to.token + "A"), body),
    "a token in the other case": lambda world, to, body: world.post(replace(to, token=to.token.swapcase()), body),
    "a token and more": lambda world, to, body: world.post(to, body, to.path + "/"),
    "a token twice": lambda world, to, body: world.post(to, body, f"{to.path}/{to.token}"),
    "a token in the query": lambda world, to, body: world.post(to, body, f"{_without_token(to)}?token={to.token}"),
    "a token in a header": lambda world, to, body: world.request(
        "POST", _without_token(to), [("Authorization", f"Bearer {to.token}")], body
    ),
    "a token's hash": lambda world, to, body: world.post(
        replace(to, token=sha256(to.token.encode()).hexdigest()), body
    ),
    "another's token": lambda world, to, body: world.post(replace(to, token=world.integrate_by_token().token), body),
    "an unknown integration": lambda world, to, body: world.post(replace(to, id=uuid4()), body),
    "nobody's integration": lambda world, to, body: world.post(replace(to, id=UUID(int=0)), body),
    "an id of another form": lambda world, to, body: world.post(to, body, to.path.replace(str(to.id), to.id.hex)),
    "an integration that signs": lambda world, to, body: world.post(replace(to, id=world.integrate().id), body),
    "a signature": lambda world, to, body: world.deliver(world.integrate(), body, path=_without_token(to)),
    "another account's key": lambda world, to, body: world.post(to, body.replace(API_KEY.encode(), b"another's")),
    "a key that is no text": lambda world, to, body: world.post(to, body.replace(f'"{API_KEY}"'.encode(), b"[1]")),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_is_not_proven_is_refused_the_same_way_and_not_kept(
    world: World, integration: TokenIntegration, how: str
) -> None:
    before = world.event_count()
    bodies = [json.dumps(event()).encode()]
    if "key" not in how:
        bodies.append(b"not JSON")
    for body in bodies:
        answer = REFUSED[how](world, integration, body)
        assert (answer.status, answer.body) == (401, REFUSAL)
        assert answer.headers.keys() == {"Server", "Date", "Connection", "Content-Type", "Content-Length"}
    assert world.event_count() == before


def test_a_secret_that_is_left_over_does_not_open_an_integration_by_token(world: World) -> None:
    signed = world.integrate()
    world.query("update public.integrations set webhook_mode = 'token' where id = %s", signed.id)
    assert world.deliver(signed, event()).status == 401
    by_token = TokenIntegration(signed.id, secrets.token_urlsafe(32))
    world.add_token(by_token)
    until(lambda: world.post(by_token, event()).status == 200, "the token to count")
    assert world.deliver(signed, event()).status == 401
    world.query("update public.integrations set webhook_mode = 'signed' where id = %s", signed.id)
    until(lambda: world.post(by_token, event()).status == 401, "the token to end")
    until(lambda: world.deliver(signed, event()).status == 200, "the secret to count again")
    until(lambda: all(world.post(by_token, event()).status == 401 for _ in range(8)), "every process to know")


def test_a_token_is_replaced_while_deliveries_come_in(world: World, integration: TokenIntegration) -> None:
    successor = replace(integration, token=secrets.token_urlsafe(32))
    assert world.post(integration, event()).status == 200
    assert world.post(successor, event()).status == 401
    world.add_token(successor)
    until(lambda: world.post(successor, event()).status == 200, "the new token to count")
    assert world.post(integration, event()).status == 200
    world.end_token(integration)
    until(lambda: world.post(integration, event()).status == 401, "the old token to end")
    until(lambda: world.post(successor, event()).status == 200, "every process to know")


def _as_admin(world: World, admin: UUID, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with world.database.connect() as connection, connection.transaction():
        connection.execute("select tests.act_as(%s)", [admin])
        return connection.execute(statement.encode(), values).fetchall()


def test_an_admin_makes_the_address_and_makes_a_new_one_without_losing_a_delivery(world: World) -> None:
    acme = world.people.organization()
    integration, admin = world.integrate(acme), world.people.member(acme, "org_admin")
    _as_admin(world, admin, "select public.change_integration(%s, p_webhook_mode => 'token')", integration.id)
    make = "select path from public.rotate_webhook_token(%s, %s::interval)"
    [(first,)] = _as_admin(world, admin, make, integration.id, "1 day")
    by_token = TokenIntegration(integration.id, first.rpartition("/")[2])
    assert by_token.path == first
    assert world.post(by_token, event()).status == 200
    [(second,)] = _as_admin(world, admin, make, integration.id, "1 day")
    assert second != first
    until(lambda: world.post(by_token, event(), second).status == 200, "the new address to count")
    assert world.post(by_token, event(), first).status == 200
    [(third,)] = _as_admin(world, admin, make, integration.id, "0")
    for path in (first, second):
        until(lambda path=path: world.post(by_token, event(), path).status == 401, "the old address to end")  # type: ignore[misc]
    until(lambda: world.post(by_token, event(), third).status == 200, "the new address to count")


def test_an_integration_that_is_removed_is_unknown(world: World, integration: TokenIntegration) -> None:
    assert world.post(integration, event()).status == 200
    world.query("update public.integrations set disabled_at = now(), removed_at = now() where id = %s", integration.id)
    until(lambda: world.post(integration, event()).body == REFUSAL, "the integration to be forgotten")


def test_the_providers_check_of_the_url_needs_no_token(world: World, integration: TokenIntegration) -> None:
    before = world.event_count()
    for path in (integration.path, integration.path[:-1], f"/webhooks/mightycall/{uuid4()}/x"):
        assert world.request("GET", path).status == 200
        assert world.request("POST", path, body=b"").status == 200
        answer = world.request("POST", path, [("Echo", "check 123")], b"{}")
        assert (answer.status, answer.headers["Echo"]) == (200, "check 123")
    assert world.event_count() == before


def test_many_at_once_by_token_are_each_kept_once(world: World, integration: TokenIntegration) -> None:
    bodies = [event(call=f"call {number % 20}") for number in range(100)]
    with ThreadPoolExecutor(16) as senders:
        answers = list(senders.map(lambda body: world.post(integration, body), bodies * 2))
    assert {answer.status for answer in answers} == {200}
    world.wait_until_applied()
    assert len(world.events(integration)) == 100


# What is written down.


def _fragments(token: str, length: int = 8) -> list[str]:
    return [token[start : start + length] for start in range(len(token) - length + 1)]


def test_no_token_is_written_anywhere_whatever_is_sent_with_it(database: Database, tmp_path: Path) -> None:
    """All that the app says, its access log asked for, and all that is in the database."""
    world = World(database)
    integration, signed = world.integrate_by_token(), world.integrate()
    wrong, escaped = secrets.token_urlsafe(32), "".join(f"%{ord(each):02x}" for each in integration.token)
    tokens = [integration.token, wrong, escaped]
    asked_for = {"GUNICORN_CMD_ARGS": "--access-logfile - --error-logfile - --log-level debug --capture-output"}
    with Process(world, tmp_path / "log", **asked_for) as process:
        paths = [
            f"/webhooks/mightycall/{known}{rest}"
            for known in (integration.id, signed.id, uuid4(), "no-id", "%2e%2e", "")
            for each in tokens
            for rest in (f"/{each}", f"//{each}", f"/{each}/", f"?{each}", f"/x?token={each}", f"%2F{each}")
        ]
        for path in [*paths, *(f"/{each}" for each in tokens)]:
            for method in ("POST", "GET", "PUT", "DELETE", "OPTIONS", "BREW"):
                assert world.request(method, path, body=b'{"EventType":"IncomingCall"}').status < 500
        for path in (integration.path, integration.path.replace(integration.token, wrong)):
            for body in (json.dumps(event()).encode(), b'{"ApiKey":"wrong"}', b"no JSON", b"x" * 2_000_000):
                assert world.request("POST", path, body=body).status in {200, 400, 401, 413}
            for broken in (
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
                f"POST {path} HTTP/9.9\r\n\r\n",
                f"POST {path}\r\n\r\n",
                f"POST {path} HTTP/1.1\r\nHost: x\r\nBad Header {path}: x\r\n\r\n",
                f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {path}\r\n\r\n",
                f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
                f"POST {path}{'x' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n",
                f"PO ST {path} HTTP/1.1\r\n\r\n",
                f"{path}\r\n\r\n",
                f"POST http://[{path} HTTP/1.1\r\nHost: x\r\n\r\n",
                f"POST /{path}\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
            ):
                world.send(broken.encode())
        world.query("revoke execute on function private.ingest_webhook_events(jsonb[]) from webhooks")
        assert world.post(integration, event()).status == 503
        process.kill_worker()
        until(process.is_alive, "a new worker")
        process.terminate()
        assert process.wait() == 0
    assert "has not its token in its path" in process.output
    assert "Invalid request" in process.output
    assert "InsufficientPrivilege" in process.output
    kept = _everything(world)
    assert str(integration.id) in kept
    for each in tokens:
        for fragment in _fragments(each):
            assert fragment not in process.output
            assert fragment not in kept


def _everything(world: World) -> str:
    """Every row of ours as text."""
    tables = world.query(
        "select schemaname, tablename from pg_tables where schemaname in ('public', 'private') order by 1, 2"
    )
    with world.database.connect() as connection:
        return "\n".join(
            str(row[0])
            for table in tables
            for row in connection.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(*table.values())))
        )


def test_the_running_apps_log_names_no_token(world: World, integration: TokenIntegration, app: Door) -> None:
    world.post(integration, event())
    world.post(replace(integration, id=uuid4()), event())
    world.post(integration, event() | {"ApiKey": "another's"})
    log = app.part.daemon.log.read_text()
    assert f"integration {integration.id}: a delivery names the ApiKey of another account" in log
    assert integration.token not in log
    assert not re.search(r"/webhooks/", log)
