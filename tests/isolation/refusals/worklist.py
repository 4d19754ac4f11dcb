"""What is done about missed callers."""

from typing import Final

from tests.isolation.cases.case import SOMEBODY
from tests.isolation.contents import MISSED_CALLER
from tests.isolation.names import NEVER
from tests.isolation.refusals.refusal import ACME, Case, Refusal, refused

_MISSED: Final = {**ACME, "p_external_number": MISSED_CALLER}
_WORKLIST: tuple[Case, ...] = (
    ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
    ("org_admin", {"p_org_id": None}, 404, "organization_not_found"),
    ("other_admin", {}, 404, "organization_not_found"),
    ("viewer", {}, 403, "role_not_sufficient"),
    ("org_admin", {"p_external_number": SOMEBODY}, 404, "missed_caller_not_found"),
    ("org_admin", {"p_external_number": None}, 404, "missed_caller_not_found"),
    ("agent", {"p_external_number": "+12125550181"}, 404, "missed_caller_not_found"),
    ("agent", {"p_external_number": "+12125550183"}, 404, "missed_caller_not_found"),
)
_NOTED: tuple[Case, ...] = (
    ("agent", {"p_note": " "}, 422, "note_invalid"),
    ("agent", {"p_note": "x" * 2001}, 422, "note_invalid"),
    ("agent", {"p_outcome_code": "never_heard_of"}, 422, "outcome_code_unknown"),
    (
        *("agent", {"p_outcome_code": "sale"}, 422, "outcome_code_unknown"),
        "update public.outcome_codes set retired_at = now()",
    ),
)
REFUSALS: Final[list[Refusal]] = [
    *refused(
        "take_missed_caller",
        _MISSED,
        *_WORKLIST,
        ("org_admin", {"p_external_number": "+12125550182"}, 409, "missed_caller_taken"),
        ("platform_admin", {}, 422, "owner_unfit"),
    ),
    *refused(
        "assign_missed_caller",
        _MISSED,
        *_WORKLIST,
        ("agent", {"p_owner_id": NEVER}, 422, "owner_unfit"),
        ("agent", {"p_owner_id": "@member Acme viewer"}, 422, "owner_unfit"),
        ("agent", {"p_owner_id": "@member Acme colleague"}, 422, "owner_unfit"),
        ("agent", {"p_owner_id": "@member Acme deactivated"}, 422, "owner_unfit"),
        ("agent", {"p_owner_id": "@member Globex org_admin"}, 422, "owner_unfit"),
    ),
    *refused("note_missed_caller", _MISSED, *_WORKLIST, *_NOTED),
    *refused(
        "snooze_missed_caller",
        _MISSED,
        *_WORKLIST,
        ("agent", {"p_until": "2026-01-01T00:00:00Z"}, 422, "snooze_invalid"),
        ("agent", {"p_until": "infinity"}, 422, "snooze_invalid"),
    ),
    *refused("close_missed_caller", _MISSED, *_WORKLIST, *_NOTED),
    *refused("reopen_missed_caller", _MISSED, *_WORKLIST),
]
