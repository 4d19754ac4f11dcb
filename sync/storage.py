import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import httpx
from pydantic import SecretStr

from sync.errors import ObjectDeferred, ObjectRefused, Stopped, StorageUnusable
from sync.words import excerpt, redacted

BUCKET: Final = "recordings"
_PIECE_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class StoredObject:
    """What Storage is to keep, in a file that is positioned at its beginning."""

    file: BinaryIO
    content_type: str
    size_bytes: int
    sha256: bytes


class _Answer:
    """What Storage answered: hosted Storage sends most refusals with 400 and the status that it means in the body."""

    def __init__(self, response: httpx.Response, key: str) -> None:
        try:
            self.body = response.json()
        except ValueError:
            self.body = None
        known = self.body if isinstance(self.body, dict) else {}
        meant = str(known.get("statusCode", ""))
        self.status = int(meant) if not response.is_success and meant.isdecimal() else response.status_code
        said = excerpt(redacted(str(known.get("message") or known.get("error") or ""), [key]))
        self.words = f"{self.status}: {said}" if said else f"{self.status}"

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Storage:
    """A bucket of Supabase Storage, as the service: it keeps objects and removes them."""

    url: str
    """Where it answers, without a slash at the end: `https://<project>.supabase.co/storage/v1`."""
    key: SecretStr
    http: httpx.Client
    bucket: str = BUCKET
    content: str = "audio"
    """What the objects are, in words."""
    timeout_seconds: float = 60
    """How long one answer may take, and each piece of what is sent."""
    longest_seconds: float = 200
    """How long the sending of one object may take."""
    is_stopping: Callable[[], bool] = field(default=lambda: False, repr=False)
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)

    def check(self) -> None:
        """Ask for the bucket.

        Raises:
            StorageUnusable: it is not there, or not for us.
        """
        answer = self._ask("GET", f"/bucket/{self.bucket}")
        if answer.is_success and isinstance(answer.body, dict) and answer.body.get("id") == self.bucket:
            return
        raise StorageUnusable(f"Storage does not show the bucket {self.bucket} (it answers {answer.words})")

    def keep(self, name: str, stored: StoredObject) -> None:
        """Write an object, in the place of one of that name.

        Raises:
            ObjectDeferred: Storage did not take it this time.
            ObjectRefused: Storage takes no such object.
            StorageUnusable: Storage takes nothing from us.
            Stopped: the process was asked to end.
        """
        headers = {
            "content-type": stored.content_type,
            "content-length": str(stored.size_bytes),
            "x-upsert": "true",
            "cache-control": "no-store",
        }
        try:
            answer = self._ask("POST", f"/object/{self.bucket}/{name}", content=self._pieces(stored), headers=headers)
        except httpx.ConnectError as error:
            raise StorageUnusable(f"Storage cannot be reached: {error}") from None
        except httpx.HTTPError as error:
            raise ObjectDeferred(f"Storage did not take the {self.content}: {error or type(error).__name__}") from None
        key = answer.body.get("Key") if isinstance(answer.body, dict) else None
        if answer.is_success and key == f"{self.bucket}/{name}":
            return
        if answer.status in (401, 403, 404, 429):
            raise StorageUnusable(f"Storage takes nothing from us ({answer.words})")
        if answer.status == 413:
            size = f"{stored.size_bytes / 2**20:,.1f} MiB"
            raise ObjectRefused(
                f"the {self.content} is larger than what Storage takes ({size}; it answers {answer.words})"
            )
        if answer.status == 415:
            raise ObjectRefused(f"Storage does not take {stored.content_type} ({answer.words})")
        raise ObjectDeferred(f"Storage did not take the {self.content} ({answer.words})")

    def remove(self, name: str) -> None:
        """Remove an object; that there is none of that name is as good.

        Raises:
            StorageUnusable: Storage did not do it.
        """
        answer = self._ask("DELETE", f"/object/{self.bucket}", content=json.dumps({"prefixes": [name]}).encode())
        if not answer.is_success or not isinstance(answer.body, list):
            raise StorageUnusable(f"Storage did not remove an object ({answer.words})")

    def _ask(self, method: str, path: str, **request: Any) -> _Answer:
        key = self.key.get_secret_value()
        headers = {"authorization": f"Bearer {key}", "apikey": key, "content-type": "application/json"}
        headers |= request.pop("headers", {})
        try:
            response = self.http.request(
                method, self.url + path, headers=headers, timeout=self.timeout_seconds, **request
            )
        except httpx.HTTPError as error:
            if method == "POST":
                raise
            raise StorageUnusable(f"Storage cannot be reached: {error or type(error).__name__}") from None
        return _Answer(response, key)

    def _pieces(self, stored: StoredObject) -> Iterator[bytes]:
        deadline = self.monotonic() + self.longest_seconds
        while piece := stored.file.read(_PIECE_BYTES):
            if self.is_stopping():
                raise Stopped("the process was asked to end")
            if self.monotonic() > deadline:
                raise ObjectDeferred(f"Storage did not take the {self.content} within {self.longest_seconds:g} seconds")
            yield piece
