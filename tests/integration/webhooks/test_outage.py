"""The database away, slow or frozen: the sender is asked to send again, in time, and what comes later is kept."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.sync.processes import Gate, until
from tests.integration.webhooks.process import Process
from tests.integration.webhooks.world import Answer, Integration, World, event
from tools.scratch import Database
from webhooks.committer import ANSWER_SECONDS
from webhooks.database import LOOKUP_SECONDS

PROVIDER_WAITS_SECONDS = 8
HURRY_SECONDS = 0.5
"""For everything that is not waiting."""


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@contextmanager
def gated(world: World) -> Iterator[tuple[Gate, str]]:
    """A gate before the database, and the URL that leads through it."""
    real = world.database.cluster.port
    gate = Gate(real)
    try:
        yield gate, world.database.url("webhooks").replace(f":{real}/", f":{gate.port}/")
    finally:
        gate.close()


def test_what_the_app_waits_for_is_less_than_what_the_provider_does() -> None:
    assert LOOKUP_SECONDS + ANSWER_SECONDS + HURRY_SECONDS <= PROVIDER_WAITS_SECONDS


def _asked_to_send_again(world: World, integration: Integration) -> bool:
    answer = world.deliver(integration, event())
    assert answer.status in {200, 503}, answer
    if answer.status == 503:
        assert answer.json["error"] == "unavailable"
        assert int(answer.headers["Retry-After"]) > 0
    return answer.status == 503


def _health(world: World) -> Answer:
    return world.request("GET", "/health")


def test_an_outage_is_answered_503_and_ends_by_itself(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with gated(world) as (gate, url), Process(world, tmp_path / "log", database_url=url):
        assert world.deliver(integration, event()).status == 200
        gate.shut()
        for _ in range(3):
            assert _asked_to_send_again(world, integration)
        health = _health(world)
        assert (health.status, health.json["status"], health.json["part"]) == (503, "unavailable", "database")
        assert world.request("GET", "/readyz").status == 503
        assert world.request("GET", "/healthz").status == 200
        gate.reopen()
        until(lambda: not _asked_to_send_again(world, integration), "deliveries to be kept again")
        until(lambda: _health(world).status == 200, "health")
        assert len(world.events(integration)) == 2


def test_the_unsigned_are_refused_without_asking_the_database(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with gated(world) as (gate, url):
        gate.shut()
        with Process(world, tmp_path / "log", database_url=url):
            assert world.request("POST", integration.path, body=b"{}").status == 401
            assert world.deliver(integration, b"{}", "nonsense").status == 401
            assert world.request("GET", integration.path).status == 200


def test_the_app_starts_before_the_database(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with gated(world) as (gate, url):
        gate.shut()
        with Process(world, tmp_path / "log", database_url=url):
            assert _asked_to_send_again(world, integration)
            gate.reopen()
            until(lambda: not _asked_to_send_again(world, integration), "the first delivery to be kept")


def test_connections_that_postgres_closed_are_replaced_unnoticed(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with Process(world, tmp_path / "log") as process:
        for _ in range(3):
            assert world.deliver(integration, event()).status == 200, process.output
            for pid in world.backends():
                world.end_backend(pid)
            assert world.deliver(integration, event()).status == 200, process.output


def test_a_slow_database_is_given_up_in_time_and_nothing_is_half_kept(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with Process(world, tmp_path / "log"):
        assert world.deliver(integration, event()).status == 200
        body = event()
        with world.database.connect() as connection, ThreadPoolExecutor(4) as senders:
            with connection.transaction():
                connection.execute("lock table private.webhook_events, private.received_deliveries in exclusive mode")
                waiting = [senders.submit(_asked_to_send_again, world, integration) for _ in range(4)]
                assert all(sender.result() for sender in waiting)
            # Whoever was given up may be committed late, never in part.
            assert world.deliver(integration, body).status == 200
            world.wait_until_applied()
        assert world.deliver(integration, body).json == {"status": "applied", "duplicate": True}
        assert {kept["status"] for kept in world.events(integration)} == {"applied"}


def test_a_frozen_database_does_not_freeze_the_app(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with Process(world, tmp_path / "log", WEBHOOKS_WORKERS="1", WEBHOOKS_POOL_SIZE="2"):
        assert world.deliver(integration, event()).status == 200
        frozen = set[int]()
        try:
            # A connection that was being made meanwhile is frozen in the next turn.
            until(lambda: _freeze(world, frozen) and _asked_to_send_again(world, integration), "the app to be alone")
            assert world.request("GET", "/healthz").status == 200
        finally:
            for backend in frozen:
                os.kill(backend, signal.SIGCONT)
        until(lambda: not _asked_to_send_again(world, integration), "deliveries to be kept again")


def _freeze(world: World, frozen: set[int]) -> set[int]:
    for backend in set(world.backends()) - frozen:
        os.kill(backend, signal.SIGSTOP)
        frozen.add(backend)
    return frozen


def test_a_missing_schema_is_named(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    world.query("revoke execute on function private.webhook_secrets(uuid) from webhooks")
    with Process(world, tmp_path / "log"):
        assert _health(world).json["part"] == "schema"
        assert _asked_to_send_again(world, integration)
