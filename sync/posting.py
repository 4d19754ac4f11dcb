"""A POST that must not be made twice: what came of it is told apart by whether MightyCall can have heard of it."""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import httpx

from sync import rawjson
from sync.errors import NoAnswer, NothingSent
from sync.words import excerpt, redacted

_LARGEST_ANSWER_BYTES: Final = 1024 * 1024
_MOST_READ_BYTES: Final = 10_000
_NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_DENIED: Final = re.compile(r"authorization has been denied", re.IGNORECASE)
_QUOTA: Final = re.compile(r"limit|quota|too many", re.IGNORECASE)
# Not any limit: that of an account's credit is for people to read.
_DAILY_LIMIT: Final = re.compile(r"\W*(api |daily |request |requests )*limit exceeded\W*", re.IGNORECASE)
_MESSAGES: Final = ("message", "error_description", "error")
_ERROR_MESSAGES: Final = ("message", "errorMessage", "description", "error")
_IDS: Final = ("id", "messageId", "requestGuid", "callId", "guid")


class Verdict(Enum):
    """What an answer means."""

    TAKEN = auto()
    REFUSED = auto()
    """Nothing was done, and would not be if it were asked again."""
    DENIED = auto()
    """Nothing was done: the access token is no longer good."""
    OVER_QUOTA = auto()
    """Nothing was done: no more requests today."""
    NO_SUCH_PATH = auto()
    """Nothing was done: this host does not serve that path."""
    UNCLEAR = auto()
    """It may have been done."""


@dataclass(frozen=True)
class Answer:
    """What MightyCall answered."""

    verdict: Verdict
    said: str
    """Its words, or what it answered where it has none; without secrets, in one line."""
    provider_id: str | None = None
    """What it calls the thing that was made."""


@dataclass(frozen=True)
class Poster:
    """Makes POST requests, each on a connection of its own: one that was kept might be closed under the request."""

    http: httpx.Client
    timeout_seconds: float
    monotonic: Callable[[], float] = time.monotonic

    def post(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str], secrets: Collection[str]) -> Answer:
        """Make one request, once.

        Raises:
            NothingSent: no connection came about.
            NoAnswer: the request may have arrived; no answer came, or not in time.
        """
        deadline = self.monotonic() + self.timeout_seconds
        status = None
        try:
            with self.http.stream(
                "POST", url, json=body, headers={**headers, "connection": "close"}, timeout=self.timeout_seconds
            ) as response:
                status = response.status_code
                content = self._read(response, deadline)
        except _NEVER_LEFT as error:
            raise NothingSent(f"MightyCall cannot be reached: {error or type(error).__name__}") from None
        except httpx.HTTPError as error:
            if status is not None and 400 <= status < 500:
                return judge(status, b"", secrets)
            what = "in time" if isinstance(error, httpx.TimeoutException) else "to its end"
            raise NoAnswer(f"MightyCall's answer did not come {what}") from None
        return judge(status, content, secrets)

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            # httpx limits the wait for each piece of an answer, not for all of it.
            if self.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer came too slowly", request=response.request)
            if len(body) > _LARGEST_ANSWER_BYTES:
                raise httpx.ReadError("the answer is too large", request=response.request)
        return bytes(body)


def judge(status: int, body: bytes, secrets: Collection[str]) -> Answer:
    """What an answer means, by what it says as much as by its status; `secrets` are not quoted."""
    answer = _members(body.decode(errors="replace").removeprefix("\ufeff").strip())
    data = _members((answer or {}).get("data", "")) or {}
    errors = [words for known in (answer or {}, data) for words in _errors(known.get("errors", ""))]
    stated = "; ".join(errors) or _first(_MESSAGES, answer or {}, data)
    text = stated if isinstance(stated, str) else body[:_MOST_READ_BYTES].decode(errors="replace")
    words = excerpt(redacted(text, secrets))  # In this order: half a secret would not be recognized.
    said = words or f"MightyCall answered {status} and nothing else"
    if status >= 500 or (status < 300 and answer is None):
        return Answer(Verdict.UNCLEAR, f"MightyCall answered {status}" + (f": {words}" if words else ""))
    if status < 300 and not errors and _first(("issuccess",), answer or {}) is not False:
        return Answer(Verdict.TAKEN, said, _provider_id(data, answer or {}))
    if status == 401 or _DENIED.search(words):
        return Answer(Verdict.DENIED, said)
    if status == 429 or (status == 403 and (not words or _QUOTA.search(words))) or _DAILY_LIMIT.fullmatch(words):
        return Answer(Verdict.OVER_QUOTA, said)
    if status in (404, 405):
        return Answer(Verdict.NO_SUCH_PATH, said)
    return Answer(Verdict.REFUSED, said)


def _members(text: str) -> dict[str, str] | None:
    """The members of an object, by their names in lower case, as raw JSON; none where it is no object."""
    try:
        return {name.lower(): raw for name, raw in rawjson.members(text).items()}
    except ValueError:
        return None


def _first(names: Sequence[str], *objects: Mapping[str, str]) -> str | bool | None:
    values = (rawjson.scalar(known[name.lower()]) for known in objects for name in names if name.lower() in known)
    return next((value for value in values if value not in (None, "")), None)


def _errors(raw: str) -> list[str]:
    """What stands in `errors`, which may come beside a message of success."""
    elements = rawjson.elements(raw) if raw.startswith("[") else []
    return [str(rawjson.scalar(each) or _first(_ERROR_MESSAGES, _members(each) or {}) or each) for each in elements]


def _provider_id(*objects: Mapping[str, str]) -> str | None:
    found = _first(_IDS, *objects)
    return found if isinstance(found, str) and found.strip("0-") else None
