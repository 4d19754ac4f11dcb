"""Reports as files, sent or on schedule, and alert rules."""

import csv
import io
from typing import Any, Final

from tests.isolation.cases.case import NO_ORGANIZATION, ROLE, Attempt, Case, in_, lately, of_row
from tests.isolation.trail import TRAIL
from tests.isolation.witness import Effect

NO_DOCUMENT: Final = ("PT404", "document_not_found")
NO_SCHEDULE: Final = ("PT404", "schedule_not_found")
NO_RULE: Final = ("PT404", "alert_rule_not_found")
OF_OPEN_ORGANIZATIONS: Final = "org_id in (select o.id from public.organizations o where o.archived_at is null)"
OF_SOMEBODY_IN_CHARGE: Final = "private.is_in_charge(owner_id, org_id)"


def _a_report(attempt: Attempt) -> dict[str, Any]:
    period = {name.removeprefix("p_"): instant for name, instant in lately().items()}
    return {"p_org_id": attempt.row["id"], "p_report": "days", "p_parameters": period}


def _all_days(attempt: Attempt) -> int:
    header, *days = csv.reader(io.StringIO(attempt.answer.value))
    offered = header.index("offered")
    calls = [row for row in attempt.visible("calls") if row["org_id"] == attempt.row["id"] and row["outcome"]]
    assert sum(int(day[offered]) for day in days) == len(calls)
    [entry] = attempt.effects[TRAIL].rows.values()
    assert (entry["action"], entry["org_id"]) == ("export", attempt.row["id"])
    return len(calls)


def _the_document(attempt: Attempt) -> int:
    [document] = attempt.effects["public.documents"].rows.values()
    assert (document["id"], document["org_id"]) == (attempt.answer.value, attempt.row["id"])
    assert document["owner_id"] == str(attempt.world.user(attempt.caller))
    return 1


def _one_document_less(attempt: Attempt) -> int:
    assert attempt.effects["public.documents"] == Effect(deleted=frozenset({(attempt.row["id"],)}))
    assert attempt.effects["private.document_files"] == Effect(updated=frozenset({(attempt.row["id"],)}))
    return 1


def _the_run(attempt: Attempt) -> int:
    [run] = attempt.effects["public.report_runs"].rows.values()
    assert (run["id"], run["org_id"]) == (attempt.answer.value, attempt.row["org_id"])
    # A schedule's report is seen by its owner's eyes, whoever sends it.
    owner = attempt.row["owner_id"] if "frequency" in attempt.row else str(attempt.world.user(attempt.caller))
    assert run["owner_id"] == owner
    return 1


def _ones_own(attempt: Attempt) -> int:
    [row] = [row for name, effect in attempt.effects.items() if name != TRAIL for row in effect.rows.values()]
    assert (row["id"], row["owner_id"], row["enabled"]) == (
        attempt.row["id"],
        str(attempt.world.user(attempt.caller)),
        True,
    )
    return 1


CASES: Final[dict[str, Case]] = {
    "export_report": Case(_a_report, NO_ORGANIZATION, changes=in_(TRAIL), outcome=_all_days),
    "create_document": Case(
        lambda attempt: {**_a_report(attempt), "p_format": "csv"},
        NO_ORGANIZATION,
        changes=in_("public.documents", "private.document_files", TRAIL),
        outcome=_the_document,
    ),
    "delete_document": Case(
        of_row("p_document_id"),
        NO_DOCUMENT,
        changes=in_("public.documents", "private.document_files", TRAIL),
        outcome=_one_document_less,
    ),
    "email_document": Case(
        lambda attempt: {"p_document_id": attempt.row["id"], "p_recipients": ["somebody@example.com"]},
        NO_DOCUMENT,
        forbidden=ROLE,
        changes=in_("public.report_runs", "public.report_deliveries", "private.outbox_mails", TRAIL),
        rows=f"state = 'stored' and {OF_OPEN_ORGANIZATIONS}",
        outcome=_the_run,
    ),
    "send_report_now": Case(
        of_row("p_schedule_id"),
        NO_SCHEDULE,
        changes=in_("public.report_runs", "public.documents", "private.document_files"),
        rows=f"{OF_OPEN_ORGANIZATIONS} and {OF_SOMEBODY_IN_CHARGE}",
        outcome=_the_run,
    ),
    "take_over_report_schedule": Case(
        of_row("p_schedule_id"), NO_SCHEDULE, forbidden=ROLE, changes=in_("public.report_schedules"), outcome=_ones_own
    ),
    "take_over_alert_rule": Case(
        of_row("p_rule_id"),
        NO_RULE,
        forbidden=ROLE,
        changes=in_("public.alert_rules"),
        rows="owner_id <> %(user)s",
        outcome=_ones_own,
    ),
}
