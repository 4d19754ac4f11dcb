"""Two people, or many, doing something at the same moment, each over a connection of their own; and what came of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any, Final, Self
from uuid import UUID

import psycopg

from tests.integration.database.doors import Connection, behind, column, one
from tools.scratch import Database

DONE: Final = "done"
"""What comes of a statement that returns nothing."""


@dataclass(frozen=True)
class Act:
    """A statement that somebody is about to execute."""

    connection: Connection
    query: str
    arguments: Sequence[Any]

    def __call__(self) -> Any:
        """Execute it; returns its value, its rows, or of an error the SQLSTATE and, where it is ours, the code."""
        try:
            cursor = self.connection.execute(self.query.encode(), self.arguments)
            rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            code = error.diag.message_detail if (error.sqlstate or "").startswith("PT") else None
            return " ".join(filter(None, (error.sqlstate, code)))
        if [len(row) for row in rows] == [1]:
            return DONE if rows[0][0] in ("", None) else rows[0][0]
        return rows


@dataclass(frozen=True)
class Caller:
    """A connection, and whoever speaks over it."""

    connection: Connection

    def signed_in(self, user: UUID) -> Self:
        """Speak for this user from now on, as PostgREST would let them."""
        claims = json.dumps({"sub": str(user), "role": "authenticated", "aal": "aal1"})
        self.connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        self.connection.execute("set role authenticated")
        return self

    def act(self, query: str, *arguments: Any) -> Act:
        """Prepare a statement."""
        return Act(self.connection, query, arguments)

    def does(self, query: str, *arguments: Any) -> Any:
        """Execute a statement now; returns what came of it."""
        return self.act(query, *arguments)()


@dataclass(frozen=True)
class Interleaved:
    """What came of an act, of another that began before the first was committed, and whether that one waited."""

    first: Any
    waited: bool
    second: Any


def interleaved(first: Act, second: Act) -> Interleaved:
    """Execute an act in a transaction, begin another, and commit the first when the other waits for it or is done."""
    held, came = first.connection, []
    held.autocommit = False
    try:
        done = first()
        waited = behind(held, second.connection, lambda: came.append(second()))
    finally:
        held.rollback()
        held.autocommit = True
    return Interleaved(done, waited, came[0])


def race(*acts: Callable[[], Any]) -> list[Any]:
    """Let everybody begin at the same moment; returns what came of each."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait(timeout=120)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result(timeout=120) for done in [pool.submit(run, act) for act in acts]]


@dataclass(frozen=True)
class Stage:
    """A database, and connections into it that are kept for many stories."""

    database: Database
    owner: Connection
    """As postgres, past the policies: it sets stories up and looks what became of them."""
    callers: tuple[Caller, ...]
    """Connections like PostgREST's."""

    @classmethod
    @contextmanager
    def set(cls, database: Database, callers: int = 2) -> Iterator[Self]:
        """Open the connections."""
        with database.connect() as owner, programs(database, "authenticator", callers) as made:
            yield cls(database, owner, tuple(made))

    def signed_in(self, *users: UUID) -> list[Caller]:
        """Let each of the users speak over a connection of their own."""
        return [caller.signed_in(user) for caller, user in zip(self.callers, users, strict=False)]

    def make(self, function: str, *arguments: Any) -> Any:
        """Call one of the helpers that the pgTAP stories use too."""
        return one(self.owner, f"select tests.{function}({', '.join(['%s'] * len(arguments))})", *arguments)

    def told(self, query: str, *arguments: Any) -> list[Any]:
        """Return the first column of all rows."""
        return column(self.owner, query, *arguments)


@contextmanager
def programs(database: Database, role: str, count: int) -> Iterator[list[Caller]]:
    """Connect several times as a role that signs in by itself."""
    with ExitStack() as stack:
        yield [Caller(stack.enter_context(database.connect(role))) for _ in range(count)]
