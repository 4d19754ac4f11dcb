"""The API key that a request carries: its secret, which the database knows by its hash alone."""

import hashlib
import re
from typing import Final

from werkzeug.datastructures import Headers

from webhooks.api_errors import UnknownKeyError

HEADER: Final = "X-Api-Key"

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)
_SECRET = re.compile(r"vsk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def secret_of(headers: Headers) -> str:
    """Return the secret from `Authorization: Bearer …` or `X-Api-Key: …`.

    What has not the form of a secret is refused here, without asking the database.

    Raises:
        UnknownKeyError: there is none, a malformed one, or both headers and they differ.
    """
    given = set[str | None]()
    if "Authorization" in headers:
        bearer = _BEARER.fullmatch(headers["Authorization"])
        given.add(bearer and bearer[1])
    if HEADER in headers:
        given.add(headers[HEADER])
    secret = given.pop() if len(given) == 1 else None
    if secret is None or not _SECRET.fullmatch(secret):
        raise UnknownKeyError
    return secret


def digest(secret: str) -> bytes:
    """Return what is kept of a secret or a grant."""
    return hashlib.sha256(secret.encode("ascii")).digest()
