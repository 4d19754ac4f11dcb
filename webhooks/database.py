"""What the app asks the database, as the role `webhooks`. Every question has a deadline."""

import json
import logging
import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from webhooks.errors import RefusedError, UnavailableError

# The provider gives up after 8 s; a look for the secret and the commit have to fit.
CONNECT_SECONDS: Final = 1.5
LOOKUP_SECONDS: Final = 2
STATEMENT_SECONDS: Final = 4
COMMIT_SECONDS: Final = 5

Row = TypeVar("Row", bound=tuple[object, ...])
Result = TypeVar("Result")

_OPTIONS: Final[dict[str, Any]] = {
    "autocommit": True,
    "prepare_threshold": None,  # a transaction pooler may stand in between
    "connect_timeout": 2,
    "application_name": "webhooks",
}

log = logging.getLogger(__name__)


class StoredSecret(NamedTuple):
    """How deliveries of an integration are authenticated; one of its secrets, sealed, or tokens, if there is any."""

    organization: str
    mode: str
    purpose: str | None = None
    key_id: str | None = None
    sealed: bytes | None = None
    token_hash: bytes | None = None


class Delivery(NamedTuple):
    """An authenticated delivery: the body is a JSON object as it came."""

    integration_id: UUID
    body: str
    received_at: datetime


class Outcome(NamedTuple):
    """What became of the delivery with this place in the list, counted from 1."""

    ordinal: int
    status: str
    is_duplicate: bool | None
    """Whether it came before; unknown of one that is only received."""


class _Count(NamedTuple):
    number: int | None


class Admission(NamedTuple):
    """Whether an API key may ask now, and how far it is within its limit, unless it is unknown."""

    outcome: str
    request_limit: int | None
    remaining: int | None
    reset_seconds: int | None


class _Connection(psycopg.Connection[Any]):
    """A connection whose answers are waited for until a moment, and no longer."""

    until = math.inf

    def wait(self, gen: PQGen[Result], interval: float = 1, timeout: float | None = None) -> Result:
        """Wait for what is asked now."""
        return super().wait(gen, interval, self.until - time.monotonic() if timeout is None else timeout)


class Database:
    """A pool of connections that are made, and made again, as they are needed."""

    def __init__(self, url: str, pool_size: int) -> None:
        self._url = url
        self._pool = ConnectionPool(
            url,
            connection_class=_Connection,
            min_size=1,
            max_size=pool_size,
            open=False,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            configure=_configure,
            kwargs=_OPTIONS,
        )
        self._pool.open(wait=False)

    def webhook_secrets(self, integration_id: UUID) -> list[StoredSecret]:
        """Read how deliveries of an integration are authenticated; nothing for an unknown integration.

        Raises:
            UnavailableError: the database did not answer in time, or not at all.
        """
        return self._ask(
            StoredSecret,
            "select organization, mode, purpose, key_id, sealed, token_hash from private.webhook_secrets(%s)",
            [integration_id],
            within=LOOKUP_SECONDS,
        )

    def ingest(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Keep deliveries and apply them, all in one transaction, which is committed when this returns.

        A delivery whose integration is gone has no outcome.

        Raises:
            RefusedError: nothing was kept, because of one of them.
            UnavailableError: the database did not answer in time, or not at all.
        """
        return self._ask(
            Outcome,
            "select ordinal, status, is_duplicate"
            " from private.ingest_webhook_events(array(select jsonb_array_elements(%s::jsonb)))",
            [_envelopes(deliveries)],
            within=COMMIT_SECONDS,
        )

    def receive(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Store deliveries in one transaction, which is committed when this returns; `apply_received` does the rest.

        Only then it turns out which came before. Otherwise as `ingest`.
        """
        return self._ask(
            Outcome,
            # In binary: psycopg takes a hundred times as long to write a list as text.
            "select unnest(private.receive_deliveries(%b, %b, %b)) as ordinal, 'received' as status,"
            " null::boolean as is_duplicate",
            [
                [each.integration_id for each in deliveries],
                [each.body for each in deliveries],
                [each.received_at for each in deliveries],
            ],
            within=COMMIT_SECONDS,
        )

    def apply_received(self, limit: int) -> int | None:
        """Keep and apply stored deliveries, at most so many.

        Returns:
            How many, 0 when none wait, None while another does it.

        Raises:
            RefusedError: none of them was taken.
            UnavailableError: the database did not answer in time, or not at all.
        """
        [applied] = self._ask(
            _Count, "select private.apply_received_deliveries(%s) as number", [limit], within=COMMIT_SECONDS
        )
        return applied.number

    def open_api_request(self, secret_hash: bytes, grant_hash: bytes, now: datetime) -> Admission:
        """Count a request of an API key and keep the grant it may be answered with, if the key has requests left.

        Raises:
            UnavailableError: the database did not answer in time, or not at all.
        """
        [admission] = self._ask(
            Admission,
            "select outcome, request_limit, remaining, reset_seconds from private.open_api_request(%s, %s, %s)",
            [secret_hash, grant_hash, now],
            within=LOOKUP_SECONDS,
            # A crash of Postgres may keep the count and forget the grant, and then it would be counted twice.
            is_repeatable=False,
        )
        return admission

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _ask(
        self,
        row: type[Row],
        statement: LiteralString,
        parameters: Sequence[object],
        *,
        within: float,
        is_repeatable: bool = True,
    ) -> list[Row]:
        until = time.monotonic() + within
        connection: _Connection | None = None
        may_ask_again = True
        try:
            try:
                with self._pool.connection() as connection:
                    connection.until = until
                    if not is_repeatable:
                        # What was closed long ago is found out before it matters.
                        connection.execute("")
                        may_ask_again = False
                    return _rows(connection, row, statement, parameters)
            except psycopg.OperationalError as error:
                if connection is None or not connection.closed or not may_ask_again or time.monotonic() >= until:
                    raise
                # Postgres closed it, long ago or just now, and perhaps after it committed.
                log.warning("the database: %s %s, asked again", type(error).__name__, error.sqlstate or "")
            with _Connection.connect(self._url, **_OPTIONS) as fresh:
                fresh.until = until
                _configure(fresh)
                return _rows(fresh, row, statement, parameters)
        except psycopg.Error as error:
            # Only the class: Postgres' messages quote what they complain about.
            log.error("the database: %s %s", type(error).__name__, error.sqlstate or "")
            raise (UnavailableError if _is_away(error) else RefusedError) from None


def _rows(connection: _Connection, row: type[Row], statement: LiteralString, parameters: Sequence[object]) -> list[Row]:
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def _configure(connection: psycopg.Connection) -> None:
    connection.execute("select set_config('statement_timeout', %s, false)", [f"{STATEMENT_SECONDS}s"])


def _envelopes(deliveries: Sequence[Delivery]) -> str:
    """Write deliveries as one JSON text: an array of jsonb would cost thirty times as much."""
    return json.dumps(
        [
            {
                "integration_id": str(each.integration_id),
                "body": each.body,
                "received_at": each.received_at.isoformat(),
            }
            for each in deliveries
        ]
    )


def _is_away(error: psycopg.Error) -> bool:
    return isinstance(error, psycopg.OperationalError) and not isinstance(error, psycopg.errors.DeadlockDetected)
