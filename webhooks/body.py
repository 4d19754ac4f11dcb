"""The body of a delivery: its exact bytes, and whether they are what is kept."""

import json
from contextlib import suppress
from typing import Final, NoReturn

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from webhooks.errors import NotJsonError, TooLargeError, UnauthorizedError

LIMIT: Final = 1024 * 1024

_DISCARDED = 16 * LIMIT
_CHUNK = 64 * 1024


def read(request: Request) -> bytes:
    """Read the bytes the signature is over.

    Raises:
        TooLargeError: there are more than 1 MiB, whatever Content-Length says.
        UnauthorizedError: they did not arrive whole.
    """
    # One more than the limit, because a body without Content-Length is cut there without a word.
    request.max_content_length = LIMIT + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        body = None
    except Exception:
        # Cut off, too slow, garbled chunks: each server has its own errors for it.
        raise UnauthorizedError from None
    if body is None or len(body) > LIMIT:
        discard(request)
        raise TooLargeError
    if len(body) < (request.content_length or 0):
        raise UnauthorizedError
    return body


def json_object(body: bytes) -> tuple[str, dict[str, object]]:
    """Return the body as text, and the JSON object that it is; an empty one where it is nested too deeply to be read.

    What is nested so deeply the database cannot read either: it keeps the text, and says so.

    Raises:
        NotJsonError: it is something else.
    """
    try:
        decoded = body.decode()
        # Numbers stay as they are written: only the database needs to know what they are worth.
        value = json.loads(decoded, parse_int=str, parse_float=str, parse_constant=_refuse)
    except RecursionError:
        shell = decoded.strip(" \t\r\n")
        value = {} if (shell[:1], shell[-1:]) == ("{", "}") else None
    except ValueError:
        raise NotJsonError from None
    if not isinstance(value, dict):
        raise NotJsonError
    return decoded, value


def discard(request: Request) -> None:
    """Read on for a while: a sender that is cut off in the middle would not see the answer."""
    stream, discarded = request.environ["wsgi.input"], 0
    with suppress(Exception):
        while discarded < _DISCARDED and (chunk := stream.read(_CHUNK)):
            discarded += len(chunk)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
