"""gunicorn, set up for deliveries."""

import socket
import struct
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from webhooks import signature
from webhooks.app import create_app
from webhooks.config import Config

SILENCE_SECONDS: Final = 5


class Server(BaseApplication):  # type: ignore[misc]
    """The app in worker processes of several threads each; SIGTERM finishes what is in flight."""

    def __init__(self, config: Config) -> None:
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        """Set up gunicorn."""
        settings = {
            "bind": f"{self._config.host}:{self._config.port}",
            "workers": self._config.workers,
            "threads": self._config.threads,
            "worker_class": "gthread",
            "http_parser": "python",
            "keepalive": 15,
            "graceful_timeout": 10,
            "control_socket_disable": True,
            "when_ready": limit_silence,
            "pre_request": drop_repeated_signature,
            "worker_exit": close,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the app, in each worker: threads and connections do not survive a fork."""
        return create_app(self._config)


def limit_silence(arbiter: Any) -> None:
    """Let a sender that falls silent in the middle of a request hold a thread no longer than a few seconds.

    gunicorn has no such limit; connections inherit the listening socket's.
    """
    limit = struct.pack("@ll", SILENCE_SECONDS, 0)
    for listener in arbiter.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)


def drop_repeated_signature(_worker: Any, request: Any) -> None:
    """Take away a signature header that was sent twice; once folded into WSGI's form it would look like a list."""
    name = signature.HEADER.upper()
    if sum(header == name for header, _ in request.headers) > 1:
        request.headers = [header for header in request.headers if header[0] != name]


def close(_arbiter: Any, worker: Any) -> None:
    """Give the connections back when a worker ends."""
    worker.wsgi.extensions["database"].close()
