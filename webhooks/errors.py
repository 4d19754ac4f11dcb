"""The refusals. Each has one answer, so that what is refused for different reasons cannot be told apart."""

import logging
import traceback
from collections.abc import Mapping
from typing import ClassVar

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)


class WebhooksError(Exception):
    """Base of everything this package raises: a status, a stable code and a message for people."""

    status: ClassVar[int]
    code: ClassVar[str]
    message: ClassVar[str]
    headers: Mapping[str, str] = {}


class UnauthorizedError(WebhooksError):
    """The delivery is not proven to come from the integration; which proof failed is not told."""

    status = 401
    code = "unauthorized"
    message = "The delivery is not proven to come from a known integration."


class NotJsonError(WebhooksError):
    """The delivery is authenticated, but its body is not a JSON object in UTF-8."""

    status = 400
    code = "not_json"
    message = "The body is not a JSON object in UTF-8."


class TooLargeError(WebhooksError):
    """The body is larger than any delivery."""

    status = 413
    code = "too_large"
    message = "A delivery has at most 1 MiB."


class UnavailableError(WebhooksError):
    """Nothing could be kept now; the sender should try again."""

    status = 503
    code = "unavailable"
    message = "The delivery could not be kept now. Please send it again."
    headers: Mapping[str, str] = {"Retry-After": "5"}


class RefusedError(UnavailableError):
    """The database is there but refused the statement; a part of it may be acceptable."""


def register(app: Flask) -> None:
    """Make every error an answer in JSON."""

    @app.errorhandler(WebhooksError)
    def refuse(error: WebhooksError) -> ResponseReturnValue:
        return jsonify(error=error.code, message=error.message), error.status, dict(error.headers)

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        headers = [
            (name, value) for name, value in error.get_headers() if name not in {"Content-Type", "Content-Length"}
        ]
        return (
            jsonify(error=error.name.lower().replace(" ", "_"), message=error.description),
            error.code or 500,
            headers,
        )

    @app.errorhandler(Exception)
    def fail(error: Exception) -> ResponseReturnValue:
        # Neither the path nor the error's words, as Flask would: both may quote a token or what was sent.
        log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        return jsonify(error="internal_server_error", message="Something went wrong here."), 500
