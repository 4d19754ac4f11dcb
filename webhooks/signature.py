"""The signature header: HMAC-SHA256 over the exact bytes of the body, in hexadecimal.

Either case of the digits counts, `sha256=` may stand before them, and several values may be separated by
commas while a secret is being replaced.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from webhooks.errors import UnauthorizedError

HEADER: Final = "X-Signature"

_VALUE = re.compile(r"(?:sha256=)?([0-9A-Fa-f]{64})")


def parse(header: str | None) -> frozenset[bytes]:
    """Read the digests a signature header carries.

    Raises:
        UnauthorizedError: it is missing, or any of its values is malformed or stands there twice.
    """
    values = [_VALUE.fullmatch(value.strip(" \t")) for value in (header or "").split(",")]
    digests = frozenset(bytes.fromhex(value[1]) for value in values if value)
    # Proxies fold a header that was sent twice into one list, so a value that repeats is no rotation.
    if len(digests) < len(values):
        raise UnauthorizedError
    return digests


def is_signed(body: bytes, digests: Iterable[bytes], secrets: Iterable[bytes]) -> bool:
    """Tell whether any of the digests was made with any of the secrets, in time that does not depend on which."""
    expected = [hmac.digest(secret, body, hashlib.sha256) for secret in secrets]
    return any([hmac.compare_digest(digest, candidate) for digest in digests for candidate in expected])  # noqa: C419
