"""Token mode: a secret in the path, for accounts that cannot sign, and the key by which a payload names its account."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

_NO_LETTER = re.compile(r"[^a-z]")


def is_valid(token: str, hashes: Iterable[bytes]) -> bool:
    """Tell whether a token is one of those known by these SHA-256, in time that does not depend on which."""
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
    return any([hmac.compare_digest(digest, known) for known in hashes])  # noqa: C419


def names_another_account(payload: Mapping[str, object], api_keys: Iterable[bytes]) -> bool:
    """Tell whether a payload carries an `ApiKey`, however spelled, that is none of these; null and "" are no key."""
    carried = [value for name, value in payload.items() if _is_api_key(name) and value not in (None, "")]
    expected = [*api_keys]
    return not all(_is_one_of(value, expected) for value in carried)


def _is_api_key(name: str) -> bool:
    return _NO_LETTER.sub("", name.lower()) in {"apikey", "xapikey"}


def _is_one_of(value: object, api_keys: Iterable[bytes]) -> bool:
    if not isinstance(value, str):
        return False
    given = value.encode("utf-8", "surrogatepass")
    return any([hmac.compare_digest(given, key) for key in api_keys])  # noqa: C419
