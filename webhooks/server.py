"""gunicorn, set up for deliveries."""

import logging
import re
import socket
import struct
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from webhooks import signature
from webhooks.app import create_app
from webhooks.config import Config

SILENCE_SECONDS: Final = 5
STALL_SECONDS: Final = 10

# Names of tables and functions may be told; the path of a delivery may end with a token.
_FAILED = re.compile(r"Error handling request(?: \(no URI read\)| [A-Z]+(?: /api/v1/[a-z_/]*)?)?")


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
            "worker_class": "webhooks.worker.Worker",
            "http_parser": "python",
            "limit_request_line": 8190,  # the most there is: a question to the API may be long
            "keepalive": 15,
            "graceful_timeout": 10,
            "control_socket_disable": True,
            "when_ready": limit_silence,
            "pre_request": drop_repeated_signature,
            "worker_exit": close,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)
        logging.getLogger("gunicorn.error").addFilter(leave_out_what_was_sent)

    def load(self) -> Flask:
        """Make the app, in each worker: threads and connections do not survive a fork."""
        return create_app(self._config)


def limit_silence(arbiter: Any) -> None:
    """Let nobody hold a thread for long who falls silent in the middle of a request or takes no more of an answer.

    gunicorn has no such limits; connections inherit the listening socket's.
    """
    for listener in arbiter.LISTENERS:
        for option, seconds in ((socket.SO_RCVTIMEO, SILENCE_SECONDS), (socket.SO_SNDTIMEO, STALL_SECONDS)):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", seconds, 0))


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
    worker.wsgi.extensions["opened"].close()
