"""gunicorn, set up for deliveries."""

import logging
import re
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from webhooks import signature
from webhooks.app import create_app
from webhooks.config import Config

# Names of tables and functions may be told; the path of a delivery may end with a token.
_FAILED = re.compile(r"Error handling request(?: \(no URI read\)| [A-Z]+(?: /api/v1/[a-z_/]*)?)?")


class Server(BaseApplication):  # type: ignore[misc]
    """The app in worker processes of many connections each; SIGTERM finishes what is in flight."""

    def __init__(self, config: Config) -> None:
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        """Set up gunicorn."""
        settings = {
            "bind": f"{self._config.host}:{self._config.port}",
            "workers": self._config.workers,
            "worker_connections": self._config.connections,
            "worker_class": "webhooks.worker.Worker",
            "http_parser": "python",
            "limit_request_line": 8190,  # the most there is: a question to the API may be long
            "keepalive": 15,
            "graceful_timeout": 10,
            "control_socket_disable": True,
            "pre_request": drop_repeated_signature,
            "worker_exit": close,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)
        logging.getLogger("gunicorn.error").addFilter(leave_out_what_was_sent)

    def load(self) -> Flask:
        """Make the app, in each worker: connections do not survive a fork."""
        return create_app(self._config)


def leave_out_what_was_sent(record: logging.LogRecord) -> bool:
    """Cut a line about a malformed or failed request before what it quotes: paths, queries and headers hold secrets."""
    text = record.getMessage()
    if text.startswith("Invalid request from ip="):
        record.msg, record.args = text.partition(": ")[0], ()
    elif failed := _FAILED.match(text):
        record.msg, record.args = failed[0], ()
    return True


def drop_repeated_signature(_worker: Any, request: Any) -> None:
    """Take away a signature header that was sent twice; once folded into WSGI's form it would look like a list."""
    name = signature.HEADER.upper()
    if sum(header == name for header, _ in request.headers) > 1:
        request.headers = [header for header in request.headers if header[0] != name]


def close(_arbiter: Any, worker: Any) -> None:
    """Give the connections back when a worker ends."""
    worker.app.wsgi().extensions["opened"].close()
