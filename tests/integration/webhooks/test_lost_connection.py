"""A connection that Postgres closes while it is asked: the question is asked once more, on another."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sync.processes import until
from tests.integration.webhooks.process import Process
from tests.integration.webhooks.world import Answer, Integration, World, event
from tools.scratch import Database
from webhooks import database as webhooks
from webhooks.errors import UnavailableError

NOW = datetime(2026, 5, 25, 9, tzinfo=UTC)

Question = Callable[[webhooks.Database, Integration], Any]


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@contextmanager
def held_up(world: World, table: str) -> Iterator[None]:
    """A table that nobody else reads or writes until the end of the block."""
    with world.database.connect() as connection, connection.transaction():
        connection.execute(f"lock table {table}".encode())
        yield


def cut_off(world: World) -> int:
    """Close the connection on which the app waits for a lock, and see to it that it is gone."""
    waiting: int
    [waiting] = until(lambda: world.backends("Lock"), "a question to wait")
    [ended] = world.query("select pg_terminate_backend(%s, 60000) as is_gone", waiting, role="supabase_admin")
    assert ended["is_gone"]
    return waiting


def test_a_delivery_survives_its_connection(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    body = event()
    with Process(world, tmp_path / "log", WEBHOOKS_WORKERS="1") as process, ThreadPoolExecutor() as senders:
        assert world.deliver(integration, event()).status == 200
        with held_up(world, "private.webhook_events"):
            sent = senders.submit(world.deliver, integration, body)
            cut_off(world)
        answer = sent.result()
        assert (answer.status, answer.json) == (200, {"status": "applied", "duplicate": False}), process.output
        assert world.deliver(integration, body).json["duplicate"]
    assert len(world.events(integration)) == 2


def test_who_loses_a_second_connection_is_asked_to_send_again(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    body = event()
    with Process(world, tmp_path / "log", WEBHOOKS_WORKERS="1"), ThreadPoolExecutor() as senders:
        assert world.deliver(integration, event()).status == 200
        with held_up(world, "private.webhook_events"):
            sent: Future[Answer] = senders.submit(world.deliver, integration, body)
            assert cut_off(world) != cut_off(world)
            assert (sent.result().status, sent.result().json["error"]) == (503, "unavailable")
        assert world.deliver(integration, body).json == {"status": "applied", "duplicate": False}
    assert len(world.events(integration)) == 2


def _received(database: webhooks.Database, integration: Integration) -> Any:
    return database.receive([webhooks.Delivery(integration.id, json.dumps(event()), NOW)])


QUESTIONS: dict[str, tuple[str, Question, Callable[[Any], bool]]] = {
    "secrets": (
        "public.integrations",
        lambda database, integration: database.webhook_secrets(integration.id),
        lambda secrets: [each.mode for each in secrets] == ["signed"],
    ),
    "receive": ("private.received_deliveries", _received, lambda stored: [each.ordinal for each in stored] == [1]),
    "apply": ("private.webhook_events", lambda database, _: database.apply_received(10), lambda applied: applied == 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_about_deliveries_survives_its_connection(world: World, question: str) -> None:
    table, ask, is_right = QUESTIONS[question]
    integration = world.integrate()
    with closing(webhooks.Database(world.database.url("webhooks"), 1)) as database, ThreadPoolExecutor() as threads:
        _received(database, integration)
        with held_up(world, table):
            asked = threads.submit(ask, database, integration)
            cut_off(world)
        assert is_right(asked.result())
        while database.apply_received(10):
            pass
    assert {kept["status"] for kept in world.events(integration)} == {"applied"}
    assert len(world.events(integration)) == (2 if question == "receive" else 1)


def test_a_request_with_an_api_key_is_not_counted_again(world: World) -> None:
    secret = b"s" * 32
    world.query(
        "insert into private.api_keys (org_id, name, prefix, secret_hash, scopes)"
        " values (%s, 'Reports', 'vsk_00000000', %s, private.api_scopes())",
        world.people.organization(),
        secret,
    )
    with closing(webhooks.Database(world.database.url("webhooks"), 1)) as database, ThreadPoolExecutor() as threads:
        with held_up(world, "private.api_key_minutes"):
            asked = threads.submit(database.open_api_request, secret, b"g" * 32, NOW)
            cut_off(world)
        with pytest.raises(UnavailableError):
            asked.result()
    assert world.query("select used from private.api_key_minutes") == []
