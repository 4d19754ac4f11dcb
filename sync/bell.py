import secrets
import time
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from sync.database import connect, database_errors
from sync.runtime import Runtime
from sync.store import Store

CHANNEL: Final = "sync_jobs"
_PROOF_SECONDS: Final = 5.0
_ASK_AGAIN_SECONDS: Final = 300.0
_STEP_SECONDS: Final = 0.5


class Bell:
    """Rings when somebody queues work: LISTEN on a connection of its own.

    Behind a transaction pooler LISTEN is accepted and then nothing is ever heard, so a bell is tried before it is
    trusted: it has to hear a notification that `store` sends from another connection.
    """

    def __init__(self, url: str, store: Store, runtime: Runtime) -> None:
        self._url = url
        self._store = store
        self._runtime = runtime
        self._connection: psycopg.Connection | None = None
        self._deaf_until = 0.0

    @property
    def is_heard(self) -> bool:
        """Whether notifications arrive."""
        return self._connection is not None

    def hang(self) -> bool:
        """Listen from now on, if that is possible here; true when notifications arrive.

        Raises:
            DatabaseError: the database is away.
        """
        if self._connection is not None and self._connection.closed:
            self._connection = None
        if self._connection is None and time.monotonic() >= self._deaf_until:
            self._connection = self._tried(connect(self._url))
            if self._connection is None:
                self._deaf_until = time.monotonic() + _ASK_AGAIN_SECONDS
        return self.is_heard

    def wait(self, seconds: float) -> None:
        """Wait until it rings, the process is asked to end, or the time is over.

        Raises:
            DatabaseError: the database went away.
        """
        if self._connection is None:
            self._runtime.sleep(seconds)
            return
        deadline = time.monotonic() + seconds
        while not self._runtime.is_stopping() and (left := deadline - time.monotonic()) > 0:
            with database_errors(self._connection):
                if list(self._connection.notifies(timeout=min(left, _STEP_SECONDS), stop_after=1)):
                    return

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tried(self, connection: psycopg.Connection) -> psycopg.Connection | None:
        trial = f"sync_trial_{secrets.token_hex(8)}"
        try:
            with database_errors(connection):
                connection.execute(SQL("listen {}").format(Identifier(CHANNEL)))
                connection.execute(SQL("listen {}").format(Identifier(trial)))
                self._store.notify(trial)
                deadline = time.monotonic() + _PROOF_SECONDS
                while (left := deadline - time.monotonic()) > 0:
                    if any(heard.channel == trial for heard in connection.notifies(timeout=left, stop_after=1)):
                        connection.execute(SQL("unlisten {}").format(Identifier(trial)))
                        return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None
