"""API keys, the audit trail, and platform admins."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.isolation.cases.case import NO_ORGANIZATION, OPERATOR_ALONE, ROLE, Attempt, Case, in_, of_row, platform_or_id
from tests.isolation.trail import TRAIL
from tests.isolation.witness import Effect


def _the_new_key(attempt: Attempt) -> int:
    [key] = attempt.answer.value
    assert key["secret"].startswith(f"{key['prefix']}_")
    assert attempt.effects["private.api_keys"] == Effect(inserted=frozenset({(key["id"],)}))
    return 1


def _a_whole_chain(attempt: Attempt) -> int:
    [chain] = attempt.answer.value
    entries = attempt.witness.rows("audit_entries", "org_id = %(org)s", {"org": attempt.row["id"]})
    assert (chain["sealed"], chain["unsealed"], chain["problem"]) == (0, len(entries), None)
    return 1


def _all_entries(attempt: Attempt) -> int:
    entries = attempt.witness.rows("audit_entries", "org_id = %(org)s", {"org": attempt.row["id"]})
    [export] = attempt.effects[TRAIL].inserted
    assert {(str(row["id"]),) for row in attempt.answer.value} == entries.keys() | {export}
    return 1


def _ever() -> dict[str, Any]:
    return {"p_from": "2020-01-01T00:00:00Z", "p_to": (datetime.now(UTC) + timedelta(days=1)).isoformat()}


def _of_user(attempt: Attempt) -> dict[str, Any]:
    return {"p_user_id": attempt.row["user_id"]}


CASES: Final[dict[str, Case]] = {
    "create_api_key": Case(
        lambda attempt: {"p_org_id": platform_or_id(attempt), "p_name": "A key", "p_scopes": ["calls:read"]},
        NO_ORGANIZATION,
        forbidden=ROLE,
        of_platform=OPERATOR_ALONE,
        changes=in_("private.api_keys"),
        outcome=_the_new_key,
    ),
    "revoke_api_key": Case(of_row("p_api_key_id"), ("PT404", "api_key_not_found"), changes=in_("private.api_keys")),
    "verify_audit_chain": Case(of_row("p_org_id"), NO_ORGANIZATION, forbidden=ROLE, outcome=_a_whole_chain),
    "export_audit_trail": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], **_ever()},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_(TRAIL),
        outcome=_all_entries,
    ),
    "grant_platform_admin": Case(
        _of_user,
        OPERATOR_ALONE,
        changes=in_("private.platform_admins"),
        rows="user_id not in (select a.user_id from private.platform_admins a)",
    ),
    "revoke_platform_admin": Case(
        _of_user,
        OPERATOR_ALONE,
        changes=in_("private.platform_admins"),
        rows="user_id in (select a.user_id from private.platform_admins a)",
    ),
}
