"""Which headers pass the API's door; what is not named here does not.

Of a request's, `Authorization`, `Cookie`, `apikey` and `X-Api-Grant` would say who asks, `X-Forwarded-For` from where:
that is the door's to say. `Accept-Profile` names another schema. Of an answer's, `Location` and `Content-Location` are
paths that lead nowhere on this side.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from werkzeug.datastructures import Headers

_ASKED: Final = ("Accept", "Accept-Encoding", "If-None-Match", "Range", "Range-Unit")
_ANSWERED: Final = (
    *("Content-Type", "Content-Encoding", "Content-Length", "Content-Range", "Content-Disposition"),
    *("ETag", "Preference-Applied", "Retry-After"),
)
_ACTING: Final = {"rpc/send_message": ("Idempotency-Key",)}
"""What keeps a function that acts outside from acting twice."""
_PREFERENCES: Final = {"count", "handling", "timezone"}
"""Those that shape a reading. `tx=rollback` and the like speak of writing."""


def asked(headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """Pick the request headers that PostgREST is to see, as bytes."""
    for name in _ASKED:
        if name in headers:
            yield _encoded(name, headers[name])
    preferences = [each.strip() for each in headers.get("Prefer", "").split(",")]
    kept = [each for each in preferences if each.partition("=")[0].strip().lower() in _PREFERENCES]
    if kept:
        yield _encoded("Prefer", ", ".join(kept))


def described(resource: str, headers: Headers) -> Iterator[tuple[bytes, bytes]]:
    """Pick the headers that describe a request's body; one that comes in chunks has no length yet."""
    length = () if "Transfer-Encoding" in headers else ("Content-Length",)
    for name in ("Content-Type", *length, *_ACTING.get(resource, ())):
        if name in headers:
            yield _encoded(name, headers[name])


def answered(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pick the answer's headers that the caller is to see."""
    return [(name, headers[name]) for name in _ANSWERED if name in headers]


def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode("ascii"), value.encode("latin-1")
