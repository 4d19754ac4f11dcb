"""PostgREST down, hanging or breaking off, the database away, the door full: bounded answers, and deliveries go on."""

import http.client
import json
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.integration.sync.processes import Gate, until
from tests.integration.webhooks.api_world import ApiWorld, Key
from tests.integration.webhooks.world import World, event
from tests.support import programs
from tests.support.programs import Door
from tests.unit.webhooks.upstream import Reply, Seen, Upstream, upstream
from tools.scratch import Database, ScratchCluster

PLACES = 2 * 8
"""Two processes, eight requests each."""


@pytest.fixture
def behind() -> Iterator[Upstream]:
    """A server in PostgREST's place."""
    with upstream() as server:
        yield server


@pytest.fixture
def rest(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    with programs.postgrest(cluster, database) as door:
        yield door


@pytest.fixture
def run(cluster: ScratchCluster, database: Database, rest: Door) -> Iterator[Callable[..., Any]]:
    """Runs the app, with the true PostgREST unless the settings name another."""

    @contextmanager
    def run(**settings: str) -> Iterator[ApiWorld]:
        with programs.webhook_app(cluster, database, rest, **settings) as door:
            yield ApiWorld(database, rest, door)

    return run  # type: ignore[return-value]


def _error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def _deliver(world: ApiWorld, count: int = 20) -> Counter[int]:
    """Send as many deliveries at once; the statuses they were answered with."""
    senders = World(world.database, world.door.port)
    integration = senders.integrate()

    with ThreadPoolExecutor(count) as threads:
        sent = [threads.submit(senders.deliver, integration, event()) for _ in range(count)]
        return Counter(each.result().status for each in sent)


def test_while_postgrest_is_down_only_the_api_is(run: Callable[..., Any], rest: Door) -> None:
    with run() as world, world.holding(world.key(world.organization())) as program, world.door.client() as anybody:
        assert program.get("calls").status_code == 200
        rest.part.stop()
        answer = program.get("calls")
        assert _error(answer) == (502, "upstream_unavailable")
        assert int(answer.headers["ratelimit-remaining"]) < 1000
        health = anybody.get("/health")
        assert (health.status_code, health.json()["status"], health.json()["part"]) == (503, "unavailable", "api")
        assert anybody.get("/readyz").status_code == 200
        assert _deliver(world) == {200: 20}
        rest.part.start()
        assert program.get("calls").status_code == 200
        assert program.post("rpc/kpi_summary", json={}).status_code == 404
        assert anybody.get("/health").status_code == 200


def test_a_postgrest_that_knows_of_no_grants_is_not_well(run: Callable[..., Any], rest: Door) -> None:
    with run() as world, world.door.client() as anybody:
        rest.part.stop()
        blind = rest.part.daemon.environment
        assert isinstance(blind, dict)
        blind["PGRST_DB_CONFIG"] = "false"
        rest.part.start()
        with world.holding(world.key(world.organization())) as program:
            assert program.get("calls").status_code == 403
        assert anybody.get("/health").json()["part"] == "api"


def test_a_database_that_is_away_is_503_and_comes_back(run: Callable[..., Any], database: Database) -> None:
    port = database.cluster.port
    gate = Gate(port)
    try:
        url = database.url("webhooks").replace(f":{port}/", f":{gate.port}/")
        with run(WEBHOOKS_DATABASE_URL=url) as world, world.holding(world.key(world.organization())) as program:
            assert program.get("calls").status_code == 200
            gate.shut()
            for _ in range(3):
                answer = program.get("calls")
                assert _error(answer) == (503, "unavailable")
                assert int(answer.headers["retry-after"]) > 0
                assert "deliver" not in answer.json()["message"]
            with world.door.client() as stranger:
                assert stranger.get("/api/v1/calls").status_code == 401, "the malformed are refused without asking"
                assert stranger.get("/health").json()["part"] == "database"
            gate.reopen()
            until(lambda: program.get("calls").status_code == 200, "the database to be there again")
    finally:
        gate.close()


def test_a_key_whose_count_is_locked_holds_up_nobody_else(run: Callable[..., Any], database: Database) -> None:
    with run() as world:
        key = world.key(world.organization())
        with world.holding(key) as program:
            assert program.get("calls").status_code == 200
        with database.connect() as connection, connection.transaction(), ThreadPoolExecutor(PLACES) as threads:
            connection.execute("lock table private.api_key_minutes in exclusive mode")
            waiting = [threads.submit(_ask, world, key) for _ in range(PLACES)]
            until(lambda: _waiting(world), "requests to wait for the count")
            assert _deliver(world) == {200: 20}
            assert {each.result()[0] for each in waiting} == {503}
        with world.holding(key) as program:
            until(lambda: program.get("calls").status_code == 200, "the key to be counted again")


def _ask(world: ApiWorld, key: Key) -> tuple[int, str | None]:
    with world.holding(key) as program:
        answer = program.get("calls")
        return answer.status_code, answer.json()["error"] if answer.status_code != 200 else None


def _waiting(world: ApiWorld) -> list[dict[str, Any]]:
    return world.query(
        "select 1 from pg_stat_activity where usename = 'webhooks' and wait_event_type = 'Lock'", role="supabase_admin"
    )


# A server in PostgREST's place.


def _says_nothing(_: Seen, reply: Reply) -> None:
    reply.wait_for_the_end()
    reply.hang_up()


def _stops_in_the_middle(_: Seen, reply: Reply) -> None:
    reply.begin(Content_Type="application/json")
    reply.piece(b'[{"id":1},')
    reply.wait_for_the_end()
    reply.hang_up()


def _breaks_in_the_middle(_: Seen, reply: Reply) -> None:
    reply.begin(Content_Type="application/json")
    reply.piece(b'[{"id":1},')
    reply.hang_up()


def _short_of_its_length(_: Seen, reply: Reply) -> None:
    reply.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id":1},')
    reply.hang_up()


def test_a_postgrest_that_hangs_is_given_up(run: Callable[..., Any], behind: Upstream) -> None:
    behind.answer = _says_nothing
    with (
        run(WEBHOOKS_REST_URL=behind.url, WEBHOOKS_REST_TIMEOUT_SECONDS="1") as world,
        world.holding(world.key(world.organization())) as program,
    ):
        for method, path in (("GET", "calls"), ("POST", "rpc/kpi_summary"), ("HEAD", "calls")):
            answer = program.request(method, path)
            assert answer.status_code == 504
            assert method == "HEAD" or answer.json()["error"] == "upstream_timeout"
        with world.door.client() as anybody:
            assert anybody.get("/health").json()["part"] == "api"


@pytest.mark.parametrize("answer", [_stops_in_the_middle, _breaks_in_the_middle, _short_of_its_length])
def test_half_an_answer_is_never_taken_for_a_whole_one(
    run: Callable[..., Any], behind: Upstream, answer: Callable[[Seen, Reply], None]
) -> None:
    behind.answer = answer
    with run(WEBHOOKS_REST_URL=behind.url, WEBHOOKS_REST_TIMEOUT_SECONDS="1") as world:
        key = world.key(world.organization())
        with world.holding(key) as program, pytest.raises(httpx.RemoteProtocolError):
            program.get("calls?a=whispered")
        log = world.door.part.daemon.log.read_text()
        assert "Traceback" not in log
        assert "whispered" not in log


def test_who_goes_away_takes_the_question_along(run: Callable[..., Any], behind: Upstream) -> None:
    def endless(_: Seen, reply: Reply) -> None:
        reply.begin()
        while not reply.may_go_on.is_set():
            reply.piece(b"x" * 65536)

    behind.answer = endless
    with run(WEBHOOKS_REST_URL=behind.url) as world:
        key = world.key(world.organization())
        for _ in range(PLACES + 1):
            with world.holding(key) as program, program.stream("GET", "calls") as answer:
                assert next(answer.iter_raw())
            assert behind.closed.acquire(timeout=60)


def test_a_call_that_is_cut_off_never_reaches_postgrest_whole(run: Callable[..., Any], behind: Upstream) -> None:
    with run(WEBHOOKS_REST_URL=behind.url) as world:
        key = world.key(world.organization())
        for framing, part in (("Content-Length: 100", b'{"a":1}'), ("Transfer-Encoding: chunked", b"7\r\n{")):
            head = f"POST /api/v1/rpc/x HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.secret}\r\n{framing}\r\n\r\n"
            assert world.send(head.encode() + part).startswith(b"HTTP/1.1 400 ")
        assert behind.seen == []
        assert _deliver(world) == {200: 20}


def test_a_full_door_turns_away_and_deliveries_do_not_notice(run: Callable[..., Any], behind: Upstream) -> None:
    behind.answer = _says_nothing
    with run(WEBHOOKS_REST_URL=behind.url, WEBHOOKS_REST_TIMEOUT_SECONDS="100") as world:
        key = world.key(world.organization())
        request = f"GET /api/v1/calls HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.secret}\r\n\r\n".encode()
        held: list[socket.socket] = []
        try:
            while len(behind.seen) < PLACES:
                held += _held(world, request, behind)
            assert _asked(world, key) == (503, "busy", "1")
            with world.door.client() as anybody:
                assert anybody.get("/api/v1/calls").status_code == 401
                assert anybody.get("/health").status_code == 200
            assert _deliver(world, 40) == {200: 40}
            assert len(behind.seen) == PLACES
        finally:
            behind.may_go_on.set()
            for each in held:
                each.close()
        behind.answer = lambda _, reply: reply.send()
        until(lambda: _asked(world, key)[0] == 200, "places at the door")


def _connected(world: ApiWorld, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", world.door.port), timeout=30)
    connection.sendall(request)
    return connection


def _held(world: ApiWorld, request: bytes, behind: Upstream) -> list[socket.socket]:
    """The connection of one more request, unless it was answered, as a process without a place does."""
    before, connection = len(behind.seen), _connected(world, request)
    until(lambda: len(behind.seen) > before or _is_answered(connection), "the request to be held or turned away")
    if not _is_answered(connection):
        return [connection]
    connection.close()
    return []


def _is_answered(connection: socket.socket) -> bool:
    try:
        connection.setblocking(False)
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def _asked(world: ApiWorld, key: Key) -> tuple[int, str | None, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", world.door.port, timeout=30)
    try:
        connection.request("GET", "/api/v1/calls", headers={"X-Api-Key": key.secret})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        return answer.status, told["error"] if isinstance(told, dict) else None, answer.headers["Retry-After"]
    finally:
        connection.close()


def test_who_takes_no_more_of_an_answer_is_dropped(run: Callable[..., Any], behind: Upstream) -> None:
    def endless(_: Seen, reply: Reply) -> None:
        reply.begin()
        while not reply.may_go_on.is_set():
            reply.piece(b"x" * 65536)

    behind.answer = endless
    with run(WEBHOOKS_REST_URL=behind.url, WEBHOOKS_WORKERS="1", WEBHOOKS_API_REQUESTS="1") as world:
        world.door.part.stop()
        world.door.part.daemon.command = [sys.executable, "-c", IMPATIENT]
        world.door.part.start()
        key = world.key(world.organization())
        request = f"GET /api/v1/calls HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.secret}\r\n\r\n".encode()
        lazy = _connected(world, request)
        try:
            until(lambda: behind.seen, "the question to be passed on")
            assert behind.closed.acquire(timeout=60)
            behind.answer = lambda _, reply: reply.send()
            until(lambda: _asked(world, key)[0] == 200, "the place to be free")
            assert _deliver(world) == {200: 20}
        finally:
            lazy.close()


def test_who_falls_silent_in_a_body_is_dropped(run: Callable[..., Any], behind: Upstream) -> None:
    with run(WEBHOOKS_REST_URL=behind.url, WEBHOOKS_WORKERS="1") as world:
        world.door.part.stop()
        world.door.part.daemon.command = [sys.executable, "-c", IMPATIENT]
        world.door.part.start()
        path = f"/webhooks/mightycall/{World(world.database, world.door.port).integrate().id}"
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Signature: x\r\nContent-Length: 100\r\n\r\n"
        for connection in [_connected(world, head.encode() + b'{"a":') for _ in range(3)]:
            with connection:
                connection.settimeout(60)
                while connection.recv(4096):
                    pass
        assert _deliver(world) == {200: 20}


IMPATIENT = """
from gevent import monkey
monkey.patch_all()
from webhooks import __main__, worker
worker.SILENCE_SECONDS = worker.STALL_SECONDS = 1
__main__.main()
"""
