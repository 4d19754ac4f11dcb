import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from devstack.ports import HOST


@dataclass
class Upstream:
    """A server behind the gateway that keeps what reaches it and answers in two parts."""

    port: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    path: str = ""
    body: bytes = b""
    may_finish: threading.Event = field(default_factory=threading.Event)
    """The second part of an answer waits for it."""

    def values(self, name: str) -> list[str]:
        """Return the values of every header of this name, as they came."""
        return [value for given, value in self.headers if given.lower() == name]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        upstream = cast("_Server", self.server).upstream
        upstream.path, upstream.headers = self.path, list(self.headers.items())
        upstream.body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(202)
        self.send_header("transfer-encoding", "chunked")
        self.send_header("echo", "heard")
        self.send_header("access-control-allow-origin", "https://elsewhere.example")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.wfile.flush()
        upstream.may_finish.wait(60)
        self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    upstream: Upstream


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Serve in a thread."""
    with _Server((HOST, 0), _Handler) as server:
        server.upstream = Upstream(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield server.upstream
        finally:
            server.upstream.may_finish.set()
            server.shutdown()
            thread.join()
