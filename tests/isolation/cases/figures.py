"""Figures, the lists behind them, what goes on now, and what happened."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.isolation.cases.case import (
    NO_ORGANIZATION,
    OPERATOR_ALONE,
    ROLE,
    Attempt,
    Case,
    Refusal,
    lately,
    of_nothing,
    of_row,
)

ENDED: Final = ("answered", "voicemail", "missed")
Rows = Sequence[Mapping[str, Any]]


def _offered(figures: Rows) -> int:
    return sum(figure["value"] for figure in figures if figure["kpi"] == "offered")


def _in_column(column: str) -> Callable[[Rows], int]:
    return lambda rows: sum(row[column] for row in rows)


def _total_of(kpi: str) -> Callable[[Rows], int]:
    return lambda figures: sum(figure["total"] for figure in figures if figure["kpi"] == kpi)


def _counts(
    counted: Callable[[Rows], int],
    *outcomes: str,
    table: str = "calls",
    forbidden: Refusal | None = None,
    **arguments: Any,
) -> Case:
    """A function that counts the calls the caller may read that ended in one of these ways, or other rows."""

    def of_an_organization(attempt: Attempt) -> dict[str, Any]:
        return {"p_org_id": attempt.row["id"], **lately(), **arguments}

    def as_many_as_are_read(attempt: Attempt) -> int:
        count = counted(attempt.answer.value)
        assert count == sum(
            row["org_id"] == attempt.row["id"] and (table != "calls" or row["outcome"] in (outcomes or ENDED))
            for row in attempt.visible(table)
        )
        return int(count)

    return Case(of_an_organization, NO_ORGANIZATION, forbidden=forbidden, outcome=as_many_as_are_read)


def _heat(figures: Rows) -> int:
    return sum(figure["numerator"] for figure in figures if figure["kpi"] == "offered")


def _messages(figures: Rows) -> int:
    return sum(figure["value"] for figure in figures if figure["kpi"] in {"messages_received", "messages_sent"})


def _calls_of_now(attempt: Attempt) -> int:
    [told] = attempt.answer.value
    here = [call for call in attempt.visible("live_calls") if call["org_id"] == attempt.row["id"]]
    assert told["in_progress"] == len(here)
    return len(here)


def _the_team(attempt: Attempt) -> int:
    """All that have an extension, seen or not, whoever of the organization asks."""
    team = attempt.witness.rows("member_extensions", "org_id = %(org)s", {"org": attempt.row["id"]}).values()
    assert {row["org_id"] for row in attempt.answer.value} <= {attempt.row["id"]}
    assert {row["member_id"] for row in attempt.answer.value} - {None} <= {row["member_id"] for row in team}
    return len(attempt.answer.value)


HAPPENED: Final = {
    "call": "calls",
    "message": "messages",
    "voicemail": "voicemails",
    "note": "call_notes",
    "member": "org_members",
    "sync": "sync_jobs",
    "alert": "alerts",
}


def _what_they_read(attempt: Attempt) -> int:
    told: dict[str, set[str]] = {kind: set() for kind in HAPPENED}
    for row in attempt.answer.value:
        assert row["org_id"] == attempt.row["id"]
        told[row["kind"]].add(row["id"])
    readable = {
        kind: {row["id"] for row in attempt.visible(table) if row["org_id"] == attempt.row["id"]}
        for kind, table in HAPPENED.items()
    }
    for kind in ("message", "voicemail", "note", "member", "alert"):
        assert told[kind] == readable[kind]
    missed = {row["id"] for row in attempt.visible("calls") if row["outcome"] == "missed"}
    assert told["call"] == readable["call"] & missed
    assert told["sync"] == set()
    return len(attempt.answer.value)


def _all_payments(attempt: Attempt) -> int:
    paid = sum(row["amount_cents"] for row in attempt.answer.value)
    payments = [row for row in attempt.visible("payments") if row["org_id"] == attempt.row["id"]]
    assert paid == sum(row["amount_cents"] for row in payments)
    return len(payments)


def _the_whole_platform(attempt: Attempt) -> int:
    [figures] = attempt.answer.value
    organizations = attempt.visible("fleet")
    assert figures["organizations_active"] + figures["organizations_archived"] == len(organizations)
    return len(organizations)


CASES: Final[dict[str, Case]] = {
    "kpi_summary": _counts(_offered),
    "kpi_series": _counts(_offered, p_grain="day"),
    "kpi_by_organization": _counts(_offered),
    "kpi_by_line": _counts(_offered),
    "kpi_by_member": _counts(_offered),
    "kpi_comparison": _counts(_offered),
    "kpi_heatmap": _counts(_heat),
    "kpi_percentiles": _counts(_total_of("answered_wait_median"), "answered"),
    "kpi_unusual": _counts(_offered, p_kpis=["offered"]),
    "callers": _counts(_in_column("calls")),
    "repeat_callers": _counts(_total_of("repeat_calls")),
    "callbacks": _counts(_total_of("missed_callers"), "missed"),
    "peak_concurrency": _counts(_total_of("peak_concurrency")),
    "staffing": _counts(_in_column("offered")),
    "report_days": _counts(_in_column("offered")),
    "report_hours": _counts(_in_column("offered")),
    "report_lines": _counts(_in_column("offered")),
    "report_members": _counts(_in_column("offered")),
    "report_sla": _counts(_in_column("calls")),
    "report_calls": _counts(len),
    "kpi_messages": _counts(_messages, table="messages", forbidden=ROLE),
    "live_summary": Case(of_row("p_org_id"), NO_ORGANIZATION, outcome=_calls_of_now),
    "team_availability": Case(of_row("p_org_id"), NO_ORGANIZATION, outcome=_the_team),
    "erlang_c": Case(
        lambda _: {"p_calls_per_hour": 60, "p_handle_seconds": 180, "p_agents": 5},
        outcome=lambda attempt: len(attempt.answer.value),
    ),
    "activity": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_limit": 500}, NO_ORGANIZATION, outcome=_what_they_read
    ),
    "revenue": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], **lately()},
        NO_ORGANIZATION,
        forbidden=ROLE,
        outcome=_all_payments,
    ),
    "platform_figures": Case(of_nothing, OPERATOR_ALONE, outcome=_the_whole_platform),
}
