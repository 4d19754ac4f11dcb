"""Audio fetched from links that somebody else has stated, on the assumption that any of them may lead anywhere."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

import httpcore
import httpx

from sync.errors import AudioNotYet, AudioRefused, QuotaRefused, Stopped, StorageUnusable
from sync.guarded import PublicOnly
from sync.links import Origin, Trusted, mended, redirected
from sync.posting import Verdict, judge
from sync.sounds import HEAD_BYTES, content_type, missing_bytes, what_else
from sync.storage import StoredObject

_MOST_REDIRECTS: Final = 5
_PATIENCE_SECONDS: Final = 30.0
_MOST_SAID_BYTES: Final = 10_000
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_HEADERS: Final = {"accept": "audio/*, */*;q=0.5", "accept-encoding": "identity", "user-agent": "victorysync"}
_BROKEN: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol)


class Access(Protocol):
    """The right to ask one host, the account's own API, as the account."""

    @property
    def base_url(self) -> str:
        """Where the API answers: the only host that may be shown the credentials."""

    def headers(self, *, is_refused: bool) -> Mapping[str, str]:
        """Credentials for one more request, which is counted; other ones than those that were refused just now."""

    def on_quota_refused(self) -> None:
        """MightyCall takes no more requests for now."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    stream: Iterator[bytes]


def _open_pool(backend: httpcore.NetworkBackend | None) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(), network_backend=backend, max_keepalive_connections=0
    )


@dataclass(frozen=True)
class Downloads:
    """Fetches audio: encrypted, from public addresses, within a size and a time, but for hosts that are trusted."""

    largest_bytes: int
    trusted: Sequence[Trusted] = ()
    longest_seconds: float = 200
    is_stopping: Callable[[], bool] = lambda: False
    monotonic: Callable[[], float] = time.monotonic
    guarded: httpcore.ConnectionPool = field(default_factory=lambda: _open_pool(PublicOnly()), repr=False)
    unguarded: httpcore.ConnectionPool = field(default_factory=lambda: _open_pool(None), repr=False)

    def close(self) -> None:
        """Close the connections."""
        self.guarded.close()
        self.unguarded.close()

    def fetch(self, link: str, access: Access, file: BinaryIO) -> StoredObject:
        """Fetch the audio behind a link into an empty file.

        Raises:
            AudioNotYet: it cannot be had now, or not at this link.
            AudioRefused: it is nothing that is kept.
            QuotaSpent, QuotaRefused: the API's own host wants credentials, and has no request left for them.
            ProviderError, UnusableCredentials: it wants credentials, and there are none that are good.
            StorageUnusable: it cannot be written here.
            Stopped: the process was asked to end.
        """
        deadline = self.monotonic() + self.longest_seconds
        url = mended(link, access.base_url)
        for _ in range(_MOST_REDIRECTS + 1):
            found = self._ask(url, access, file, deadline)
            if isinstance(found, StoredObject):
                return found
            url = redirected(url, found)
        raise AudioNotYet("the link to the audio only leads on to further links")

    def _ask(self, url: str, access: Access, file: BinaryIO, deadline: float) -> StoredObject | str:
        """Ask for one URL, with credentials only where the account's own API wants them; where to, if it has moved."""
        is_own = Origin.of(url) == Origin.of(access.base_url)
        credentials: Mapping[str, str] = {}
        secrets = set[str]()
        for wanted in range(3):
            with self._asked(url, credentials, deadline) as answer:
                if answer.status == 200:
                    return self._take(answer, file, deadline)
                if answer.status in _REDIRECTS and "location" in answer.headers:
                    return answer.headers["location"]
                if not is_own:
                    raise AudioNotYet(_refusal(answer.status))
                said = judge(answer.status, self._beginning(answer, deadline), secrets)
            if said.verdict is Verdict.OVER_QUOTA and credentials:
                access.on_quota_refused()
                raise QuotaRefused(said.said)
            if answer.status not in (401, 403) or wanted == 2:
                raise AudioNotYet(f"{_refusal(answer.status)}: {said.said}")
            credentials = access.headers(is_refused=bool(credentials))
            secrets.update(value.removeprefix("Bearer ") for value in credentials.values())
        raise AssertionError

    @contextmanager
    def _asked(self, url: str, credentials: Mapping[str, str], deadline: float) -> Iterator[_Answer]:
        origin = Origin.of(url)
        is_trusted = any(host.covers(origin) for host in self.trusted)
        if origin.scheme != "https" and not is_trusted:
            raise AudioNotYet("the link to the audio is not encrypted (http), and is not followed")
        pool = self.unguarded if is_trusted else self.guarded
        patience = max(0.001, min(_PATIENCE_SECONDS, deadline - self.monotonic()))
        timeouts = {"connect": patience, "read": patience, "write": patience, "pool": patience}
        try:
            with pool.stream(
                "GET", url, headers=list({**_HEADERS, **credentials}.items()), extensions={"timeout": timeouts}
            ) as response:
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                yield _Answer(response.status, headers, response.iter_stream())
        except httpcore.TimeoutException:
            raise AudioNotYet("the audio did not come in time") from None
        except _BROKEN as error:
            raise AudioNotYet(f"the audio did not come to its end: {error or type(error).__name__}") from None

    def _take(self, answer: _Answer, file: BinaryIO, deadline: float) -> StoredObject:
        stated = answer.headers.get("content-length", "")
        if stated.isascii() and stated.isdigit() and len(stated) < 19 and int(stated) > self.largest_bytes:
            raise self._too_large(int(stated))
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise AudioNotYet("the audio came in an encoding that was not asked for")
        head, size, digest = bytearray(), 0, hashlib.sha256()
        for chunk in self._chunks(answer, deadline):
            size += len(chunk)
            if size > self.largest_bytes:
                raise self._too_large(None)
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
                if len(head) == HEAD_BYTES:
                    _recognized(head)
            digest.update(chunk)
            _write(file, chunk)
        kind = _recognized(head)
        is_end_announced = "content-length" in answer.headers or "transfer-encoding" in answer.headers
        if not is_end_announced and (missing := missing_bytes(bytes(head), size)):
            raise AudioNotYet(f"the audio broke off: {missing} bytes of it are missing")
        file.seek(0)
        return StoredObject(file, kind, size, digest.digest())

    def _chunks(self, answer: _Answer, deadline: float) -> Iterator[bytes]:
        for chunk in answer.stream:
            if self.is_stopping():
                raise Stopped("the process was asked to end")
            # The wait for each piece is limited, and so is the one for all of them.
            if self.monotonic() > deadline:
                raise AudioNotYet(f"the audio did not come within {self.longest_seconds:g} seconds")
            yield chunk

    def _beginning(self, answer: _Answer, deadline: float) -> bytes:
        said = bytearray()
        for chunk in self._chunks(answer, deadline):
            said += chunk
            if len(said) >= _MOST_SAID_BYTES:
                break
        return bytes(said[:_MOST_SAID_BYTES])

    def _too_large(self, size_bytes: int | None) -> AudioRefused:
        size = f" ({size_bytes / 2**20:,.0f} MiB)" if size_bytes else ""
        return AudioRefused(f"the audio is larger than the {self.largest_bytes >> 20} MiB that are fetched{size}")


def _recognized(head: bytes | bytearray) -> str:
    kind = content_type(bytes(head))
    if kind is None:
        raise AudioNotYet(f"where the audio should be there is {what_else(bytes(head))}")
    return kind


def _refusal(status: int) -> str:
    match status:
        case 404 | 410:
            return f"there is no audio at this link ({status})"
        case 202 | 204 | 425:
            return f"the audio is not ready yet ({status})"
        case 401 | 403:
            return f"this link does not open the audio, or does not any more ({status})"
    return f"the audio was not given ({status})"


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise StorageUnusable(f"the audio cannot be written to a temporary file: {error.strerror}") from None
