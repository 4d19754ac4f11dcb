"""PostgREST, as the API's door asks it: bounded in time, its answer as a stream."""

import logging
import string
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote

import httpx

from webhooks.api_errors import BrokenRequestError, UpstreamTimeoutError, UpstreamUnavailableError

CONNECT_SECONDS: Final = 2
WHOLE_SECONDS: Final = 120
LOOK_SECONDS: Final = 2

# PostgREST closes after thirty seconds, sometimes sooner.
_IDLE_SECONDS: Final = 10
_SAFE: Final = string.punctuation.replace("#", "")

log = logging.getLogger(__name__)


class Rest:
    """Connections to one PostgREST.

    Args:
        url: its address, without a slash at the end.
        key: the publishable key that a hosted project wants with every request.
        silence_seconds: how long it may be silent before and within an answer.
        connections: how many there are at most.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        silence_seconds: float,
        connections: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._key = [(b"apikey", key.encode())] if key else []
        self._monotonic = monotonic
        timeout = httpx.Timeout(silence_seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
        context = httpx.create_ssl_context()

        def client(kept: int) -> httpx.Client:
            limits = httpx.Limits(
                max_connections=connections, max_keepalive_connections=kept, keepalive_expiry=_IDLE_SECONDS
            )
            return httpx.Client(verify=context, timeout=timeout, limits=limits, trust_env=False)

        self._kept, self._fresh = client(connections), client(0)

    def open(
        self,
        method: str,
        resource: str,
        query: bytes,
        grant: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        body: bytes | Iterable[bytes] | None = None,
    ) -> httpx.Response:
        """Send a request and return the answer as soon as it begins; the caller closes it.

        Raises:
            BrokenRequestError: HTTP has no form for it.
            UpstreamUnavailableError: PostgREST is not there.
            UpstreamTimeoutError: it does not answer.
        """
        with _judged():
            request = self._request(method, resource, query, grant, headers, body)
            if body is None:
                try:
                    return _sent(self._kept, request)
                except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                    # The connection ended while it was idle, or just now; asking again changes nothing.
                    pass
            # What may be more than a question is sent once, so on a connection that cannot have ended before.
            return _sent(self._fresh, request)

    def pieces(self, answer: httpx.Response) -> Iterator[bytes]:
        """Return an answer's bytes as they come, encoded as they are.

        Raises:
            UpstreamUnavailableError: PostgREST broke off.
            UpstreamTimeoutError: it fell silent, or whoever reads is too slow.
        """
        deadline = self._monotonic() + WHOLE_SECONDS
        with _judged():
            for piece in answer.iter_raw():
                yield piece
                if self._monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer is too long in coming")

    def is_well(self, grant: str) -> bool:
        """Tell whether PostgREST is there and refuses a grant that nobody gave, as it does when it knows of grants."""
        request = self._request("GET", "calls", b"limit=0", grant)
        request.extensions["timeout"] = httpx.Timeout(LOOK_SECONDS).as_dict()
        try:
            return b"api_grant_unknown" in self._fresh.send(request).read()
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Close all connections."""
        self._kept.close()
        self._fresh.close()

    def _request(
        self,
        method: str,
        resource: str,
        query: bytes,
        grant: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        body: bytes | Iterable[bytes] | None = None,
    ) -> httpx.Request:
        # Made by hand, because a client would add headers of its own.
        ours = [(b"user-agent", b"victorysync-api"), (b"x-api-grant", grant.encode()), *self._key]
        target = f"{self._url}/{resource}" + (f"?{quote(query, safe=_SAFE)}" if query else "")
        return httpx.Request(method, target, headers=[*headers, *ours], content=body)


def _sent(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    answer = client.send(request, stream=True)
    # The encoding they are passed on in; any other guess might be something that cannot be written.
    answer.headers.encoding = "latin-1"
    return answer


@contextmanager
def _judged() -> Iterator[None]:
    """Make our own errors of what goes wrong on the way; the messages of httpx quote the query."""
    try:
        yield
    except (httpx.LocalProtocolError, httpx.InvalidURL):
        raise BrokenRequestError from None
    except httpx.HTTPError as error:
        log.error("PostgREST: %s", type(error).__name__)
        is_late = isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout)
        raise (UpstreamTimeoutError if is_late else UpstreamUnavailableError) from None
