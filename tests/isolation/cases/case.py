"""What there is to know of a function to try it, and what several are tried with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.isolation import matrix
from tests.isolation.doors import Answer
from tests.isolation.matrix import Caller
from tests.isolation.witness import Effect, Witness
from tests.isolation.world import HOLDING, World

MATRIX = matrix.load()

Row = Mapping[str, Any]
Refusal = tuple[str, str]
NO_ORGANIZATION: Final = ("PT404", "organization_not_found")
ROLE: Final = ("PT403", "role_not_sufficient")
SCOPE: Final = ("PT403", "scope_missing")
OPERATOR_ALONE: Final = ("PT403", "platform_admin_required")
OPEN: Final = "archived_at is null and id <> private.holding_org_id()"
"""Organizations that are neither archived nor the holding organization."""

SOMEBODY: Final = "+12125550150"
"""A number outside that nobody knows."""

SEALED: Final = "A" * 128
"""Looks like an HPKE message in base64."""


@dataclass(frozen=True)
class Attempt:
    """A call of a function, before or after it was made."""

    world: World
    witness: Witness
    caller: Caller
    row: Row
    """What it is about; empty for a function that is about nothing in particular."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    answer: Answer = field(default_factory=Answer)
    effects: Mapping[str, Effect] = field(default_factory=dict)

    def visible(self, table: str) -> list[Row]:
        """Return the rows of a table that the caller may read."""
        condition = MATRIX.tables[table].condition("select", self.caller.role)
        return list(self.witness.rows(table, condition, self.world.parameters(self.caller)).values())


def once(_: Attempt) -> int:
    """Count a call that did what it is for."""
    return 1


def nothing(_: Attempt) -> set[str]:
    """Tell that a function only reads."""
    return set()


@dataclass(frozen=True)
class Case:
    """What there is to know of one function."""

    arguments: Callable[[Attempt], dict[str, Any]]
    hidden: Refusal | None = None
    """What it answers about rows that the caller may not read; None: it refuses nobody."""
    forbidden: Refusal | None = None
    """What it answers about rows that the caller may read; None: the same."""
    of_platform: Refusal | None = None
    """What it answers about the holding organization, where that means the platform; None: the same."""
    changes: Callable[[Attempt], set[str]] = nothing
    """The tables in which it changes something when it serves somebody, beside the audit trail."""
    rows: str = "true"
    """An SQL condition on the rows that it is tried with, in terms of the caller, as the matrix's words are."""
    outcome: Callable[[Attempt], int] = once
    """Checks an answer, and counts what it gave."""
    refuses: Callable[[Attempt], Refusal] | None = None
    """What it answers, where more counts than whether the row can be read."""

    def refusal(self, attempt: Attempt, *, is_visible: bool) -> Refusal | None:
        """Return what the function answers where it does not serve the caller."""
        if self.refuses:
            return self.refuses(attempt)
        if attempt.row.get("id") == HOLDING and self.of_platform:
            return self.of_platform
        if is_visible and attempt.caller.is_key:
            return SCOPE
        return self.forbidden if is_visible and self.forbidden else self.hidden


def in_(*tables: str) -> Callable[[Attempt], set[str]]:
    """Tell that a function changes the same tables each time."""
    return lambda _: set(tables)


def lately() -> dict[str, Any]:
    """Return a period that everything of the world is in."""
    now = datetime.now(UTC)
    return {"p_from": (now - timedelta(days=9)).isoformat(), "p_to": (now + timedelta(days=1)).isoformat()}


def platform_or_id(attempt: Attempt) -> str | None:
    """Return an organization's id as functions take it that mean the platform by null."""
    return None if attempt.row["id"] == HOLDING else attempt.row["id"]


def of_row(parameter: str) -> Callable[[Attempt], dict[str, Any]]:
    """Tell that a function takes the id of what it is about."""
    return lambda attempt: {parameter: attempt.row["id"]}


def of_rows(parameter: str) -> Callable[[Attempt], dict[str, Any]]:
    """Tell that a function takes a list of ids, and is tried with one."""
    return lambda attempt: {parameter: [attempt.row["id"]]}


def of_nothing(_: Attempt) -> dict[str, Any]:
    """Tell that a function takes nothing."""
    return {}
