"""Every SQL call of the sync script, by name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self, TypeVar
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Identifier, Placeholder

from sync.errors import DatabaseAway, DatabaseBusy, DatabaseNotReady, DatabaseRefused, LeaseLost

Row = TypeVar("Row", bound=NamedTuple)

# A host that vanished without a word must not hold a worker for the hours that TCP would.
_PATIENCE: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
LEASE: Final = timedelta(minutes=2)
"""How long the database leaves a job to a worker that says nothing."""
_LARGEST_INTEGER: Final = 2**31 - 1
_BUSY: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_CONFLICT: Final = "PT409"
_NOT_READY: Final = (
    errors.InsufficientPrivilege,
    errors.InvalidSchemaName,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.UndefinedTable,
)


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


class Mail(NamedTuple):
    """A claimed mail that somebody waits for."""

    mail_id: UUID
    template: str
    recipient: str
    details: dict[str, Any]
    attempt: int


class Store:
    """One connection, opened when first needed and again after it broke; it keeps no state in the session.

    Every method raises `DatabaseAway`, `DatabaseNotReady` or `DatabaseRefused` when Postgres does not do it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def claim_job(self, worker: str, now: datetime) -> Job | None:
        """Take the next piece of work, for two minutes from now; none when there is nothing to do."""
        return self._row(Job, "claim_sync_job", worker, now)

    def extend_lease(self, job_id: UUID, worker: str, now: datetime) -> bool:
        """Keep a job for two more minutes; false when it is no longer this worker's."""
        return bool(self._value("extend_lease", job_id, worker, now))

    def release_job(self, job_id: UUID, worker: str, now: datetime) -> None:
        """Give a job back unfinished: anyone may take it up where it stopped."""
        self._value("release_sync_job", job_id, worker, now)

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
    ) -> Applied:
        """Stage and merge one page in one transaction.

        Args:
            job_id: the job, which has to be this worker's.
            worker: who holds it.
            items: raw JSON, one text per item.
            observed_at: when the provider was asked.
            through: everything that started before this has now been read; none while a slice is incomplete.
            total: items the whole job is expected to read, where known.
            now: the time.
        """
        with self._connected() as connection, connection.transaction(), connection.cursor() as cursor:
            if items:
                with cursor.copy("copy private.staged_items (job_id, position, item) from stdin") as copy:
                    for position, item in enumerate(items):
                        copy.write_row((job_id, position, item))
            total = None if total is None else min(total, _LARGEST_INTEGER)
            arguments = (job_id, worker, observed_at, through, total, now)
            return _rows(connection, Applied, "apply_staged_items", arguments)[0]

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

    def count_request(self, api_key_hash: bytes, now: datetime) -> Allowance:
        """Count one request before it is sent, and learn whether it may be."""
        return self._rows(Allowance, "count_provider_request", api_key_hash, now)[0]

    def note_refusal(self, api_key_hash: bytes, now: datetime) -> None:
        """Remember that MightyCall takes no more requests with this key for now."""
        self._value("note_provider_refusal", api_key_hash, now)

    def status(self, now: datetime) -> list[Status]:
        """How every resource of every integration stands."""
        return self._rows(Status, "sync_status", now)

    def claim_mail(self, worker: str, now: datetime) -> Mail | None:
        """Take the next mail that is due, for two minutes from now; none when there is nothing to send."""
        return self._row(Mail, "claim_outbox_mail", worker, now)

    def add_invitation_token(self, mail_id: UUID, worker: str, token_hash: bytes, now: datetime) -> bool:
        """Let a token open the invitation that a mail is about; false when that is no longer open."""
        return bool(self._value("add_invitation_token", mail_id, worker, token_hash, now))

    def finish_mail(
        self, mail_id: UUID, worker: str, outcome: str, error: str | None, retry_at: datetime | None, now: datetime
    ) -> None:
        """Give a mail back: `sent`, `cancelled`, `failed` with the reason, or `retry` with the reason and the time."""
        self._value("finish_outbox_mail", mail_id, worker, outcome, error, retry_at, now)

    def seal_audit_entries(self, now: datetime) -> int:
        """Seal some of the audit entries that are not; returns how many, 0 when nothing is left to this worker."""
        return int(self._value("seal_audit_entries", now))

    def forget_expired(self, now: datetime) -> int:
        """Delete grants, usage and tokens that are over; returns how many."""
        return int(self._value("forget_expired", now))

    def notify(self, channel: str) -> None:
        """Send an empty notification."""
        with self._connected() as connection:
            connection.execute("select pg_notify(%s, '')", [channel])

    def _rows(self, row: type[Row], function: str, *arguments: object) -> list[Row]:
        with self._connected() as connection:
            return _rows(connection, row, function, arguments)

    def _row(self, row: type[Row], function: str, *arguments: object) -> Row | None:
        return next(iter(self._rows(row, function, *arguments)), None)

    def _value(self, function: str, *arguments: object) -> Any:
        statement = SQL("select private.{}({})").format(Identifier(function), _placeholders(arguments))
        with self._connected() as connection:
            found = connection.execute(statement, arguments).fetchone()
            return found[0] if found else None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url)
        with database_errors(self._connection):
            yield self._connection


def connect(url: str) -> psycopg.Connection:
    """Connect in autocommit, without prepared statements, so that a transaction pooler may stand in between."""
    try:
        return psycopg.connect(url, autocommit=True, prepare_threshold=None, **_PATIENCE)
    except psycopg.Error as error:
        raise DatabaseAway(f"the database cannot be reached: {_said(error)}") from error


@contextmanager
def database_errors(connection: psycopg.Connection) -> Iterator[None]:
    """Turn psycopg's errors into this package's."""
    try:
        yield
    except _NOT_READY as error:
        raise DatabaseNotReady(f"the database is not ready for the sync script: {_said(error)}") from error
    except psycopg.Error as error:
        if error.sqlstate == _CONFLICT and error.diag.message_detail == "lease_lost":
            raise LeaseLost(_said(error)) from error
        if isinstance(error, _BUSY):
            raise DatabaseBusy(f"the database was busy: {_said(error)}") from error
        if connection.closed:
            raise DatabaseAway(f"the connection to the database broke: {_said(error)}") from error
        raise DatabaseRefused(f"the database refused: {_said(error)}") from error


def _rows(connection: psycopg.Connection, row: type[Row], function: str, arguments: Sequence[object]) -> list[Row]:
    columns = SQL(", ").join(map(Identifier, row._fields))
    statement = SQL("select {} from private.{}({})").format(columns, Identifier(function), _placeholders(arguments))
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(statement, arguments).fetchall()


def _placeholders(arguments: Sequence[object]) -> Composable:
    return SQL(", ").join([Placeholder()] * len(arguments))


def _said(error: psycopg.Error) -> str:
    """The error in one line: what Postgres says first, else what the driver says."""
    parts = [error.diag.message_primary, error.diag.message_detail]
    return " ".join(part for part in parts if part) or " ".join(str(error).split())
