from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sync.database import Database

LEASE: Final = timedelta(minutes=2)
"""How long the database leaves a job to a worker that says nothing."""
_LARGEST_INTEGER: Final = 2**31 - 1


class Job(NamedTuple):
    """A claimed piece of work."""

    job_id: UUID
    integration_id: UUID
    organization: str
    """The sealing context of the credentials: the organization's id, or `platform`."""
    account_type: str
    resource: str
    kind: str
    range_from: datetime | None
    range_to: datetime | None
    provider_id: str | None
    attempt: int


class Applied(NamedTuple):
    """What became of a page of items."""

    new_items: int
    changed_items: int
    unchanged_items: int
    rejected_items: int


class Outcome(NamedTuple):
    """How far a job is: `queued`, `running`, `done` or `failed`, with what it brought so far."""

    state: str
    error: str | None
    items_new: int
    items_changed: int
    items_unchanged: int
    items_rejected: int
    note: str | None
    """Why it waits, if it does."""
    run_after: datetime


class Credential(NamedTuple):
    """A sealed credential."""

    organization: str
    purpose: str
    key_id: str
    sealed: bytes
    valid_until: datetime | None


class Allowance(NamedTuple):
    """Whether one more request may be sent with an API key today (UTC)."""

    allowed: bool
    used: int
    quota: int
    reason: str | None
    """Why not: `used_up`, `refused` (MightyCall did, within the last hour) or `kept_back` (for more urgent work)."""


class Status(NamedTuple):
    """How one resource of one integration stands."""

    integration_id: UUID
    integration: str
    organization: str
    resource: str
    watermark: datetime | None
    next_run_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    requests_used_today: int | None
    """Those made with the integration's API key, since midnight UTC; none before the first."""
    requests_per_day: int | None


class DeliveryTarget(NamedTuple):
    """Our own webhook address of an integration, as MightyCall would be told it."""

    url: str
    mode: str
    """`signed` or `token`."""
    token: str | None
    key_id: str | None
    sealed: bytes | None
    """The webhook secret to sign with, in signed mode; none where there is none yet."""
    organization: str


class JobStore(Database):
    """What the pulling needs: jobs, their pages, credentials, quota."""

    def claim_job(self, worker: str, now: datetime) -> Job | None:
        """Take the next piece of work, for two minutes from now; none when there is nothing to do."""
        return self._row(Job, "claim_sync_job", worker, now)

    def extend_lease(self, job_id: UUID, worker: str, now: datetime) -> bool:
        """Keep a job for two more minutes; false when it is no longer this worker's."""
        return bool(self._value("extend_lease", job_id, worker, now))

    def release_job(self, job_id: UUID, worker: str, now: datetime) -> None:
        """Give a job back unfinished: anyone may take it up where it stopped."""
        self._value("release_sync_job", job_id, worker, now)

    def retry_job(self, job_id: UUID, worker: str, run_after: datetime, note: str, now: datetime) -> None:
        """Give a job back that failed for a reason which passes, to be tried again; the note is for people."""
        self._value("retry_sync_job", job_id, worker, run_after, note, now)

    def postpone_job(self, job_id: UUID, worker: str, run_after: datetime, note: str, now: datetime) -> None:
        """Give a job back, to go on where it stopped but not before `run_after`; people read the note."""
        self._value("postpone_sync_job", job_id, worker, run_after, note, now)

    def has_due_work(self, now: datetime) -> bool:
        """Whether something more urgent than a backfill waits."""
        return bool(self._value("has_due_work", now))

    def apply_page(
        self,
        job_id: UUID,
        worker: str,
        items: Sequence[str],
        *,
        observed_at: datetime,
        through: datetime | None,
        total: int | None,
        now: datetime,
        is_last: bool = False,
    ) -> Applied:
        """Merge one page in one transaction.

        Args:
            job_id: the job, which has to be this worker's.
            worker: who holds it.
            items: raw JSON, one text per item.
            observed_at: when the provider was asked.
            through: everything that started before this has now been read; none while a slice is incomplete.
            total: items the whole job is expected to read, where known.
            now: the time.
            is_last: whether with this page a whole list, or a whole slice of one, has been read.
        """
        total = None if total is None else min(total, _LARGEST_INTEGER)
        arguments = (job_id, worker, list(items), observed_at, through, total, is_last, now)
        return self._rows(Applied, "apply_page", *arguments)[0]

    def unlisted_calls(
        self, job_id: UUID, worker: str, start: datetime, end: datetime, *, since: datetime, limit: int
    ) -> list[str]:
        """Calls of a range that the history listed earlier, but not since `since`."""
        return self._values("unlisted_calls", job_id, worker, start, end, since, limit)

    def apply_missing_calls(
        self, job_id: UUID, worker: str, provider_ids: Sequence[str], *, observed_at: datetime, now: datetime
    ) -> int:
        """Note that these calls are no longer there; returns how many of them we knew."""
        return int(self._value("apply_missing_calls", job_id, worker, list(provider_ids), observed_at, now))

    def unfinished_calls(self, job_id: UUID, worker: str, now: datetime, limit: int) -> list[str]:
        """Calls of the job's account in progress for so long that their end was lost, perhaps."""
        return self._values("unfinished_calls", job_id, worker, now, limit)

    def note_unfinished_call(
        self, job_id: UUID, worker: str, provider_id: str, *, is_unknown: bool, observed_at: datetime, now: datetime
    ) -> bool:
        """Note that such a call was asked for; true when it is so old and unknown that it counts as gone."""
        return bool(self._value("note_unfinished_call", job_id, worker, provider_id, is_unknown, observed_at, now))

    def replay_next_events(self, job_id: UUID, worker: str, limit: int, now: datetime) -> int:
        """Apply some more of the webhook events of a replay; returns how many, 0 when none is left."""
        return int(self._value("replay_next_events", job_id, worker, limit, now))

    def test_delivery_target(self, job_id: UUID, worker: str, now: datetime) -> DeliveryTarget | None:
        """Where a test delivery goes, and what makes it acceptable there."""
        return self._row(DeliveryTarget, "test_delivery_target", job_id, worker, now)

    def finish_job(
        self, job_id: UUID, worker: str, error: str | None, retry_at: datetime | None, now: datetime
    ) -> None:
        """Give a job back: done, or failed with a readable error and the time to try again."""
        self._value("finish_sync_job", job_id, worker, error, retry_at, now)

    def queue_job(
        self,
        integration_id: UUID,
        resource: str,
        kind: str,
        *,
        range_from: datetime | None = None,
        range_to: datetime | None = None,
        provider_id: str | None = None,
        now: datetime,
    ) -> UUID:
        """Ask for work; returns the job's id."""
        arguments = (integration_id, resource, kind, range_from, range_to, provider_id, now)
        job_id: UUID = self._value("queue_sync_job", *arguments)
        return job_id

    def queue_replay(
        self, integration_id: UUID, start: datetime | None, end: datetime | None, status: str | None, now: datetime
    ) -> UUID:
        """Ask for webhook events to be applied again: those received in a period, or of one status; returns the job."""
        job_id: UUID = self._value("queue_replay_job", integration_id, start, end, status, now)
        return job_id

    def job_outcome(self, job_id: UUID) -> Outcome | None:
        """How far a job is; none when it is gone with its integration."""
        return self._row(Outcome, "sync_job_outcome", job_id)

    def credentials(self, integration_id: UUID) -> list[Credential]:
        """The sealed credentials and tokens of an integration."""
        return self._rows(Credential, "sync_credentials", integration_id)

    def keep_token(
        self, integration_id: UUID, purpose: str, key_id: str, sealed: bytes, valid_until: datetime | None
    ) -> None:
        """Share a sealed token with the other workers."""
        self._value("store_provider_token", integration_id, purpose, key_id, sealed, valid_until)

    def count_request(self, api_key_hash: bytes, integration_id: UUID, purpose: str, now: datetime) -> Allowance:
        """Count one request before it is sent, and learn whether it may be; the more urgent, the rather."""
        return self._rows(Allowance, "count_provider_request", api_key_hash, integration_id, purpose, now)[0]

    def note_refusal(self, api_key_hash: bytes, now: datetime) -> None:
        """Remember that MightyCall takes no more requests with this key for now."""
        self._value("note_provider_refusal", api_key_hash, now)

    def status(self, now: datetime) -> list[Status]:
        """How every resource of every integration stands."""
        return self._rows(Status, "sync_status", now)
