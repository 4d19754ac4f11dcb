"""How each function of the matrix is tried: its arguments, what it may change, and what it answers where it may not.

A function is called for rows of the table that the matrix says it is about, one at a time, as each caller. Whom it
serves for which row is the matrix's word; here is only what a test cannot guess.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from tests.isolation import matrix
from tests.isolation.doors import Answer
from tests.isolation.matrix import Caller
from tests.isolation.witness import Effect, Witness
from tests.isolation.world import World

MATRIX = matrix.load()

Row = Mapping[str, Any]
Refusal = tuple[str, str]

NO_ORGANIZATION: Final = ("PT404", "organization_not_found")
OPERATOR_ALONE: Final = ("PT403", "platform_admin_required")

SEALED: Final = "A" * 128
"""Looks like an HPKE message in base64."""


@dataclass(frozen=True)
class Attempt:
    """A call that a function is to serve."""

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


@dataclass(frozen=True)
class Case:
    """What there is to know of one function."""

    arguments: Callable[[Attempt], dict[str, Any]]
    hidden: Refusal
    """What it answers about rows that the caller may not read."""
    forbidden: Refusal | None = None
    """What it answers about rows that the caller may read; None: the same."""
    changes: frozenset[str] = frozenset()
    """The tables in which it changes something each time it serves somebody, beside the audit trail."""
    rows: str = "true"
    """An SQL condition on the rows that it is tried with."""
    outcome: Callable[[Attempt], int] = once
    """Checks an answer, and counts what it gave."""

    def refusal(self, *, is_visible: bool) -> Refusal:
        """Return what the function answers where it does not serve the caller."""
        return self.forbidden if is_visible and self.forbidden else self.hidden


def _kpis(**arguments: Any) -> Case:
    """A function that counts the calls the caller may read."""

    def of_an_organization(attempt: Attempt) -> dict[str, Any]:
        now = datetime.now(UTC)
        period = {"p_from": now - timedelta(days=9), "p_to": now + timedelta(days=1)}
        return {
            "p_org_id": attempt.row["id"],
            **{name: instant.isoformat() for name, instant in period.items()},
            **arguments,
        }

    def offered(attempt: Attempt) -> int:
        counted = sum(figure["value"] for figure in attempt.answer.value if figure["kpi"] == "offered")
        assert counted == sum(call["org_id"] == attempt.row["id"] for call in attempt.visible("calls"))
        return int(counted)

    return Case(of_an_organization, NO_ORGANIZATION, outcome=offered)


def _an_integration(attempt: Attempt) -> dict[str, Any]:
    is_platform = attempt.row["id"] == attempt.world.holding
    return an_integration(None if is_platform else attempt.row["id"], str(uuid4()))


def _made_as_chosen(attempt: Attempt) -> int:
    assert attempt.answer.value == attempt.arguments["p_id"]
    assert attempt.effects["public.integrations"] == Effect(inserted=frozenset({(attempt.answer.value,)}))
    return 1


def _the_new_line(attempt: Attempt) -> int:
    assert attempt.effects["public.lines"] == Effect(inserted=frozenset({(attempt.answer.value,)}))
    return 1


def an_integration(org_id: str | None, integration_id: str) -> dict[str, Any]:
    """Return the arguments of create_integration."""
    return {
        "p_org_id": org_id,
        "p_name": "Another account",
        "p_account_type": "call_center",
        "p_webhook_mode": "signed",
        "p_key_id": "key",
        "p_credentials": {"api_key": SEALED, "user_key": SEALED},
        "p_id": integration_id,
    }


CASES: Final[dict[str, Case]] = {
    "kpi_summary": _kpis(),
    "kpi_series": _kpis(p_grain="day"),
    "create_integration": Case(
        _an_integration,
        NO_ORGANIZATION,
        changes=frozenset({"public.integrations", "private.integration_credentials", "private.sync_cursors"}),
        outcome=_made_as_chosen,
    ),
    "assign_phone_number": Case(
        lambda attempt: {"p_phone_number_id": str(attempt.world.spare_number), "p_org_id": attempt.row["id"]},
        OPERATOR_ALONE,
        changes=frozenset({"public.lines"}),
        rows="archived_at is null and id <> private.holding_org_id()",
        outcome=_the_new_line,
    ),
}
