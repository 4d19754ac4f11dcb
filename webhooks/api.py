"""The door for API keys: `/api/v1/<table or view>` and `/api/v1/rpc/<function>`, answered by PostgREST.

A key is exchanged for a grant, which is good for one minute and says to PostgREST whose question it is. What the key
may read is decided there, by policies; here is only decided what is passed on.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from errno import ECONNRESET
from http import HTTPStatus
from itertools import chain
from typing import Final

import httpx
from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webhooks import api_body, api_headers, api_key, body
from webhooks.api_errors import (
    DatabaseAwayError,
    LargeRequestError,
    TooManyRequestsError,
    UnknownKeyError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from webhooks.database import Admission
from webhooks.errors import UnavailableError
from webhooks.rest import Rest
from webhooks.slots import Slots

PREFIX: Final = "/api/v1/"

_NAME = re.compile(r"[a-z_]+")

Admit = Callable[[bytes, bytes, datetime], Admission]


def blueprint(
    admit: Admit, rest: Rest, slots: Slots, now: Callable[[], datetime], new_grant: Callable[[], str]
) -> Blueprint:
    """Build the door from its parts.

    Args:
        admit: counts a request of a key, given the hashes of its secret and of the grant.
        rest: answers.
        slots: as many requests are answered at a time.
        now: the time by which a key's minute is counted.
        new_grant: makes a secret of 256 bits.
    """
    door = Blueprint("api", __name__)

    @door.route(f"{PREFIX}<name>", methods=["GET"], provide_automatic_options=False)
    def read(name: str) -> ResponseReturnValue:
        return _answer(name)

    @door.route(f"{PREFIX}rpc/<name>", methods=["GET", "POST"], provide_automatic_options=False)
    def call(name: str) -> ResponseReturnValue:
        return _answer(name, "rpc/")

    @door.after_request
    def describe(response: Response) -> Response:
        response.headers["Cache-Control"] = "private, no-cache"
        admission: Admission | None = g.get("admission")
        if admission:
            response.headers["RateLimit-Limit"] = str(admission.request_limit)
            response.headers["RateLimit-Remaining"] = str(admission.remaining)
            response.headers["RateLimit-Reset"] = str(admission.reset_seconds)
        return response

    def _answer(name: str, folder: str = "") -> Response:
        _check_path(folder, name)
        secret = api_key.secret_of(request.headers)
        # What is held until the answer is sent or given up.
        with ExitStack() as held:
            held.enter_context(slots.one())
            answer = _asked(f"{folder}{name}", secret)
            held.callback(answer.close)
            pieces = rest.pieces(answer)
            # While nothing is sent yet, a failure still has an answer of its own.
            first = next(pieces, b"")
            response = Response(chain([first] if first else [], _broken_off(pieces)), _status(answer))
            response.headers.clear()
            response.headers.extend(api_headers.answered(answer.headers))
            response.call_on_close(held.pop_all().close)
        return response

    def _asked(resource: str, secret: str) -> httpx.Response:
        try:
            sent = api_body.sent(request)
            grant = new_grant()
            _admit(secret, grant)
            headers = [*api_headers.asked(request.headers)]
            if sent:
                headers += api_headers.described(resource, request.headers)
            return rest.open(request.method, resource, request.query_string, grant, headers, sent)
        except LargeRequestError:
            body.discard(request)
            raise

    def _admit(secret: str, grant: str) -> None:
        try:
            admission = admit(api_key.digest(secret), api_key.digest(grant), now())
        except UnavailableError:
            raise DatabaseAwayError from None
        if admission.outcome == "unknown":
            raise UnknownKeyError
        g.admission = admission
        if admission.outcome != "granted":
            raise TooManyRequestsError(max(1, admission.reset_seconds or 0))

    return door


def _check_path(folder: str, name: str) -> None:
    """See to it that the path has one spelling: as it is, without escapes."""
    plain: str = request.environ["RAW_URI"].partition("?")[0]
    if not _NAME.fullmatch(name) or not plain.endswith(f"{PREFIX}{folder}{name}"):
        raise NotFound


def _status(answer: httpx.Response) -> int:
    """Return the status for the caller, whom PostgREST takes for a stranger without a JWT; the key is known here."""
    return HTTPStatus.FORBIDDEN if answer.status_code == HTTPStatus.UNAUTHORIZED else answer.status_code


def _broken_off(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pass on what comes; when it breaks off, break off too, which is all that can still be said."""
    try:
        yield from pieces
    except (UpstreamUnavailableError, UpstreamTimeoutError):
        raise ConnectionResetError(ECONNRESET, "the answer broke off") from None
