"""The permission matrix, read from supabase/tests/isolation/matrix.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from devstack.layout import REPOSITORY

FILE: Final = REPOSITORY / "supabase/tests/isolation/matrix.toml"

VERBS: Final = ("select", "insert", "update", "delete")

ROLES: Final = frozenset(
    {"anonymous", "outsider", "viewer", "agent", "manager", "org_admin", "platform_admin", "service_key", "rejected"}
)
"""The columns of the matrix; those that no row names may do nothing at all."""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str
    role: str
    organization: str | None

    @property
    def is_signed_in(self) -> bool:
        """Whether PostgREST knows them as a user."""
        return self.role not in {"anonymous", "service_key", "rejected"}


@dataclass(frozen=True)
class Table:
    """What may be done with one table."""

    name: str
    columns: frozenset[str]
    words: dict[str, str]
    """Conditions on the table that say which rows."""
    verbs: dict[str, dict[str, str]]
    """Per verb: the roles that may, each with its word."""
    insert_columns: tuple[str, ...]
    update_columns: dict[str, str]
    """The columns that may be written, with a value to try."""

    def condition(self, verb: str, role: str) -> str:
        """Return the SQL condition for the rows a role may have with a verb."""
        word = self.verbs[verb].get(role)
        return "false" if word is None else f"({self.words[word]})"

    def is_granted(self, verb: str) -> bool:
        """Tell whether signed-in users hold the privilege; which rows it reaches is another question."""
        return bool(self.verbs[verb])


@dataclass(frozen=True)
class Function:
    """Who may execute one function."""

    name: str
    arguments: tuple[str, ...]
    counts: str | None
    """The table whose rows it counts."""
    execute: dict[str, str]


@dataclass(frozen=True)
class Matrix:
    """Who may do what."""

    callers: dict[str, Caller]
    tables: dict[str, Table]
    functions: dict[str, Function]


@cache
def load() -> Matrix:
    """Read the file.

    Raises:
        ValueError: it names a role, a word or a verb that there is not.
    """
    content = tomllib.loads(FILE.read_text())
    callers = {
        name: Caller(name, entry["role"], entry.get("organization")) for name, entry in content["callers"].items()
    }
    tables = {name: _table(name, entry, content["words"]) for name, entry in content["tables"].items()}
    functions = {
        name: Function(name, tuple(entry["arguments"]), entry.get("counts"), entry["execute"])
        for name, entry in content["functions"].items()
    }
    matrix = Matrix(callers, tables, functions)
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
        update_columns=entry.pop("update_columns", {}),
    )
    if entry:
        raise ValueError(f"The matrix says of {name} what nobody asks: {', '.join(entry)}.")
    return table


def _check(matrix: Matrix) -> None:
    named = {caller.role for caller in matrix.callers.values()}
    for table in matrix.tables.values():
        for verb, allowed in table.verbs.items():
            named |= allowed.keys()
            if unknown := set(allowed.values()) - table.words.keys():
                raise ValueError(f"The matrix does not define {', '.join(unknown)} for {verb} on {table.name}.")
    for function in matrix.functions.values():
        named |= function.execute.keys()
    if unknown := named - ROLES:
        raise ValueError(f"The matrix names roles that there are not: {', '.join(unknown)}.")
