"""Client processes: each keeps several connections busy, with requests made before the clock starts."""

import itertools
import multiprocessing
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Self

import psycopg

from bench.answers import Answer
from devstack.ports import HOST

PROCESSES: Final = 2
CONNECTIONS: Final = 16
"""Of each process, unless said otherwise."""

_SECONDS_AT_MOST: Final = 20.0
"""A run that takes longer ends with what it has done."""
_HEAD_START: Final = 0.3

Statement = tuple[str, Sequence[Any] | None]
"""Without parameters it may be several, sent as one message."""
Requests = Callable[[int], list[bytes]]
"""Makes the requests of the connection with this number. A module's function, perhaps a partial: it is pickled."""
Statements = Callable[[int], list[Statement]]


@dataclass
class Done:
    """What a run of all clients came to."""

    started: float
    ended: float
    latencies: list[float] = field(repr=False)

    @classmethod
    def together(cls, parts: Sequence["Done"]) -> Self:
        """Put the processes' parts together. Their clocks are the machine's."""
        latencies = list(itertools.chain.from_iterable(part.latencies for part in parts))
        return cls(min(part.started for part in parts), max(part.ended for part in parts), latencies)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / (self.ended - self.started)

    @property
    def percentiles(self) -> tuple[float, float]:
        """The median and the 99th percentile of the latencies, in milliseconds."""
        cuts = statistics.quantiles(self.latencies, n=100)
        return cuts[49] * 1000, cuts[98] * 1000


class Clients:
    """Processes that stay for several runs, so that starting them is in no figure."""

    def __init__(self, connections: int = CONNECTIONS) -> None:
        """Start them; each has so many connections."""
        self._connections = connections
        self._pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def request(self, port: int, requests: Requests, status: int) -> Done:
        """Send the requests of every connection, one after the other, and wait for the answers.

        Raises:
            UnexpectedAnswerError: an answer has another status.
        """
        return self._run(_request, port, requests, status)

    def execute(self, url: str, statements: Statements) -> Done:
        """Execute the statements of every connection, each committed by itself."""
        return self._run(_execute, url, statements)

    def _run(self, work: Callable[..., Done], *arguments: Any) -> Done:
        start_at = time.monotonic() + _HEAD_START
        numbers = range(PROCESSES * self._connections)
        parts = [
            self._pool.submit(work, list(numbers[process::PROCESSES]), start_at, *arguments)
            for process in range(PROCESSES)
        ]
        return Done.together([part.result(2 * _SECONDS_AT_MOST) for part in parts])


def _request(numbers: list[int], start_at: float, port: int, requests: Requests, status: int) -> Done:
    exchanges = [_Exchange(port, requests(number), status) for number in numbers]
    try:
        with selectors.DefaultSelector() as selector:
            for exchange in exchanges:
                selector.register(exchange, selectors.EVENT_READ, exchange)
            _wait_until(start_at)
            started = time.monotonic()
            latencies = _converse(selector, exchanges, started + _SECONDS_AT_MOST)
            return Done(started, time.monotonic(), latencies)
    finally:
        for exchange in exchanges:
            exchange.close()


class _Exchange:
    """One connection, its requests, and the answer it waits for."""

    def __init__(self, port: int, requests: list[bytes], status: int) -> None:
        self._connection = socket.create_connection((HOST, port))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = iter(requests)
        self._status = status
        self._answer = Answer()
        self._sent_at = 0.0

    def fileno(self) -> int:
        """Let a selector watch it."""
        return self._connection.fileno()

    def send_next(self) -> bool:
        """Send the next request; false when there is none."""
        request = next(self._requests, None)
        if request is None:
            return False
        self._answer = Answer()
        self._sent_at = time.monotonic()
        self._connection.sendall(request)
        return True

    def receive(self) -> float | None:
        """Take what came in; the answer's latency when that completes it."""
        if not self._answer.feed(self._connection.recv(262_144)):
            return None
        latency = time.monotonic() - self._sent_at
        self._answer.check(self._status)
        return latency

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _converse(selector: selectors.BaseSelector, exchanges: list[_Exchange], deadline: float) -> list[float]:
    latencies = []
    waiting = sum(exchange.send_next() for exchange in exchanges)
    while waiting and time.monotonic() < deadline:
        for key, _ in selector.select(timeout=1):
            exchange: _Exchange = key.data
            latency = exchange.receive()
            if latency is not None:
                latencies.append(latency)
                waiting -= not exchange.send_next()
    return latencies


def _execute(numbers: list[int], start_at: float, url: str, statements: Statements) -> Done:
    todo = [statements(number) for number in numbers]
    with ThreadPoolExecutor(len(numbers)) as threads:
        parts = list(threads.map(lambda each: _execute_all(url, each, start_at), todo))
    return Done.together(parts)


def _execute_all(url: str, statements: list[Statement], start_at: float) -> Done:
    latencies = []
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        _wait_until(start_at)
        started = before = time.monotonic()
        for text, parameters in statements:
            cursor.execute(text.encode(), parameters)
            cursor.fetchall() if cursor.description else None
            after = time.monotonic()
            latencies.append(after - before)
            before = after
            if after - started > _SECONDS_AT_MOST:
                break
    return Done(started, before, latencies)


def _wait_until(start_at: float) -> None:
    time.sleep(max(0.0, start_at - time.monotonic()))
