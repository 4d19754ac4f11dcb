from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sync.database import Database

BUCKET: Final = "reports"
CONTENT_TYPES: Final = {"pdf": "application/pdf", "csv": "text/csv"}
"""Of each format."""


class ClaimedDocument(NamedTuple):
    """A document that is to be made."""

    document_id: UUID
    report: str
    format: str
    """`pdf` or `csv`."""
    title: str
    attempt: int


class DocumentSource(NamedTuple):
    """What goes into a document; one of the three."""

    csv: str | None
    source: dict[str, Any] | None
    problem: str | None
    """Why there is nothing for its owner to see."""


class DocumentStore(Database):
    """What the making and removing of documents needs."""

    def claim_document(self, worker: str, now: datetime) -> ClaimedDocument | None:
        """Take the next document to make, for ten minutes from now; none when there is nothing to do."""
        return self._row(ClaimedDocument, "claim_document", worker, now)

    def document_source(self, document_id: UUID, worker: str, now: datetime) -> DocumentSource | None:
        """Read what its owner may see now."""
        return self._row(DocumentSource, "document_source", document_id, worker, now)

    def finish_document(
        self,
        document_id: UUID,
        worker: str,
        outcome: str,
        *,
        reason: str | None = None,
        size_bytes: int | None = None,
        sha256: bytes | None = None,
        now: datetime,
    ) -> bool:
        """Give a document back: `stored`, `retry` or `failed` with the reason; false when it is another worker's."""
        return bool(self._value("finish_document", document_id, worker, outcome, reason, size_bytes, sha256, now))

    def release_document(self, document_id: UUID, worker: str, run_after: datetime) -> None:
        """Give a document back untried, to be taken up from `run_after` on."""
        self._value("release_document", document_id, worker, run_after)

    def claim_document_removal(self, worker: str, now: datetime) -> UUID | None:
        """Let documents expire, and take the next whose file has to go, for two minutes; none when there is none."""
        document_id: UUID | None = self._value("claim_document_removal", worker, now)
        return document_id

    def finish_document_removal(self, document_id: UUID, worker: str, error: str | None, now: datetime) -> None:
        """Note that the file is gone, or why it is not."""
        self._value("finish_document_removal", document_id, worker, error, now)
