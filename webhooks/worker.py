import socket
import time
from contextlib import suppress
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

LINGER_SECONDS: Final = 2


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, with nothing to wait for in the main one, which accepts for all of them.

    There gunicorn lingers on a connection that it closes, for up to two seconds, until the caller closes it too: one
    who is slow to do so, as who reads a long answer over a slow line, would keep deliveries from being accepted.
    """

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Handle a request; if it is the connection's last and was read to its end, there is nothing to linger for."""
        keeps = super().handle_request(req, conn)
        if not keeps and conn.parser.finish_body(time.monotonic() + LINGER_SECONDS):
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)
        return keeps

    def handle(self, conn: Any) -> Any:
        """Handle what comes on a connection, and linger here, in its own thread, if it ends."""
        result = super().handle(conn)
        if result is False:
            _linger(conn.sock)
        return result


def _linger(connection: socket.socket) -> None:
    """Hear out who is still sending and, cut off at once, would not see the answer; then leave nothing to wait for."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        deadline = time.monotonic() + LINGER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65536):
                break
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
