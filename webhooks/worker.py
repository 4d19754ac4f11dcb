import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer
from gunicorn.http.errors import NoMoreData  # type: ignore[import-untyped]
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from gevent import Greenlet

SILENCE_SECONDS: Final = 5
"""Of a sender in the middle of a body."""
STALL_SECONDS: Final = 10
"""Of one who takes no more of a piece of its answer."""
LINGER_SECONDS: Final = 2
NOTICE_SECONDS: Final = 1
ARRIVAL_SECONDS: Final = 0.1


class Worker(GeventWorker):  # type: ignore[misc]
    """gunicorn's worker of many connections in one thread: who is slow holds nothing that others wait for.

    Beside gunicorn, it drops who falls silent, waits until one who is still sending has seen the answer, and ends as
    soon as what is in flight is answered, however many connections are idle.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._idle: set[Greenlet[..., None]] = set()
        self._ending = Event()

    def run(self) -> None:
        """Serve until told to end, then finish what is in flight."""
        connections = Pool(self.worker_connections)
        [listening] = self.sockets
        server = StreamServer(listening, handle=partial(self.handle, listening), spawn=connections)
        # The processes take turns.
        server.max_accept = 1
        server.start()
        while self.alive:
            self.notify()
            self._ending.wait(NOTICE_SECONDS)
        server.close()
        # A request may be on its way on a connection that is kept.
        connections.join(ARRIVAL_SECONDS)
        for waiting in [*self._idle]:
            waiting.kill(NoMoreData(), block=False)
        connections.join(self.cfg.graceful_timeout)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Be told to end."""
        super().handle_exit(sig, frame)
        self._ending.set()

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Wait for the next request of a connection, its head included."""
        greenlet: Any = gevent.getcurrent()
        self._idle.add(greenlet)
        try:
            with suppress(gevent.Timeout), gevent.Timeout(self.cfg.keepalive):
                yield
        finally:
            self._idle.discard(greenlet)

    def load_wsgi(self) -> None:
        """Make the app; who takes its answer may take longer than who sends a body."""
        super().load_wsgi()
        app: Any = self.app.wsgi()

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            def start(*arguments: Any) -> Any:
                environ["gunicorn.socket"].settimeout(STALL_SECONDS)
                return start_response(*arguments)

            return app(environ, start)

        self.wsgi = answer

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Handle a request; while its body is awaited, or its answer taken, nobody may be silent for long."""
        sock.settimeout(SILENCE_SECONDS)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except StopIteration:
            _linger(sock)
            raise
        except TimeoutError:
            raise StopIteration from None
        finally:
            sock.settimeout(None)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Answer what is no request."""
        super().handle_error(req, client, addr, exc)
        _linger(client)


def _linger(connection: socket.socket) -> None:
    """Hear out who is still sending and, cut off at once, would not see the answer."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + LINGER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65536):
                break
