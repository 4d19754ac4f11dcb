"""gunicorn, set up for deliveries."""

from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from webhooks import signature
from webhooks.app import create_app
from webhooks.config import Config

SLOW_SENDER_SECONDS: Final = 10


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
            "pre_request": prepare,
            "worker_exit": close,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the app, in each worker: threads and connections do not survive a fork."""
        return create_app(self._config)


def prepare(_worker: Any, request: Any) -> None:
    """Look at a request while it is not yet folded into WSGI's form.

    There a header that was sent twice looks like a list of values, so a repeated signature is taken away here.
    """
    if sum(name == signature.HEADER.upper() for name, _ in request.headers) > 1:
        request.headers = [header for header in request.headers if header[0] != signature.HEADER.upper()]
    request.unreader.sock.settimeout(SLOW_SENDER_SECONDS)


def close(_arbiter: Any, worker: Any) -> None:
    """Give the connections back when a worker ends."""
    worker.wsgi.extensions["database"].close()
