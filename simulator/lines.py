"""Connections to receivers, kept open between deliveries: the standard library's, for a fraction of a client's cost."""

import select
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from urllib.parse import urlsplit

KEPT_PER_TARGET = 64


class NoAnswerError(Exception):
    """Nothing, or nothing intelligible, came back in time."""


class Lines:
    """Open connections by target; as many as there are deliveries at once, and each is used again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: dict[tuple[str, str], list[HTTPConnection]] = {}
        self._is_closed = False

    def post(self, url: str, body: bytes, headers: dict[str, str], *, timeout: float, patience: float) -> int:
        """Post and return the status.

        Args:
            url: where to.
            body: what to send.
            headers: with it.
            timeout: seconds for the connection.
            patience: seconds to wait for the answer.

        Raises:
            NoAnswerError: there was none.
        """
        parts = urlsplit(url)
        target = (parts.scheme, parts.netloc)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line = self._take(target) or self._open(target)
        try:
            line.timeout = timeout
            if line.sock is None:
                line.connect()
            line.sock.settimeout(timeout)
            line.request("POST", path, body, headers)
            # Zero would mean not to block at all.
            line.sock.settimeout(max(patience, 1e-6))
            answer = line.getresponse()
            answer.read()
        except (OSError, HTTPException, ValueError) as error:
            line.close()
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        if line.sock is not None:
            self._keep(target, line)
        return answer.status

    def close(self) -> None:
        """Close what is idle, and what is in use after it."""
        with self._lock:
            self._is_closed = True
            for lines in self._idle.values():
                for line in lines:
                    line.close()
            self._idle.clear()

    @staticmethod
    def _open(target: tuple[str, str]) -> HTTPConnection:
        scheme, netloc = target
        return HTTPSConnection(netloc) if scheme == "https" else HTTPConnection(netloc)

    def _take(self, target: tuple[str, str]) -> HTTPConnection | None:
        with self._lock:
            lines = self._idle.get(target, [])
            while lines:
                line = lines.pop()
                # What can be read before anything was asked is the receiver's goodbye.
                if line.sock is not None and not select.select([line.sock], [], [], 0)[0]:
                    return line
                line.close()
        return None

    def _keep(self, target: tuple[str, str], line: HTTPConnection) -> None:
        with self._lock:
            lines = self._idle.setdefault(target, [])
            if self._is_closed or len(lines) >= KEPT_PER_TARGET:
                line.close()
            else:
                lines.append(line)
