"""Killed or asked to stop in mid-work: what was acknowledged is kept."""

import http.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock

import pytest

from sync.store import Store
from tests.integration.sync.processes import until
from tests.integration.webhooks.process import Process
from tests.integration.webhooks.world import Integration, World, event
from tools.scratch import Database

SENDERS = 12
KINDS = ("IncomingCall", "IncomingCallRinging", "IncomingCallConnected", "IncomingCallCompleted")


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


class Traffic:
    """Senders that go on through every interruption and remember what they were promised."""

    def __init__(self, world: World, integration: Integration) -> None:
        self._world, self._integration = world, integration
        self._lock = Lock()
        self._stop = Event()
        self.acknowledged: set[str] = set()
        self.interrupted = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(SENDERS) as senders:
            running = [senders.submit(self._send, number) for number in range(SENDERS)]
            try:
                yield
            finally:
                self._stop.set()
        for each in running:
            each.result()

    def after(self, more: int) -> Callable[[], bool]:
        """A condition: so many more are acknowledged than now."""
        goal = len(self.acknowledged) + more
        return lambda: len(self.acknowledged) >= goal

    def _send(self, sender: int) -> None:
        number = 0
        while not self._stop.is_set():
            body = event(KINDS[number % 4], call=f"call {number // 4} of {sender}")
            number += 1
            try:
                status = self._world.deliver(self._integration, body).status
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.interrupted += 1
                self._stop.wait(0.02)
                continue
            assert status in {200, 503}
            if status == 200:
                with self._lock:
                    self.acknowledged.add(body["Guid"])


def test_what_was_acknowledged_before_a_kill_is_kept(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    traffic = Traffic(world, integration)
    with traffic.running():
        for _ in range(3):
            with Process(world, tmp_path / "log") as process:
                until(traffic.after(40), "deliveries to be acknowledged")
                process.kill()
        with Process(world, tmp_path / "log"):
            until(traffic.after(40), "deliveries to be acknowledged after the last kill")
    assert traffic.interrupted > 0, "nobody was in the middle of anything"
    with Process(world, tmp_path / "log"):
        world.wait_until_applied()
    kept = world.events(integration)
    assert traffic.acknowledged <= {row["payload"]["Guid"] for row in kept}
    assert {row["status"] for row in kept} == {"applied"}
    told = {row["provider_call_id"] for row in kept}
    calls = world.query("select provider_call_id from public.calls where integration_id = %s", integration.id)
    assert {row["provider_call_id"] for row in calls} == told


@pytest.mark.parametrize("successor", ["app", "sync"])
def test_what_was_acknowledged_and_not_applied_before_a_kill_is_applied(
    world: World, tmp_path: Path, successor: str
) -> None:
    integration = world.integrate()
    sent = [event(call=f"call {number}") for number in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as senders, world.database.connect() as connection, connection.transaction():
        # Calls can be read, but not written: the first delivery waits for that until it is given up.
        connection.execute("lock table public.calls in share mode")
        with Process(world, tmp_path / "log", WEBHOOKS_WORKERS="1") as process:
            answers = list(senders.map(lambda body: world.deliver(integration, body), sent))
            process.kill()
        # Postgres would finish what the app began.
        world.query(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
            " where usename = 'webhooks' and datname = current_database()",
            role="supabase_admin",
        )
    acknowledged = {body["Body"]["Id"] for body, answer in zip(sent, answers, strict=True) if answer.status == 200}
    assert acknowledged, "nothing was acknowledged"
    assert {answer.json["status"] for answer in answers if answer.status == 200} == {"received"}
    assert world.received() == len(acknowledged)
    assert world.events(integration) == []

    if successor == "app":
        with Process(world, tmp_path / "log"):
            world.wait_until_applied()
    else:
        with Store(world.database.url("sync")) as store:
            assert store.apply_received_deliveries(1) == 1
            assert store.apply_received_deliveries(100) == len(acknowledged) - 1
            assert store.apply_received_deliveries(100) == 0
    calls = world.query("select provider_call_id from public.calls where integration_id = %s", integration.id)
    assert {row["provider_call_id"] for row in calls} == acknowledged
    assert {row["status"] for row in world.events(integration)} == {"applied"}


def test_asked_to_stop_it_finishes_what_is_in_flight(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    with Process(world, tmp_path / "log") as process, ThreadPoolExecutor(6) as senders:
        with world.database.connect() as connection, connection.transaction():
            connection.execute("lock table private.webhook_events, private.received_deliveries in exclusive mode")
            waiting = [senders.submit(world.deliver, integration, event()) for _ in range(6)]
            until(lambda: world.backends(waiting_for="Lock"), "a commit to be held back")
            until(lambda: _in_flight(world) == 6, "all deliveries to be in the app's hands")
            process.terminate()
            until(lambda: "Handling signal: term" in process.output, "the app to hear of it")
        answers = [each.result() for each in waiting]
        assert [answer.status for answer in answers] == [200] * 6
        assert process.wait() == 0
    assert len(world.events(integration)) == 6
    assert "Traceback" not in process.output


def test_a_killed_worker_is_replaced(world: World, tmp_path: Path) -> None:
    integration = world.integrate()
    traffic = Traffic(world, integration)
    with Process(world, tmp_path / "log", WEBHOOKS_WORKERS="2") as process, traffic.running():
        for _ in range(3):
            until(traffic.after(20), "deliveries to be acknowledged")
            process.kill_worker()
        until(traffic.after(20), "deliveries to be acknowledged after the last kill")
    with Process(world, tmp_path / "log"):
        world.wait_until_applied()
    assert traffic.acknowledged <= {row["payload"]["Guid"] for row in world.events(integration)}


def _in_flight(world: World) -> int:
    """How many connections the app has accepted and read all from that was sent.

    On loopback both ends are listed, so each is counted at the app's port. One that was not accepted yet has no inode.
    """
    local = f"{world.port:04X}"
    ends = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [end for end in ends if end[1].endswith(f":{local}") and end[3] == "01" and end[9] != "0"]
    return sum(end[4].endswith(":00000000") for end in ours)
