"""The body of an API request: passed on while it comes, and never more than the limit of it."""

from collections.abc import Iterator
from typing import Final

from flask import Request

from webhooks import body
from webhooks.api_errors import BrokenRequestError, LargeRequestError

_PIECE: Final = 64 * 1024


def sent(request: Request) -> bytes | Iterator[bytes] | None:
    """Return what a request sends along: nothing unless it is a POST, else its bytes as they arrive.

    Raises:
        LargeRequestError: at once if its length says so, else while it is read.
        BrokenRequestError: while it is read, when it does not arrive whole.
    """
    if request.method != "POST":
        return None
    if (request.content_length or 0) > body.LIMIT:
        raise LargeRequestError
    if "Transfer-Encoding" not in request.headers and not request.content_length:
        return b""
    return _pieces(request)


def _pieces(request: Request) -> Iterator[bytes]:
    stream, count = request.environ["wsgi.input"], 0
    while True:
        try:
            piece = stream.read(_PIECE)
        except Exception:
            # Cut off, too slow, garbled chunks: each server has its own errors for it.
            raise BrokenRequestError from None
        if not piece:
            break
        count += len(piece)
        if count > body.LIMIT:
            raise LargeRequestError
        yield piece
    if count < (request.content_length or 0):
        raise BrokenRequestError
