"""One HTTP request to MightyCall: bounded in time and size, its answer an envelope or a readable error."""

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from sync.envelope import Envelope
from sync.errors import (
    AuthorizationDenied,
    MalformedAnswer,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaRefused,
    RequestRefused,
)
from sync.words import excerpt, redacted

_LARGEST_ANSWER_BYTES: Final = 64 * 1024 * 1024
_MOST_READ_BYTES: Final = 10_000
_DENIED: Final = re.compile(r"authorization has been denied", re.IGNORECASE)
_QUOTA: Final = re.compile(r"limit|quota|too many", re.IGNORECASE)
_LIMIT_EXCEEDED: Final = re.compile(r"limit exceeded", re.IGNORECASE)
_NO_SUCH: Final = re.compile(r"no such|not found|does not exist|doesn't exist", re.IGNORECASE)
# What ASP.NET and API gateways say of a path that nothing serves, and of a method that it is not served with.
_NO_ROUTE: Final = re.compile(
    r"no http resource|no route|no method|no action|not allowed|missing authentication", re.IGNORECASE
)
_MESSAGES: Final = ("message", "error_description", "error")


@dataclass(frozen=True)
class Transport:
    """Sends the requests of one integration."""

    http: httpx.Client
    base_url: str
    api_key: str
    timeout_seconds: float
    before_request: Callable[[], None]
    """Runs before each request, and forbids it by raising."""
    on_quota_refused: Callable[[], None] = lambda: None
    """Runs when MightyCall says that the day's requests are used up."""
    monotonic: Callable[[], float] = time.monotonic

    def get(self, path: str, params: Mapping[str, str | int], token: str) -> Envelope:
        """Ask for a resource.

        Raises:
            AuthorizationDenied: the token is no longer good.
            QuotaRefused: the day's requests are used up.
            RequestRefused: any other refusal.
            TransientError: no answer, a 5xx, or an answer that cannot be read.
        """
        return self._send("GET", path, {token}, params=params, headers={"authorization": f"Bearer {token}"})

    def post_form(self, path: str, form: Mapping[str, str]) -> Envelope:
        """Send a form whose values are secrets; the errors are those of `get`."""
        return self._send("POST", path, set(form.values()), data=form)

    def _send(self, method: str, path: str, secrets: set[str], **request: Any) -> Envelope:
        self.before_request()
        headers = {"x-api-key": self.api_key, "accept": "application/json", **request.pop("headers", {})}
        try:
            deadline = self.monotonic() + self.timeout_seconds
            with self.http.stream(
                method, self.base_url + path, headers=headers, timeout=self.timeout_seconds, **request
            ) as response:
                return _judge(response.status_code, self._read(response, deadline), {self.api_key, *secrets})
        except httpx.TimeoutException:
            raise ProviderUnavailable(f"{method} {path}: no answer within {self.timeout_seconds:g} s") from None
        except httpx.HTTPError as error:
            raise ProviderUnavailable(f"{method} {path}: {error or type(error).__name__}") from None
        except ProviderError as error:
            if isinstance(error, QuotaRefused):
                self.on_quota_refused()
            raise type(error)(f"{method} {path}: {error}") from None

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_ANSWER_BYTES:
                raise MalformedAnswer(f"the answer is larger than {_LARGEST_ANSWER_BYTES >> 20} MiB")
            # httpx limits the wait for each piece of an answer, not for all of it.
            if self.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer came too slowly", request=response.request)
        return bytes(body)


def _judge(status: int, body: bytes, secrets: Collection[str]) -> Envelope:
    """Tell an answer from a refusal, by what it says as much as by its status."""
    envelope, problem = _envelope(body)
    if 200 <= status < 300 and envelope is not None and envelope.is_success:
        return envelope
    text = (envelope and envelope.text(*_MESSAGES)) or body[:_MOST_READ_BYTES].decode(errors="replace")
    said = excerpt(redacted(text, secrets))  # In this order: half a secret would not be recognized.
    answered = f"MightyCall answered {status}" + (f": {said}" if said else " and nothing else")
    if status == 401 or _DENIED.search(said):
        raise AuthorizationDenied(answered)
    if status == 429 or (status == 403 and (not said or _QUOTA.search(said))) or _LIMIT_EXCEEDED.search(said):
        raise QuotaRefused(answered)
    if status >= 500:
        raise ProviderUnavailable(answered)
    if envelope is not None and not _NO_ROUTE.search(said) and (status == 404 or _NO_SUCH.search(said)):
        raise NotFound(answered)
    if status >= 300 or envelope is not None:
        raise RequestRefused(answered)
    raise MalformedAnswer(f"{answered} ({problem})")


def _envelope(body: bytes) -> tuple[Envelope | None, str]:
    try:
        return Envelope(body), ""
    except MalformedAnswer as error:
        return None, str(error)
