"""From a delivery to a read: a webhook is posted, and as soon as it is answered PostgREST is asked for its call.

Beside it the least that telling and reading can cost: with psycopg, a bare row inserted, committed and read by its key.
"""

import socket
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final
from urllib.parse import quote

import psycopg

from bench.answers import Answer
from bench.callers import token
from bench.deliveries import course
from bench.errors import UnequalError
from bench.ground import ADMIN, SECRET, Ground, running
from bench.intake import signed_request
from bench.questions import request
from bench.rounds import in_turns
from bench.rows import Row, compare
from devstack.ports import HOST, Ports
from devstack.programs import postgrest, webhook_app

_ROUNDS: Final = 6
_DELIVERIES: Final = 100
"""Of one round, one after the other."""

_MEDIAN: Final = "webhook posted to call read, median"
_SLOWEST: Final = "webhook posted to call read, p99"
_BARE_MEDIAN: Final = "bare row inserted to row read, median"
_BARE_SLOWEST: Final = "bare row inserted to row read, p99"

_INSERT: Final = "insert into bench.bare_rows (id, body) values (%s, %s)"
_SELECT: Final = "select body from bench.bare_rows where id = %s"


def freshness(ground: Ground) -> list[Row]:
    """Measure milliseconds from the first byte of the delivery to the last of the answer that shows its call."""
    count = ground.size(_DELIVERIES)
    with ground.database() as database, database.connect("supabase_admin") as owner:
        owner.execute("create table bench.bare_rows (id uuid primary key, body text not null)")
        ports = Ports.free()
        door = webhook_app(
            ground.scratch.new_directory(),
            port=ports.webhooks_port,
            database_url=database.url("webhooks"),
            credentials_keys=ground.scratch.keys.credentials_key,
        )
        rest = postgrest(
            ground.scratch.new_directory(),
            port=ports.postgrest_port,
            database_url=database.url("authenticator"),
            jwt_secret=ground.scratch.keys.jwt_secret,
        )
        with (
            running(door),
            running(rest),
            _asking(ports.webhooks_port) as deliver,
            _asking(ports.postgrest_port) as read,
        ):
            claimed = token(ADMIN, ground.scratch.keys.jwt_secret)
            through = _Rounds(lambda: _product(deliver, read, claimed, count))
            bare = _Rounds(lambda: _bare(owner, count))
            samples = in_turns({_MEDIAN: through.run, _BARE_MEDIAN: bare.run}, _ROUNDS)
    samples[_SLOWEST], samples[_BARE_SLOWEST] = through.slowest[1:], bare.slowest[1:]
    return compare(
        "freshness",
        samples,
        "ms",
        [(_MEDIAN, _BARE_MEDIAN), (_SLOWEST, _BARE_SLOWEST)],
        f"{count} deliveries a round, one after the other; the read, as org admin, has to show what the delivery told.",
    )


class _Rounds:
    """A contestant whose figure is the median; the slow end is kept besides."""

    def __init__(self, work: Callable[[], list[float]]) -> None:
        self._work = work
        self.slowest: list[float] = []

    def run(self) -> float:
        """Run one round."""
        latencies = self._work()
        self.slowest.append(_percentile(latencies, 99))
        return statistics.median(latencies)


def _product(
    deliver: Callable[[bytes, int], str], read: Callable[[bytes, int], str], claimed: str, count: int
) -> list[float]:
    latencies = []
    # Organization 0's calls: those that the admin reads.
    for each in course(0, count, organizations=1):
        posted = signed_request(each.body, SECRET)
        asked = _question(each.call, claimed)
        started = time.perf_counter()
        deliver(posted, 200)
        shown = read(asked, 200)
        latencies.append((time.perf_counter() - started) * 1000)
        if each.shows not in shown:
            raise UnequalError(f"after {each.body.decode()} PostgREST shows {shown}")
    return latencies


def _bare(owner: psycopg.Connection[Any], count: int) -> list[float]:
    latencies = []
    for each in course(0, count):
        row_id = uuid.uuid4()
        started = time.perf_counter()
        owner.execute(_INSERT, [row_id, each.body.decode()])
        owner.execute(_SELECT, [row_id]).fetchall()
        latencies.append((time.perf_counter() - started) * 1000)
    return latencies


def _percentile(latencies: list[float], percent: int) -> float:
    if len(latencies) < 2:
        return latencies[0]
    return statistics.quantiles(latencies, n=100, method="inclusive")[percent - 1]


def _question(call: str, claimed: str) -> bytes:
    path = f"/calls?provider_call_id=eq.{quote(call)}&select=arrived_at,rang_at,answered_at,ended_at,outcome"
    return request(path, claimed)


@contextmanager
def _asking(port: int) -> Iterator[Callable[[bytes, int], str]]:
    """Keep a connection; gives what sends a request over it and returns the answer."""
    with closing(socket.create_connection((HOST, port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(request: bytes, status: int) -> str:
            answer = Answer()
            connection.sendall(request)
            while not answer.feed(connection.recv(262_144)):
                pass
            answer.check(status)
            return answer.text

        yield ask
