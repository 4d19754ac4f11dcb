"""Connections to receivers, kept open between deliveries and spoken on directly, for a fraction of a client's cost."""

import select
import socket
import ssl
from dataclasses import dataclass
from threading import Lock
from urllib.parse import SplitResult, urlsplit

KEPT_PER_TARGET = 64
LARGEST_HEAD = 65536
PORTS = {"http": 80, "https": 443}

Target = tuple[str, str, int]


class NoAnswerError(Exception):
    """Nothing, or nothing intelligible, came back in time."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    is_kept: bool


class Lines:
    """Open connections by target; as many as there are deliveries at once, and each is used again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: dict[Target, list[socket.socket]] = {}
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
        line = None
        try:
            target = (parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])
            line = self._take(target) or self._open(target, timeout)
            line.settimeout(timeout)
            line.sendall(_head(parts, body, headers) + body)
            # Zero would mean not to block at all.
            line.settimeout(max(patience, 1e-6))
            answer = _read(line)
        except (OSError, ValueError, KeyError) as error:
            if line:
                line.close()
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        if answer.is_kept:
            self._keep(target, line)
        else:
            line.close()
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
    def _open(target: Target, timeout: float) -> socket.socket:
        scheme, host, port = target
        line = socket.create_connection((host, port), timeout)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ssl.create_default_context().wrap_socket(line, server_hostname=host) if scheme == "https" else line

    def _take(self, target: Target) -> socket.socket | None:
        with self._lock:
            lines = self._idle.get(target, [])
            while lines:
                line = lines.pop()
                # What can be read before anything was asked is the receiver's goodbye.
                if not select.select([line], [], [], 0)[0]:
                    return line
                line.close()
        return None

    def _keep(self, target: Target, line: socket.socket) -> None:
        with self._lock:
            lines = self._idle.setdefault(target, [])
            if self._is_closed or len(lines) >= KEPT_PER_TARGET:
                line.close()
            else:
                lines.append(line)


def _head(parts: SplitResult, body: bytes, headers: dict[str, str]) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode("ascii")


def _read(line: socket.socket) -> _Answer:
    """Read one answer: its status, and whether it ended so that the connection can be used again."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _some(line)
        if len(received) > LARGEST_HEAD:
            raise ValueError("the head of the answer does not end")
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
        raise ValueError("the answer is not HTTP")
    headers = {name.lower(): value.strip().lower() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "")
    if not length.isdecimal() or "transfer-encoding" in headers:
        return _Answer(int(rest[:3]), is_kept=False)
    left = int(length) - (len(received) - end - 4)
    while left > 0:
        left -= len(_some(line))
    return _Answer(int(rest[:3]), is_kept=left == 0 and version != "HTTP/1.0" and headers.get("connection") != "close")


def _some(line: socket.socket) -> bytes:
    received = line.recv(65536)
    if not received:
        raise ConnectionResetError("closed without an answer")
    return received
