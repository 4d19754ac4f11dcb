"""What is done about missed callers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.isolation.cases.case import NO_ORGANIZATION, ROLE, Attempt, Case, Refusal, in_, of_nothing

NO_MISSED_CALLER: Final = ("PT404", "missed_caller_not_found")
OWNER_UNFIT: Final = ("PT422", "owner_unfit")


def _to_an_admin(attempt: Attempt) -> dict[str, Any]:
    admin = attempt.world.of(attempt.row["org_id"]).members["org_admin"].id
    return {"p_owner_id": str(admin)}


def _worklist(more: Callable[[Attempt], dict[str, Any]] = of_nothing, *, rows: str = "true") -> Case:
    """Something done about a missed caller of a client."""

    def refuses(attempt: Attempt) -> Refusal:
        caller = attempt.caller
        if caller.role == "platform_admin":
            return OWNER_UNFIT
        if caller.role == "outsider" or attempt.row["org_id"] != str(attempt.world.parameters(caller)["org"]):
            return NO_ORGANIZATION
        return ROLE if caller.role == "viewer" else NO_MISSED_CALLER

    def the_work(attempt: Attempt) -> int:
        work = attempt.answer.value
        assert (work["org_id"], work["external_number"]) == (attempt.row["org_id"], attempt.row["external_number"])
        assert work["updated_by"] == str(attempt.world.user(attempt.caller))
        return 1

    return Case(
        lambda attempt: {
            "p_org_id": attempt.row["org_id"],
            "p_external_number": attempt.row["external_number"],
            **more(attempt),
        },
        changes=in_("public.missed_caller_work"),
        rows=f"external_number is not null and org_id <> private.holding_org_id() and {rows}",
        outcome=the_work,
        refuses=refuses,
    )


CASES: Final[dict[str, Case]] = {
    "take_missed_caller": _worklist(rows="external_number <> '+12125550182'"),
    "assign_missed_caller": _worklist(_to_an_admin),
    "note_missed_caller": _worklist(lambda _: {"p_note": "Called at noon."}),
    "snooze_missed_caller": _worklist(lambda _: {"p_until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}),
    "close_missed_caller": _worklist(lambda _: {"p_outcome_code": "sale"}),
    "reopen_missed_caller": _worklist(),
}
