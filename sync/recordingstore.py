from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sync.database import Database


class ClaimedRecording(NamedTuple):
    """A recording whose audio is to be fetched."""

    recording_id: UUID
    integration_id: UUID
    organization: str
    """The sealing context of the credentials: the organization's id, or `platform`."""
    account_type: str
    kind: str
    """`call` or `voicemail`."""
    provider_call_id: str | None
    url: str | None
    attempt: int


class RecordingStore(Database):
    """What the fetching and removing of audio needs."""

    def claim_recording(self, worker: str, now: datetime) -> ClaimedRecording | None:
        """Take the next recording to fetch, for ten minutes from now; none when there is nothing to do."""
        return self._row(ClaimedRecording, "claim_recording", worker, now)

    def finish_recording(
        self,
        recording_id: UUID,
        worker: str,
        outcome: str,
        *,
        reason: str | None = None,
        content_type: str | None = None,
        size_bytes: int | None = None,
        sha256: bytes | None = None,
        now: datetime,
    ) -> bool:
        """Give a recording back: `stored`, `retry` or `failed` with the reason; false when it is another worker's."""
        arguments = (recording_id, worker, outcome, reason, content_type, size_bytes, sha256, now)
        return bool(self._value("finish_recording", *arguments))

    def release_recording(self, recording_id: UUID, worker: str, run_after: datetime) -> None:
        """Give a recording back untried, to be taken up from `run_after` on."""
        self._value("release_recording", recording_id, worker, run_after)

    def apply_one_call(self, integration_id: UUID, item: str, observed_at: datetime) -> str | None:
        """Merge one call, as raw JSON; returns why it could not be, if so."""
        reason: str | None = self._value("apply_one_call", integration_id, item, observed_at)
        return reason

    def recording_link(self, recording_id: UUID, worker: str) -> str | None:
        """The link of a recording as it is known now."""
        link: str | None = self._value("recording_link", recording_id, worker)
        return link

    def claim_removal(self, worker: str, now: datetime) -> UUID | None:
        """Take the next recording whose object has to go, for two minutes from now; none when there is none."""
        recording_id: UUID | None = self._value("claim_recording_removal", worker, now)
        return recording_id

    def finish_removal(self, recording_id: UUID, worker: str, error: str | None, now: datetime) -> None:
        """Note that the object is gone, or why it is not."""
        self._value("finish_recording_removal", recording_id, worker, error, now)
