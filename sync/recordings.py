"""The audio of recordings: fetched from where MightyCall says it is into Storage, and removed from there."""

import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, BinaryIO, ClassVar, Final, cast

import httpx

from sync.account import Account
from sync.audio import Downloads
from sync.config import Config
from sync.errors import (
    AudioNotYet,
    AudioRefused,
    DatabaseAway,
    DatabaseError,
    ObjectDeferred,
    ObjectRefused,
    QuotaRefused,
    QuotaSpent,
    Stopped,
    StorageUnusable,
    SyncError,
)
from sync.progress import Reporter
from sync.recordingstore import ClaimedRecording
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.storage import Storage, StoredObject
from sync.store import Store

_QUOTA_REST: Final = timedelta(hours=1)
_KEPT_BACK_REST: Final = timedelta(minutes=15)
_STORAGE_REST: Final = timedelta(minutes=1)
_LOOK_FOR_REMOVALS_SECONDS: Final = 15.0


class _Keys:
    """The account of a recording, its keys opened when they are first wanted."""

    def __init__(self, recording: ClaimedRecording, config: Config, open_account: Callable[[], Account]) -> None:
        self.base_url = config.provider_url(recording.account_type)
        self._open_account = open_account
        self._account: Account | None = None
        self._token = ""

    @property
    def account(self) -> Account:
        if self._account is None:
            self._account = self._open_account()
        return self._account

    def headers(self, *, is_refused: bool) -> Mapping[str, str]:
        tokens, transport = self.account.tokens, self.account.transport
        self._token = tokens.replace(self._token) if is_refused else tokens.current()
        transport.before_request()
        return {"authorization": f"Bearer {self._token}", "x-api-key": transport.api_key}

    def on_quota_refused(self) -> None:
        self.account.transport.on_quota_refused()


@dataclass
class Fetcher:
    """Fetches the recordings whose turn it is into Storage.

    The lease of ten minutes is longer than all that `downloads` and `storage` allow together. A recording is finished
    after Storage has said that it holds the audio: a worker that dies before leaves the lease to run out, and the audio
    is fetched again and put in the same place.
    """

    name: ClassVar = "recordings"
    worker: str
    config: Config
    storage: Storage
    downloads: Downloads
    http: httpx.Client
    """For MightyCall's API; the links go through `downloads`."""
    runtime: Runtime
    reporter: Reporter
    _is_storage_well: bool = field(default=False, init=False)

    def turn(self, store: Store) -> Turn:
        """Fetch one recording.

        Raises:
            StorageUnusable: this is no time for any other; the recording was given back untried.
            DatabaseError: the recording is taken up again when its lease is over.
        """
        if self.runtime.is_stopping():
            return Turn.NOTHING_TO_DO
        if not self._is_storage_well:
            # Nothing is fetched that could not be kept.
            self.storage.check()
            self._is_storage_well = True
        recording = store.claim_recording(self.worker, self.runtime.now())
        if recording is None:
            return Turn.NOTHING_TO_DO
        try:
            return self._fetch(recording, store)
        except (AudioRefused, ObjectRefused) as error:
            return self._give_back(recording, store, "failed", str(error))
        except (QuotaSpent, QuotaRefused) as error:
            is_kept_back = isinstance(error, QuotaSpent) and error.reason == "kept_back"
            self._release(recording, store, _KEPT_BACK_REST if is_kept_back else _QUOTA_REST)
            self.reporter.says("recording_postponed", recording=recording.recording_id, error=str(error))
            return Turn.DONE
        except Stopped:
            self._release(recording, store, timedelta())
            return Turn.NOTHING_TO_DO
        except StorageUnusable:
            self._is_storage_well = False
            self._release(recording, store, _STORAGE_REST)
            raise
        except DatabaseError:
            raise
        except SyncError as error:
            return self._give_back(recording, store, "retry", str(error))
        except Exception as error:  # One recording must not stop the others, whatever is wrong with it.
            # Not what the error says: it may quote the link.
            sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}\n")
            return self._give_back(recording, store, "retry", f"unexpected {type(error).__name__}")

    def _fetch(self, recording: ClaimedRecording, store: Store) -> Turn:
        keys = _Keys(recording, self.config, lambda: self._open(recording, store))
        link = recording.url
        if link is None or recording.attempt > 1:
            self._read_again(recording, keys, store)
            link = store.recording_link(recording.recording_id, self.worker)
        if link is None:
            raise AudioNotYet("MightyCall has not told where the audio is")
        with tempfile.TemporaryFile() as file:
            audio = self.downloads.fetch(link, keys, cast(BinaryIO, file))
            try:
                self.storage.keep(str(recording.recording_id), audio)
            except ObjectDeferred:
                self._is_storage_well = False
                raise
        return self._stored(recording, audio, store)

    def _read_again(self, recording: ClaimedRecording, keys: _Keys, store: Store) -> None:
        """Ask for the call once more: it may have a link now, or another one."""
        if recording.provider_call_id is None:
            return
        observed_at = self.runtime.now()
        try:
            item = keys.account.provider.call(recording.provider_call_id)
        except (QuotaSpent, QuotaRefused, DatabaseError):
            raise
        except SyncError as error:
            # The link that is known may do all the same.
            self.reporter.says("call_not_read", recording=recording.recording_id, error=str(error))
            return
        if reason := store.apply_one_call(recording.integration_id, item, observed_at):
            self.reporter.says("call_not_merged", recording=recording.recording_id, error=reason)

    def _open(self, recording: ClaimedRecording, store: Store) -> Account:
        return Account.open(
            recording.integration_id,
            organization=recording.organization,
            account_type=recording.account_type,
            purpose="recording",
            store=store,
            config=self.config,
            http=self.http,
            now=self.runtime.now,
        )

    def _stored(self, recording: ClaimedRecording, audio: StoredObject, store: Store) -> Turn:
        described: dict[str, Any] = {"content_type": audio.content_type, "size_bytes": audio.size_bytes}
        is_ours = self._finish(recording, store, "stored", sha256=audio.sha256, **described)
        self.reporter.says("recording_stored" if is_ours else "recording_lost", recording=recording.recording_id)
        return Turn.DONE

    def _give_back(self, recording: ClaimedRecording, store: Store, outcome: str, reason: str) -> Turn:
        self._finish(recording, store, outcome, reason=reason)
        self.reporter.says(
            "recording_failed" if outcome == "failed" else "recording_deferred",
            recording=recording.recording_id,
            attempt=recording.attempt,
            error=reason,
        )
        return Turn.DONE

    def _finish(self, recording: ClaimedRecording, store: Store, outcome: str, **details: Any) -> bool:
        arguments = (recording.recording_id, self.worker, outcome)
        try:
            return store.finish_recording(*arguments, **details, now=self.runtime.now())
        except DatabaseAway:
            # The connection broke while the audio was fetched? Another one spares fetching it again.
            return store.finish_recording(*arguments, **details, now=self.runtime.now())

    def _release(self, recording: ClaimedRecording, store: Store, rest: timedelta) -> None:
        store.release_recording(recording.recording_id, self.worker, self.runtime.now() + rest)


@dataclass
class Remover:
    """Removes the audio of deleted recordings from Storage."""

    name: ClassVar = "removal"
    worker: str
    storage: Storage
    runtime: Runtime
    reporter: Reporter
    monotonic: Callable[[], float] = time.monotonic
    _next_at: float = field(default=float("-inf"), init=False)

    def turn(self, store: Store) -> Turn:
        """Remove one object.

        Raises:
            StorageUnusable: Storage did not do it; the recording comes again in a quarter of an hour.
            DatabaseError: the recording comes again when its lease is over.
        """
        if self.monotonic() < self._next_at:
            return Turn.NOTHING_TO_DO
        recording_id = store.claim_removal(self.worker, self.runtime.now())
        if recording_id is None:
            self._next_at = self.monotonic() + _LOOK_FOR_REMOVALS_SECONDS
            return Turn.NOTHING_TO_DO
        try:
            self.storage.remove(str(recording_id))
        except StorageUnusable as error:
            store.finish_removal(recording_id, self.worker, str(error), self.runtime.now())
            raise
        store.finish_removal(recording_id, self.worker, None, self.runtime.now())
        self.reporter.says("recording_removed", recording=recording_id)
        return Turn.DONE
