"""A tiny provider on a real socket, told by each test what to answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """What the provider was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    content: bytes = b""


@dataclass
class Answer:
    """What the provider says, one piece after another."""

    body: str | bytes | dict[str, Any] = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterator[bytes] | None = None


@dataclass
class Provider:
    """The server's address, what it was asked so far, and how it answers."""

    url: str = ""
    respond: Callable[[Request], Answer] = lambda _: Answer(status=404)
    requests: list[Request] = field(default_factory=list)
    released: Event = field(default_factory=Event)

    def script(self, *answers: Answer) -> None:
        """Give these answers, one a request."""
        left = iter(answers)
        self.respond = lambda _: next(left)


@contextmanager
def serving() -> Iterator[Provider]:
    """Serve on a free port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            content = self._content()
            request = Request(
                self.command,
                parts.path,
                {name: values[0] for name, values in parse_qs(parts.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                content.decode(errors="replace"),
                content,
            )
            provider.requests.append(request)
            answer = provider.respond(request)
            body = json.dumps(answer.body) if isinstance(answer.body, dict) else answer.body
            whole = body.encode() if isinstance(body, str) else body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.pieces is None and "content-length" not in answer.headers:
                self.send_header("content-length", str(len(whole)))
            self.end_headers()
            try:
                for piece in [whole] if answer.pieces is None else answer.pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                pass  # The client has gone, as some tests want it to.

        do_POST = do_DELETE = do_GET  # noqa: N815

        def _content(self) -> bytes:
            if self.headers.get("transfer-encoding") == "chunked":
                pieces = iter(lambda: self.rfile.read(int(self.rfile.readline(), 16) + 2)[:-2], b"")
                return b"".join(pieces)
            return self.rfile.read(int(self.headers.get("content-length", 0)))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield provider
    provider.released.set()
    server.shutdown()
    thread.join()
    server.server_close()
