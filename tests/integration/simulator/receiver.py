"""A real HTTP receiver for webhooks."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any


@dataclass(frozen=True)
class Received:
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)
        return payload


class Receiver:
    """Keeps what it is sent; `answer` decides the status of each delivery."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.checks: list[Received] = []
        self.connections = 0
        self.answer: Callable[[Received], int] = lambda _: 200
        self._changed = Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                receiver.connections += 1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                received = Received(body, {name.lower(): value for name, value in self.headers.items()})
                status = 200
                with receiver._changed:
                    (receiver.received if body else receiver.checks).append(received)
                    receiver._changed.notify_all()
                if body:
                    status = receiver.answer(received)
                self.send_response(status)
                if echo := self.headers.get("Echo"):
                    self.send_header("Echo", echo)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A connection that is kept open has a thread that waits for the next request.
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/1"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def wait_for(self, is_there: Callable[["Receiver"], bool], seconds: float = 60) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: is_there(self), seconds), [r.body for r in self.received]

    def types(self, call_id: str) -> list[str]:
        return [r.event["EventType"] for r in self.received if r.event["Body"]["Id"] == call_id]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
