"""Reports as files: made of what their owner may see, into Storage, and removed from there."""

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Final

from sync.documentstore import CONTENT_TYPES, ClaimedDocument
from sync.errors import (
    DatabaseAway,
    DatabaseError,
    ObjectRefused,
    Stopped,
    StorageUnusable,
    SyncError,
    UnprintableReport,
)
from sync.progress import Reporter
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.storage import Storage, StoredObject
from sync.store import Store
from sync.typesetter import typeset

# Without it spreadsheets take a file that people open for one in an alphabet of their own.
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_STORAGE_REST: Final = timedelta(minutes=1)
_LOOK_FOR_REMOVALS_SECONDS: Final = 15.0


@dataclass
class Printer:
    """Makes the documents whose turn it is, into Storage.

    A document is finished after Storage has said that it holds the file: a worker that dies before leaves the lease of
    ten minutes to run out, and the document is made again, of what its owner may see then, and put in the same place.
    """

    name: ClassVar = "documents"
    worker: str
    storage: Storage
    runtime: Runtime
    reporter: Reporter
    fonts: Path | None = None
    """A folder of further ones."""
    _is_storage_well: bool = field(default=False, init=False)

    def turn(self, store: Store) -> Turn:
        """Make one document.

        Raises:
            StorageUnusable: this is no time for any other; the document was given back untried.
            DatabaseError: the document is taken up again when its lease is over.
        """
        if self.runtime.is_stopping():
            return Turn.NOTHING_TO_DO
        if not self._is_storage_well:
            # Nothing is made that could not be kept.
            self.storage.check()
            self._is_storage_well = True
        document = store.claim_document(self.worker, self.runtime.now())
        if document is None:
            return Turn.NOTHING_TO_DO
        try:
            return self._make(document, store)
        except (ObjectRefused, UnprintableReport) as error:
            return self._give_back(document, store, "failed", str(error))
        except Stopped:
            store.release_document(document.document_id, self.worker, self.runtime.now())
            return Turn.NOTHING_TO_DO
        except StorageUnusable:
            self._is_storage_well = False
            store.release_document(document.document_id, self.worker, self.runtime.now() + _STORAGE_REST)
            raise
        except DatabaseError:
            raise
        except SyncError as error:
            return self._give_back(document, store, "retry", str(error))
        except Exception as error:  # One document must not stop the others, whatever is wrong with it.
            # Not what the error says: it may quote what the report tells.
            sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}\n")
            return self._give_back(document, store, "retry", f"unexpected {type(error).__name__}")

    def _make(self, document: ClaimedDocument, store: Store) -> Turn:
        made = store.document_source(document.document_id, self.worker, self.runtime.now())
        if made is None or made.problem is not None:
            reason = "there is nothing to make it of" if made is None or made.problem is None else made.problem
            return self._give_back(document, store, "failed", reason)
        content = typeset(made.source, self.fonts) if made.source else _BYTE_ORDER_MARK + (made.csv or "").encode()
        digest = sha256(content).digest()
        file = StoredObject(BytesIO(content), CONTENT_TYPES[document.format], len(content), digest)
        self.storage.keep(str(document.document_id), file)
        is_ours = self._finish(document, store, "stored", size_bytes=len(content), sha256=digest)
        self.reporter.says("document_stored" if is_ours else "document_lost", document=document.document_id)
        return Turn.DONE

    def _give_back(self, document: ClaimedDocument, store: Store, outcome: str, reason: str) -> Turn:
        self._finish(document, store, outcome, reason=reason)
        self.reporter.says(
            "document_failed" if outcome == "failed" else "document_deferred",
            document=document.document_id,
            attempt=document.attempt,
            error=reason,
        )
        return Turn.DONE

    def _finish(self, document: ClaimedDocument, store: Store, outcome: str, **details: Any) -> bool:
        arguments = (document.document_id, self.worker, outcome)
        try:
            return store.finish_document(*arguments, **details, now=self.runtime.now())
        except DatabaseAway:
            # The connection broke while Storage was taking it? Another one spares making it again.
            return store.finish_document(*arguments, **details, now=self.runtime.now())


@dataclass
class Shredder:
    """Removes the files of documents that are deleted, expired or failed from Storage."""

    name: ClassVar = "document_removal"
    worker: str
    storage: Storage
    runtime: Runtime
    reporter: Reporter
    monotonic: Callable[[], float] = time.monotonic
    _next_at: float = field(default=float("-inf"), init=False)

    def turn(self, store: Store) -> Turn:
        """Remove one file.

        Raises:
            StorageUnusable: Storage did not do it; the file's turn comes again in a quarter of an hour.
            DatabaseError: its turn comes again when its lease is over.
        """
        if self.monotonic() < self._next_at:
            return Turn.NOTHING_TO_DO
        document_id = store.claim_document_removal(self.worker, self.runtime.now())
        if document_id is None:
            self._next_at = self.monotonic() + _LOOK_FOR_REMOVALS_SECONDS
            return Turn.NOTHING_TO_DO
        try:
            self.storage.remove(str(document_id))
        except StorageUnusable as error:
            store.finish_document_removal(document_id, self.worker, str(error), self.runtime.now())
            raise
        store.finish_document_removal(document_id, self.worker, None, self.runtime.now())
        self.reporter.says("document_removed", document=document_id)
        return Turn.DONE
