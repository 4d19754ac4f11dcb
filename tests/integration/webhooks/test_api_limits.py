"""Many at once, much at once: the limit of a key over processes, and answers larger than anybody wants to hold."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.integration.sync.processes import until
from tests.integration.webhooks.api_world import ApiWorld, Key, Organization
from tests.support import programs
from tools.scratch import Database, ScratchCluster

PROGRAMS, LIMIT, USED = 32, 1000, 985
ROWS, MIB = 40_000, 1024 * 1024
WORKER_GROWTH_MIB = 12


@pytest.fixture(scope="module")
def world(cluster: ScratchCluster, app_database: Database) -> Iterator[ApiWorld]:
    with (
        programs.postgrest(cluster, app_database) as rest,
        programs.webhook_app(cluster, app_database, rest, WEBHOOKS_WORKERS="3") as door,
    ):
        yield ApiWorld(app_database, rest, door)


def _workers(world: ApiWorld) -> list[int]:
    main = world.door.part.daemon.pid
    return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]


def _minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def _ask(world: ApiWorld, key: Key) -> httpx.Response:
    """Ask until the door has a place; a busy door counts nothing."""
    with world.holding(key) as program:
        while (answer := program.get("calls?limit=0")).status_code == 503 and answer.json()["error"] == "busy":
            pass
        return answer


def test_a_key_has_exactly_its_requests_of_a_minute_over_all_processes(world: ApiWorld) -> None:
    key = world.key(world.organization())
    for _ in range(20):
        minute = _minute()
        world.query(
            "insert into private.api_key_minutes (api_key_id, minute, used) values (%s, %s, %s)"
            " on conflict (api_key_id, minute) do update set used = excluded.used",
            key.id,
            minute,
            USED,
        )
        with ThreadPoolExecutor(PROGRAMS) as threads:
            answers = [each.result() for each in [threads.submit(_ask, world, key) for _ in range(PROGRAMS)]]
        # Of an answer that the database did not give in time nobody knows whether it was counted.
        if _minute() == minute and not any(answer.status_code == 503 for answer in answers):
            break
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: LIMIT - USED, 429: PROGRAMS - (LIMIT - USED)}
    left = [int(answer.headers["ratelimit-remaining"]) for answer in answers if answer.status_code == 200]
    assert sorted(left) == list(range(LIMIT - USED))
    for answer in answers:
        if answer.status_code == 429:
            assert answer.json()["error"] == "too_many_requests"
            assert 0 < int(answer.headers["retry-after"]) <= 60
            assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"]
            assert answer.headers["ratelimit-remaining"] == "0"
    counted = "select used from private.api_key_minutes where api_key_id = %s and minute = %s"
    assert world.query(counted, key.id, minute) == [{"used": LIMIT}]
    other = world.key(world.organization())
    assert _ask(world, other).status_code == 200, "a key's limit is its own"


def test_the_next_minute_is_a_new_one(world: ApiWorld) -> None:
    key = world.key(world.organization())
    world.query(
        "insert into private.api_key_minutes (api_key_id, minute, used)"
        " select %s, date_trunc('minute', now(), 'UTC') - interval '1 minute', 1000",
        key.id,
    )
    assert _ask(world, key).headers["ratelimit-remaining"] == "999"


# Much at once.


@pytest.fixture(scope="module")
def rich(world: ApiWorld) -> Organization:
    """An organization with tens of thousands of calls."""
    rich = world.organization(calls=1)
    world.query(
        "insert into public.calls (id, org_id, integration_id, provider_call_id, phone_number_id, line_id, direction,"
        " business_number, external_number, external_name, started_at, outcome)"
        " select gen_random_uuid(), c.org_id, c.integration_id, n::text, c.phone_number_id, c.line_id, 'inbound',"
        " c.business_number, '+12125550199', repeat('x', 100), c.started_at - n * interval '1 minute', 'missed'"
        " from public.calls c, generate_series(2, %s) n where c.org_id = %s",
        ROWS,
        rich.id,
    )
    return rich


def _reset_peaks(pids: list[int]) -> None:
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_mib(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def test_a_large_answer_passes_through_in_pieces(world: ApiWorld, rich: Organization) -> None:
    key, workers = world.key(rich), _workers(world)
    for _ in range(30):
        assert _ask(world, key).status_code == 200  # warm, so that what grows is the answer's doing
    _reset_peaks(workers)
    before = {pid: _peak_mib(pid) for pid in workers}
    size = rows = 0
    with world.holding(key) as program, program.stream("GET", "calls?order=started_at") as answer:
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            size += len(piece)
            rows += piece.count(b'"provider_call_id"')
    growth = max(_peak_mib(pid) - before[pid] for pid in workers)
    assert size > 20 * MIB
    assert growth < WORKER_GROWTH_MIB
    assert rows > ROWS * 0.99, "a name may lie across two pieces"


def test_who_does_not_read_holds_back_the_answer_and_not_the_memory(world: ApiWorld, rich: Organization) -> None:
    key, workers = world.key(rich), _workers(world)
    assert _ask(world, key).status_code == 200
    _reset_peaks(workers)
    before = {pid: _peak_mib(pid) for pid in workers}
    request = f"GET /api/v1/calls HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key.secret}\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", world.door.port), timeout=30)) as lazy:
        lazy.sendall(request.encode())
        assert lazy.recv(15) == b"HTTP/1.1 200 OK"
        until(lambda: _is_stuck(world.door.port) and _is_stuck(world.rest.port), "the way to be full on either side")
        growth = max(_peak_mib(pid) - before[pid] for pid in workers)
        assert growth < WORKER_GROWTH_MIB
        assert _ask(world, key).status_code == 200, "others are answered meanwhile"
    until(lambda: not _is_stuck(world.rest.port), "PostgREST to be let go")


def test_who_goes_away_ends_the_answer(world: ApiWorld, rich: Organization) -> None:
    key = world.key(rich)
    for _ in range(30):  # more often than there are places
        with world.holding(key) as program, program.stream("GET", "calls?limit=10000") as answer:
            assert answer.status_code in {200, 503}
            next(answer.iter_raw())
    until(lambda: _ask(world, key).status_code == 200, "a place at the door")
    assert "Traceback" not in world.door.part.daemon.log.read_text()


def _is_stuck(port: int) -> bool:
    """Whether bytes from a server wait to be sent, because nobody takes them; as /proc tells it."""
    connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(
        each[1].endswith(f":{port:04X}") and each[3] == "01" and int(each[4].partition(":")[0], 16) > 0
        for each in connections
    )
