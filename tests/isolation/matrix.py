"""The permission matrix, read from supabase/tests/isolation/matrix.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from devstack.layout import REPOSITORY

FILE: Final = REPOSITORY / "supabase/tests/isolation/matrix.toml"

VERBS: Final = ("select", "insert", "update", "delete")

DATABASE_ROLES: Final = {
    "anonymous": "anon",
    **dict.fromkeys(("outsider", "viewer", "agent", "manager", "org_admin", "platform_admin"), "authenticated"),
    **dict.fromkeys(("api_key", "api_key_narrow", "platform_key"), "api_reader"),
    "service_key": "service_role",
    "rejected": None,
}
"""The columns of the matrix, and what each is in the database. Those that no row names may do nothing at all."""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str
    role: str
    organization: str | None

    @property
    def database_role(self) -> str | None:
        """As what they reach the database; None: PostgREST turns them away."""
        return DATABASE_ROLES[self.role]

    @property
    def is_signed_in(self) -> bool:
        """Whether PostgREST knows them as a user."""
        return self.database_role == "authenticated"

    @property
    def is_key(self) -> bool:
        """Whether they come with an API key."""
        return self.database_role == "api_reader"


@dataclass(frozen=True)
class Table:
    """What may be done with one table or view."""

    name: str
    """With the schema, unless it is public."""
    columns: frozenset[str]
    words: dict[str, str]
    """Conditions on the table that say which rows."""
    verbs: dict[str, dict[str, str]]
    """Per verb: the roles that may, each with its word."""
    insert_columns: tuple[str, ...]
    update_columns: dict[str, Any]
    """The columns that may be written, with a value to try."""
    key: tuple[str, ...]
    """For a view: the columns that tell its rows apart."""
    rows: str | None
    """For a view: SQL for its rows, made from tables, with the key and what the words are about."""

    @property
    def is_private(self) -> bool:
        """Whether only views lead to it."""
        return "." in self.name

    @property
    def is_view(self) -> bool:
        """Whether its rows are made from others."""
        return self.rows is not None

    def condition(self, verb: str, role: str) -> str:
        """Return the SQL condition for the rows a role may have with a verb."""
        word = self.verbs[verb].get(role)
        return "false" if word is None else f"({self.words[word]})"

    def granted_to(self, verb: str) -> set[str]:
        """Return the database roles that hold the privilege; which rows it reaches is another question."""
        return _database_roles(self.verbs[verb])

    def is_granted(self, verb: str, caller: Caller) -> bool:
        """Tell whether a caller holds the privilege."""
        return caller.database_role in self.granted_to(verb)


@dataclass(frozen=True)
class Function:
    """Who may execute one function."""

    name: str
    arguments: tuple[str, ...]
    of: str | None
    """The table whose rows it is about, one at a time."""
    execute: dict[str, str]
    """The roles it serves, each with a word about that table, or just "all"."""

    def granted_to(self) -> set[str]:
        """Return the database roles that hold the privilege."""
        return _database_roles(self.execute)

    def is_granted(self, caller: Caller) -> bool:
        """Tell whether a caller holds the privilege."""
        return caller.database_role in self.granted_to()


@dataclass(frozen=True)
class ComputedColumn:
    """What is reckoned of a row on request."""

    name: str
    of: dict[str, str]
    """The tables whose rows have it, each with what the function calls the row."""
    tells: dict[str, str]
    """The roles that are told the value, each with a word: of which rows. Others who read the row are told nothing."""
    value: str
    """SQL that reckons it, of a row named "it"."""

    def granted_to(self) -> set[str]:
        """Return the database roles that hold the privilege."""
        return _database_roles(self.tells)


@dataclass(frozen=True)
class Matrix:
    """Who may do what."""

    callers: dict[str, Caller]
    tables: dict[str, Table]
    private: dict[str, Table]
    """Tables of the schema private that views read with their caller's rights."""
    functions: dict[str, Function]
    computed: dict[str, ComputedColumn]
    audited: frozenset[str]
    """Tables, with their schema, whose changes are in the audit trail."""
    named_by: dict[str, tuple[str, ...]]
    """Columns by which the audit trail names a row of such a table, where it is not the primary key."""


@cache
def load() -> Matrix:
    """Read the file.

    Raises:
        ValueError: it names a role, a word, a table or a verb that there is not.
    """
    content = tomllib.loads(FILE.read_text())
    callers = {
        name: Caller(name, entry["role"], entry.get("organization")) for name, entry in content["callers"].items()
    }
    words = content["words"]
    tables = {name: _table(name, entry, words) for name, entry in content["tables"].items()}
    private = {
        f"private.{name}": _table(f"private.{name}", {"insert": {}, "update": {}, "delete": {}, **entry}, words)
        for name, entry in content.get("private", {}).items()
    }
    functions = {
        name: Function(name, tuple(entry["arguments"]), entry.get("of"), entry["execute"])
        for name, entry in content["functions"].items()
    }
    computed = {
        name: ComputedColumn(name, entry["of"], entry["tells"], entry["value"])
        for name, entry in content["computed"].items()
    }
    named_by = {name: tuple(columns) for name, columns in content["audit"]["named_by"].items()}
    audited = frozenset(content["audit"]["tables"])
    matrix = Matrix(callers, tables, private, functions, computed, audited, named_by)
    _check(matrix)
    return matrix


def _table(name: str, entry: dict[str, Any], words: dict[str, str]) -> Table:
    entry = dict(entry)
    table = Table(
        name=name,
        columns=frozenset(entry.pop("columns")),
        words=words | entry.pop("words", {}),
        verbs={verb: entry.pop(verb) for verb in VERBS},
        insert_columns=tuple(entry.pop("insert_columns", ())),
        update_columns={
            column: None if value == "null" else value for column, value in entry.pop("update_columns", {}).items()
        },
        key=tuple(entry.pop("key", ())),
        rows=entry.pop("rows", None),
    )
    if entry:
        raise ValueError(f"The matrix says of {name} what nobody asks: {', '.join(entry)}.")
    if bool(table.key) != bool(table.rows):
        raise ValueError(f"The matrix names only one of key and rows for {name}; a view needs both, a table none.")
    return table


def _check(matrix: Matrix) -> None:
    named = {caller.role for caller in matrix.callers.values()}
    for table in (*matrix.tables.values(), *matrix.private.values()):
        for verb, allowed in table.verbs.items():
            named |= allowed.keys()
            if unknown := set(allowed.values()) - table.words.keys():
                raise ValueError(f"The matrix does not define {', '.join(unknown)} for {verb} on {table.name}.")
    for function in matrix.functions.values():
        named |= function.execute.keys()
        if function.of and function.of not in matrix.tables:
            raise ValueError(f"The matrix has no table {function.of}, which {function.name} is about.")
        words = matrix.tables[function.of].words.keys() if function.of else {"all"}
        if unknown := set(function.execute.values()) - words:
            raise ValueError(f"The matrix does not define {', '.join(unknown)} for {function.name}.")
    if unknown := named - DATABASE_ROLES.keys():
        raise ValueError(f"The matrix names roles that there are not: {', '.join(unknown)}.")


def _database_roles(roles: dict[str, str]) -> set[str]:
    return {role for name in roles if (role := DATABASE_ROLES[name])}
