"""A server in PostgREST's place that keeps what reaches it and answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def names(self) -> set[str]:
        return {name.lower() for name, _ in self.headers}

    def values(self, name: str) -> list[str]:
        return [value for given, value in self.headers if given.lower() == name]


class Reply:
    """The way back: a whole answer, or pieces of one, or nothing."""

    def __init__(self, handler: "_Handler") -> None:
        self._handler = handler
        self.connection = handler.connection
        self.may_go_on = handler.upstream.may_go_on
        self.is_connection_new = handler.count == 1

    def send(self, body: bytes = b"[]", status: int = 200, **headers: str) -> None:
        self.raw(_head(status, {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}))
        if self._handler.command != "HEAD":
            self.raw(body)

    def begin(self, status: int = 200, **headers: str) -> None:
        """Begin an answer in chunks."""
        self.raw(_head(status, {"Transfer-Encoding": "chunked", **headers}))

    def piece(self, data: bytes) -> None:
        self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        self.raw(b"0\r\n\r\n")

    def raw(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def wait_for_the_end(self) -> None:
        """Wait until the other side closes, or the test ends."""
        self.connection.settimeout(0.05)
        while not self.may_go_on.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(65536):
                    return

    def hang_up(self) -> None:
        self._handler.close_connection = True


@dataclass
class Upstream:
    """What came, and what is answered."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    answer: Callable[[Seen, Reply], None] = lambda _, reply: reply.send()
    may_go_on: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over; answers that are held back may wait for it."""
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Counts connections that the other side closed, or that broke, while they were answered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Seen:
        return self.seen[-1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0

    @property
    def upstream(self) -> Upstream:
        return cast("_Server", self.server).upstream

    def do_GET(self) -> None:
        self._do()

    def do_HEAD(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        self.count += 1
        try:
            seen = Seen(self.command, self.path, list(self.headers.items()), self._body())
            self.upstream.seen.append(seen)
            self.upstream.answer(seen, Reply(self))
        except (OSError, ValueError):
            self.close_connection = True
            self.upstream.closed.release()

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionResetError("cut off")
            return body
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    upstream: Upstream
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections that break are what is tested."""


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} x", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Serve in threads."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.upstream = Upstream(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server.upstream
        finally:
            server.upstream.may_go_on.set()
            server.shutdown()
            thread.join()
