"""MightyCall accounts, their numbers, pulls and deliveries."""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from tests.isolation.cases.case import (
    NO_ORGANIZATION,
    OPEN,
    OPERATOR_ALONE,
    ROLE,
    SEALED,
    Attempt,
    Case,
    in_,
    of_row,
    of_rows,
    once,
    platform_or_id,
)
from tests.isolation.witness import Effect

NO_INTEGRATION: Final = ("PT404", "integration_not_found")
NO_EVENT: Final = ("PT404", "webhook_event_not_found")


def _made_as_chosen(attempt: Attempt) -> int:
    assert attempt.answer.value == attempt.arguments["p_id"]
    assert attempt.effects["public.integrations"] == Effect(inserted=frozenset({(attempt.answer.value,)}))
    return 1


def _the_new_line(attempt: Attempt) -> int:
    assert attempt.effects["public.lines"] == Effect(inserted=frozenset({(attempt.answer.value,)}))
    return 1


def _the_new_lines(attempt: Attempt) -> int:
    lines = {(row["line_id"],) for row in attempt.answer.value}
    assert attempt.effects["public.lines"] == Effect(inserted=frozenset(lines))
    return len(lines)


def _the_jobs(attempt: Attempt) -> int:
    jobs = {(row["job_id"],) for row in attempt.answer.value}
    assert attempt.effects["public.sync_jobs"] == Effect(inserted=frozenset(jobs))
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


def _what_goes_with_an_account(attempt: Attempt) -> set[str]:
    """Credentials, tokens and open jobs, of which a disabled account has none here."""
    names = ("private.integration_credentials", "private.webhook_tokens", "public.sync_jobs")
    sought = {"id": attempt.row["id"]}
    return {"public.integrations"} | {
        name for name in names if attempt.witness.rows(name, "integration_id = %(id)s", sought)
    }


def _the_new_token(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    assert answer["path"] == f"/webhooks/mightycall/{attempt.row['id']}/{answer['token']}"
    assert answer["url"] == f"https://hooks.example{answer['path']}"
    tokens = attempt.effects["private.webhook_tokens"]
    assert len(tokens.inserted) == 1
    assert answer["token"] not in str(tokens.rows)
    return 1


def _the_job(attempt: Attempt) -> int:
    job = attempt.answer.value if isinstance(attempt.answer.value, str) else attempt.answer.value[0]["job_id"]
    assert attempt.effects["public.sync_jobs"] == Effect(inserted=frozenset({(job,)}))
    [row] = attempt.effects["public.sync_jobs"].rows.values()
    assert (row["integration_id"], row["org_id"]) == (attempt.row["id"], attempt.row["org_id"])
    assert row["requested_by"] == str(attempt.world.user(attempt.caller))
    return 1


def _read_again(attempt: Attempt) -> int:
    assert attempt.answer.value == [{"status": "ignored", "error": None}]
    event = (str(attempt.row["id"]),)
    assert attempt.effects["private.webhook_events"] == Effect(updated=frozenset({event}))
    return 1


def _of_account(changes: Callable[[Attempt], set[str]], outcome: Callable[[Attempt], int] = once, **more: Any) -> Case:
    """Something done with a MightyCall account that is in use."""
    return Case(
        lambda attempt: {"p_integration_id": attempt.row["id"], **more},
        NO_INTEGRATION,
        changes=changes,
        rows="disabled_at is null",
        outcome=outcome,
    )


CASES: Final[dict[str, Case]] = {
    "create_integration": Case(
        lambda attempt: an_integration(platform_or_id(attempt), str(uuid4())),
        NO_ORGANIZATION,
        forbidden=ROLE,
        of_platform=OPERATOR_ALONE,
        changes=in_("public.integrations", "private.integration_credentials", "private.sync_cursors"),
        outcome=_made_as_chosen,
    ),
    "assign_phone_number": Case(
        lambda attempt: {"p_phone_number_id": str(attempt.world.spare_number), "p_org_id": attempt.row["id"]},
        OPERATOR_ALONE,
        changes=in_("public.lines"),
        rows=OPEN,
        outcome=_the_new_line,
    ),
    "assign_phone_numbers": Case(
        lambda attempt: {"p_phone_number_ids": [str(attempt.world.spare_number)], "p_org_id": attempt.row["id"]},
        OPERATOR_ALONE,
        changes=in_("public.lines"),
        rows=OPEN,
        outcome=_the_new_lines,
    ),
    "withdraw_phone_numbers": Case(
        of_rows("p_phone_number_ids"),
        OPERATOR_ALONE,
        changes=in_("public.lines"),
        rows="org_id = private.holding_org_id() and id in (select l.phone_number_id from public.lines l)",
    ),
    "request_sync": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_resource": "phone_numbers"},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("public.sync_jobs"),
        rows="archived_at is null",
        outcome=_the_jobs,
    ),
    "change_integration": _of_account(in_("public.integrations"), p_name="Another name"),
    "rotate_webhook_secret": _of_account(in_("private.integration_credentials"), p_key_id="key", p_sealed=SEALED),
    "rotate_webhook_token": _of_account(in_("private.webhook_tokens"), _the_new_token),
    "disable_integration": _of_account(in_("public.integrations")),
    "enable_integration": Case(
        of_row("p_integration_id"),
        NO_INTEGRATION,
        changes=in_("public.integrations", "public.sync_jobs", "private.sync_cursors"),
        rows="disabled_at is not null",
    ),
    "remove_integration": Case(of_row("p_integration_id"), NO_INTEGRATION, changes=_what_goes_with_an_account),
    "test_integration": _of_account(in_("public.sync_jobs"), _the_job),
    "test_webhook": _of_account(in_("public.sync_jobs"), _the_job),
    "replay_webhook_event": Case(
        of_row("p_event_id"),
        NO_EVENT,
        changes=in_("private.webhook_events"),
        rows="status = 'failed'",
        outcome=_read_again,
    ),
    "replay_webhook_events": _of_account(in_("public.sync_jobs"), _the_job),
    "request_backfill": _of_account(in_("public.sync_jobs"), _the_job, p_from="2026-01-01T00:00:00Z"),
}
