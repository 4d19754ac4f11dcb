"""The documents that go with a letter, as Storage holds them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import httpx
from pydantic import SecretStr

from sync.documentstore import BUCKET, CONTENT_TYPES
from sync.errors import LetterDeferred, UnwritableLetter

LARGEST_LETTER_BYTES: Final = 15 * 2**20
"""Of all documents together; encoded they take a third more, and many servers take 25 MB."""
_AWAY: Final = "the report's documents could not be fetched"


class Attachment(NamedTuple):
    """A document to attach."""

    title: str
    format: str
    content: bytes

    @property
    def content_type(self) -> str:
        """What it is, for a mail program."""
        return CONTENT_TYPES[self.format]


class _Document(NamedTuple):
    id: UUID
    title: str
    format: str
    size_bytes: int
    sha256: str

    @classmethod
    def read(cls, details: dict[str, Any]) -> Self:
        if details["format"] not in CONTENT_TYPES:
            raise ValueError(f"a document is of the unknown format {details['format']}")
        return cls(
            UUID(details["id"]), details["title"], details["format"], int(details["size_bytes"]), details["sha256"]
        )


@dataclass(frozen=True)
class Attachments:
    """Fetches documents from Storage, as the service."""

    url: str
    """Where Storage answers, without a slash at the end."""
    key: SecretStr
    http: httpx.Client
    largest_bytes: int = LARGEST_LETTER_BYTES
    timeout_seconds: float = 10
    """How long one answer may take, and each piece of it."""
    longest_seconds: float = 40
    """How long all documents of a letter may take: with the sending, less than a mail's lease."""
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)

    def fetch(self, documents: Sequence[dict[str, Any]]) -> tuple[list[Attachment], int]:
        """Fetch what fits into a letter, in its order; and count what does not.

        Raises:
            UnwritableLetter: a document is described in a way that this version does not know.
            LetterDeferred: Storage did not hand one out, or not as it was stored.
        """
        try:
            wanted = [_Document.read(details) for details in documents]
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise UnwritableLetter(f"a document cannot be attached: {error}") from None
        deadline = self.monotonic() + self.longest_seconds
        room, attached = self.largest_bytes, list[Attachment]()
        for document in wanted:
            if document.size_bytes <= room:
                room -= document.size_bytes
                attached.append(Attachment(document.title, document.format, self._fetch(document, deadline)))
        return attached, len(wanted) - len(attached)

    def _fetch(self, document: _Document, deadline: float) -> bytes:
        key = self.key.get_secret_value()
        headers = {"authorization": f"Bearer {key}", "apikey": key}
        url = f"{self.url}/object/authenticated/{BUCKET}/{document.id}"
        content = bytearray()
        try:
            with self.http.stream("GET", url, headers=headers, timeout=self.timeout_seconds) as response:
                if not response.is_success:
                    raise LetterDeferred(f"Storage answered {response.status_code} for a document", _AWAY)
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > document.size_bytes or self.monotonic() > deadline:
                        break
        except httpx.HTTPError as error:
            raise LetterDeferred(f"Storage cannot be reached: {error or type(error).__name__}", _AWAY) from None
        if sha256(content).hexdigest() != document.sha256:
            raise LetterDeferred("Storage did not hand out a document as it was stored", _AWAY)
        return bytes(content)
