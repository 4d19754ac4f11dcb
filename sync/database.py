"""The way to Postgres: one connection, functions called by name, psycopg's errors in this package's words."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Identifier, Placeholder
from psycopg.types.datetime import TimestamptzLoader

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
_BUSY: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
_CONFLICT: Final = "PT409"
_NOT_READY: Final = (
    errors.InsufficientPrivilege,
    errors.InvalidSchemaName,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.UndefinedTable,
)


class _InstantLoader(TimestamptzLoader):
    """Reads what is later or earlier than Python can tell as the farthest instant that it can."""

    def load(self, data: Buffer) -> datetime:
        match bytes(data):
            case b"infinity":
                return datetime.max.replace(tzinfo=UTC)
            case b"-infinity":
                return datetime.min.replace(tzinfo=UTC)
        return super().load(data)


class Database:
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

    def _rows(self, row: type[Row], function: str, *arguments: object) -> list[Row]:
        with self._connected() as connection:
            return rows(connection, row, function, arguments)

    def _row(self, row: type[Row], function: str, *arguments: object) -> Row | None:
        return next(iter(self._rows(row, function, *arguments)), None)

    def _value(self, function: str, *arguments: object) -> Any:
        return next(iter(self._values(function, *arguments)), None)

    def _values(self, function: str, *arguments: object) -> list[Any]:
        statement = SQL("select private.{}({})").format(Identifier(function), _placeholders(arguments))
        with self._connected() as connection:
            return [value for (value,) in connection.execute(statement, arguments)]

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url)
        with database_errors(self._connection):
            yield self._connection


def connect(url: str) -> psycopg.Connection:
    """Connect in autocommit, without prepared statements, so that a transaction pooler may stand in between."""
    try:
        connection = psycopg.connect(url, autocommit=True, prepare_threshold=None, **_PATIENCE)
    except psycopg.Error as error:
        raise DatabaseAway(f"the database cannot be reached: {_said(error)}") from error
    connection.adapters.register_loader("timestamptz", _InstantLoader)
    return connection


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


def rows(connection: psycopg.Connection, row: type[Row], function: str, arguments: Sequence[object]) -> list[Row]:
    """What a function of ours returns, its columns by the names of `row`."""
    columns = SQL(", ").join(map(Identifier, row._fields))
    statement = SQL("select {} from private.{}({})").format(columns, Identifier(function), _placeholders(arguments))
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(statement, arguments).fetchall()


def _placeholders(arguments: Sequence[object]) -> Composable:
    # psycopg takes a hundred times as long to write a list as text.
    return SQL(", ").join(
        Placeholder(format=PyFormat.BINARY if isinstance(argument, list) else PyFormat.AUTO) for argument in arguments
    )


def _said(error: psycopg.Error) -> str:
    """The error in one line: what Postgres says first, else what the driver says."""
    parts = [error.diag.message_primary, error.diag.message_detail]
    return " ".join(part for part in parts if part) or " ".join(str(error).split())
