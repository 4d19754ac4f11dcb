"""The plans that Postgres runs for a caller, those of the functions that it calls included, told by auto_explain."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.errors import Diagnostic

from tests.integration.database.doors import Connection
from tools.scratch import Database

_SETTINGS = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_verbose": "on",
    "auto_explain.log_format": "json",
    "client_min_messages": "log",
    # What a request has: no plan of an earlier one is left over.
    "plan_cache_mode": "auto",
}


@dataclass(frozen=True)
class Node:
    """A node of a plan, with the nodes it stands under, the nearest first."""

    statement: str
    told: dict[str, Any]
    above: tuple["Node", ...]

    @property
    def kind(self) -> str:
        """Seq Scan, Index Scan, …"""
        kind: str = self.told["Node Type"]
        return kind

    @property
    def table(self) -> str | None:
        """The table that it reads."""
        return self.told.get("Relation Name")

    @property
    def conditions(self) -> str:
        """Everything that it compares its rows with."""
        return " ".join(
            str(value)
            for key, value in self.told.items()
            if key.endswith(("Filter", "Cond")) and isinstance(value, str)
        )

    @property
    def output(self) -> str:
        """What it works out."""
        return " ".join(self.told.get("Output", []))

    @property
    def relationship(self) -> str | None:
        """Outer, Inner, InitPlan, SubPlan, …"""
        return self.told.get("Parent Relationship")

    def __str__(self) -> str:
        name = f"{self.kind} on {self.table}" if self.table else self.kind
        return f"{name} ({self.conditions}) in: {self.statement}"


@dataclass
class Explained:
    """How many rows a statement returned, and all plans that were run for it."""

    rows: int = 0
    nodes: list[Node] = field(default_factory=list)

    def hear(self, message: Diagnostic) -> None:
        """Take what auto_explain tells."""
        _, plan, told = (message.message_primary or "").partition("plan:\n")
        if plan:
            stated = json.loads(told)
            self.nodes += _nodes(stated["Query Text"], stated["Plan"], ())


def _nodes(statement: str, told: dict[str, Any], above: tuple[Node, ...]) -> Iterator[Node]:
    node = Node(statement, told, above)
    yield node
    for below in told.get("Plans", []):
        yield from _nodes(statement, below, (node, *above))


@contextmanager
def explaining(database: Database) -> Iterator[Connection]:
    """Connect with auto_explain, which the superuser alone may load; afterwards one becomes somebody."""
    with database.connect("supabase_admin") as connection:
        connection.execute("load 'auto_explain'")
        for name, value in _SETTINGS.items():
            connection.execute("select set_config(%s, %s, false)", [name, value])
        yield connection


def explain_as_user(database: Database, user: UUID, query: str, arguments: dict[str, Any]) -> Explained:
    """Run a statement as PostgREST would for a signed-in user."""
    claims = json.dumps({"sub": str(user), "role": "authenticated", "aal": "aal1"})
    with explaining(database) as connection, connection.transaction():
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute("set local role authenticated")
        return _explained(connection, query, arguments)


def explain_with_grant(database: Database, grant: str, query: str, arguments: dict[str, Any]) -> Explained:
    """Run a statement as PostgREST would for a request that carries an API key's grant."""
    with explaining(database) as connection, connection.transaction():
        connection.execute("set local role anon")
        connection.execute("select set_config('request.headers', %s, true)", [json.dumps({"x-api-grant": grant})])
        connection.execute("select private.redeem_api_grant()")
        return _explained(connection, query, arguments)


def _explained(connection: Connection, query: str, arguments: dict[str, Any]) -> Explained:
    explained = Explained()
    connection.add_notice_handler(explained.hear)
    explained.rows = connection.execute(query.encode(), arguments).rowcount
    return explained
