"""A program sends messages with its key: each once, however often it asks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.webhooks.api_world import ApiWorld, Key, Organization
from tests.support import programs
from tools.scratch import Database, ScratchCluster

CUSTOMERS = ["+12125550190", "+12125550191"]


@pytest.fixture(scope="module")
def world(cluster: ScratchCluster, app_database: Database) -> Iterator[ApiWorld]:
    with (
        programs.postgrest(cluster, app_database) as rest,
        programs.webhook_app(cluster, app_database, rest) as door,
    ):
        yield ApiWorld(app_database, rest, door)


@pytest.fixture(scope="module")
def acme(world: ApiWorld) -> Organization:
    return world.organization()


@pytest.fixture(scope="module")
def key(world: ApiWorld, acme: Organization) -> Key:
    return world.key(acme, "messages:send")


def _send(world: ApiWorld, key: Key, acme: Organization, idempotency_key: str | None, **other: Any) -> httpx.Response:
    message = {"p_line_id": str(acme.line), "p_to": CUSTOMERS, "p_body": "Your order is ready."}
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    with world.holding(key, **headers) as program:
        return program.post("rpc/send_message", json=message | other)


def _sent(world: ApiWorld, acme: Organization) -> int:
    [row] = world.query("select count(*) from public.messages where org_id = %s", acme.id)
    count: int = row["count"]
    return count


def test_the_same_request_is_done_once_and_answered_alike(world: ApiWorld, acme: Organization, key: Key) -> None:
    before, once = _sent(world, acme), str(uuid4())
    first = _send(world, key, acme, once)
    assert first.status_code == 200, first.text
    assert [(row["recipient"], row["state"]) for row in first.json()] == [(each, "queued") for each in CUSTOMERS]
    assert _send(world, key, acme, once).json() == first.json()
    assert _sent(world, acme) - before == len(CUSTOMERS)
    assert _send(world, key, acme, str(uuid4())).json() != first.json()
    assert _sent(world, acme) - before == 2 * len(CUSTOMERS)


def test_many_at_once_with_one_key_send_once(world: ApiWorld, acme: Organization, key: Key) -> None:
    before, once = _sent(world, acme), str(uuid4())
    with ThreadPoolExecutor(6) as programs:
        answers = list(programs.map(lambda _: _send(world, key, acme, once), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert _sent(world, acme) - before == len(CUSTOMERS)


def test_without_a_key_of_its_own_a_request_is_refused(world: ApiWorld, acme: Organization, key: Key) -> None:
    before, once = _sent(world, acme), str(uuid4())
    refused = _send(world, key, acme, None)
    assert (refused.status_code, refused.json()["details"]) == (400, "idempotency_key_missing")
    assert _send(world, key, acme, once).status_code == 200
    reused = _send(world, key, acme, once, p_body="Something else.")
    assert (reused.status_code, reused.json()["details"]) == (422, "idempotency_key_reused")
    assert _send(world, key, acme, "x" * 300).json()["details"] == "idempotency_key_invalid"
    assert _sent(world, acme) - before == len(CUSTOMERS)


def test_who_may_read_may_not_send(world: ApiWorld, acme: Organization) -> None:
    before = _sent(world, acme)
    refused = _send(world, world.key(acme, "messages:read", "calls:read"), acme, str(uuid4()))
    assert (refused.status_code, refused.json()["details"]) == (403, "scope_missing")
    stranger = world.key(world.organization(), "messages:send")
    foreign = _send(world, stranger, acme, str(uuid4()))
    assert (foreign.status_code, foreign.json()["details"]) == (404, "line_not_found")
    assert _sent(world, acme) == before


def test_what_was_sent_is_read_with_the_scope_for_it(world: ApiWorld, acme: Organization, key: Key) -> None:
    assert _send(world, key, acme, str(uuid4())).status_code == 200
    with world.holding(world.key(acme, "messages:read")) as program:
        for resource in ("messages", "conversations"):
            assert {row["org_id"] for row in program.get(f"{resource}?select=org_id").json()} == {str(acme.id)}
    with world.holding(key) as program:
        assert program.get("messages?select=id").json() == []
    for scope, resources in {
        "contacts:read": ("contacts", "contact_numbers"),
        "recordings:read": ("recordings", "voicemails"),
    }.items():
        with world.holding(world.key(acme, scope)) as program:
            for resource in resources:
                assert program.get(f"{resource}?select=org_id").status_code == 200, resource
