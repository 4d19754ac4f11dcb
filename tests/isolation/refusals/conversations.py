"""What is said and done about calls, what is sent, what is heard, and contacts."""

from typing import Final

from tests.isolation.cases.case import SOMEBODY
from tests.isolation.names import NEVER
from tests.isolation.refusals.refusal import ACME, ACME_ARCHIVED, Case, Refusal, refused

_KEY_USED: Final = """
insert into private.idempotency_keys (caller_id, idempotency_key, request_hash, result_ids)
select user_id, 'used', sha256('another request'), '{}' from public.profiles"""
ALL_DISABLED = "update public.integrations set disabled_at = now()"
_LINES: tuple[Case, ...] = (
    ("org_admin", {"p_line_id": NEVER}, 404, "line_not_found"),
    ("org_admin", {"p_line_id": None}, 404, "line_not_found"),
    ("agent", {"p_line_id": "@line Acme other"}, 404, "line_not_found"),
    ("manager", {"p_line_id": "@line Acme other"}, 404, "line_not_found"),
    ("viewer", {}, 403, "role_not_sufficient"),
    ("org_admin", {"p_idempotency_key": " "}, 422, "idempotency_key_invalid"),
    ("org_admin", {"p_idempotency_key": "x" * 201}, 422, "idempotency_key_invalid"),
    ("org_admin", {"p_idempotency_key": "used"}, 422, "idempotency_key_reused", _KEY_USED),
    ("platform_admin", {}, 409, "organization_archived", ACME_ARCHIVED),
    ("org_admin", {"p_line_id": "@line Acme moved"}, 409, "line_not_current"),
    ("org_admin", {}, 409, "integration_disabled", ALL_DISABLED),
)
REFUSALS: Final[list[Refusal]] = [
    *refused(
        "annotate_call",
        {"p_call_id": "@call Acme given", "p_tags": ["urgent"]},
        ("org_admin", {"p_call_id": NEVER}, 404, "call_not_found"),
        ("org_admin", {"p_call_id": None}, 404, "call_not_found"),
        ("agent", {"p_call_id": "@call Acme own"}, 404, "call_not_found"),
        ("agent", {"p_call_id": "@call Acme other manager"}, 404, "call_not_found"),
        ("viewer", {}, 403, "role_not_sufficient"),
        ("agent", {"p_outcome_code": "never_heard_of"}, 422, "outcome_code_unknown"),
        (
            *("agent", {"p_outcome_code": "sale"}, 422, "outcome_code_unknown"),
            "update public.outcome_codes set retired_at = now()",
        ),
        ("agent", {"p_tags": [" "]}, 422, "tag_invalid"),
        ("agent", {"p_tags": [None]}, 422, "tag_invalid"),
        ("agent", {"p_tags": ["x" * 41]}, 422, "tag_invalid"),
        ("agent", {"p_tags": [str(number) for number in range(21)]}, 422, "tag_invalid"),
    ),
    *refused(
        "place_call",
        {"p_line_id": "@line Acme given", "p_to": SOMEBODY},
        *_LINES,
        ("agent", {"p_to": "nobody"}, 422, "recipient_invalid"),
        ("agent", {"p_to": None}, 422, "recipient_invalid"),
        ("agent", {"p_to": "@e164 Acme other"}, 422, "recipient_is_own_number"),
    ),
    *refused(
        "send_message",
        {"p_line_id": "@line Acme given", "p_to": [SOMEBODY], "p_body": "Hello"},
        *_LINES,
        ("api_key", {"p_line_id": "@line Globex given", "p_idempotency_key": "new"}, 404, "line_not_found"),
        ("api_key_narrow", {"p_idempotency_key": "new"}, 403, "scope_missing"),
        ("api_key", {}, 400, "idempotency_key_missing"),
        ("agent", {"p_to": []}, 422, "recipient_missing"),
        ("agent", {"p_to": None}, 422, "recipient_missing"),
        ("agent", {"p_to": [SOMEBODY, "nobody"]}, 422, "recipient_invalid"),
        ("agent", {"p_to": [SOMEBODY, None]}, 422, "recipient_invalid"),
        (
            "agent",
            {"p_to": [f"+1212555{number:04}" for number in range(101)]},
            *(422, "recipients_too_many"),
        ),
        ("agent", {"p_to": ["@e164 Acme other"]}, 422, "recipient_is_own_number"),
        ("agent", {"p_body": " "}, 422, "message_empty"),
        ("agent", {"p_body": None}, 422, "message_empty"),
        ("agent", {"p_body": "x" * 1601}, 422, "message_too_long"),
    ),
    *refused(
        "play_recording",
        {"p_recording_id": "@recording Acme given"},
        ("org_admin", {"p_recording_id": NEVER}, 404, "recording_not_found"),
        ("org_admin", {"p_recording_id": None}, 404, "recording_not_found"),
        ("viewer", {}, 404, "recording_not_found"),
        ("agent", {"p_recording_id": "@recording Acme other manager"}, 404, "recording_not_found"),
        ("org_admin", {"p_recording_id": "@recording Acme other"}, 409, "recording_not_stored"),
        ("org_admin", {"p_recording_id": "@recording Acme other deactivated"}, 409, "recording_not_stored"),
    ),
    *refused(
        "delete_recording",
        {"p_recording_id": "@recording Acme given"},
        ("org_admin", {"p_recording_id": NEVER}, 404, "recording_not_found"),
        ("manager", {}, 404, "recording_not_found"),
        ("org_admin", {}, 409, "recording_held", "update public.recordings set is_held = true"),
    ),
    *refused(
        "save_contact",
        {**ACME, "p_name": "Somebody"},
        ("agent", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("agent", {"p_org_id": None}, 404, "organization_not_found"),
        ("viewer", {}, 403, "role_not_sufficient"),
        ("agent", {"p_name": None}, 422, "contact_invalid"),
        ("agent", {"p_name": " "}, 422, "contact_invalid"),
        ("agent", {"p_name": "x" * 201}, 422, "contact_invalid"),
        ("agent", {"p_note": "x" * 4001}, 422, "contact_invalid"),
        ("agent", {"p_contact_id": "@contact Acme own", "p_name": ""}, 422, "contact_invalid"),
        ("agent", {"p_email": "nobody"}, 422, "email_invalid"),
        ("agent", {"p_numbers": ["nobody"]}, 422, "contact_number_invalid"),
        ("agent", {"p_numbers": [None]}, 422, "contact_number_invalid"),
        ("agent", {"p_numbers": [SOMEBODY] * 21}, 422, "contact_number_invalid"),
        ("agent", {"p_contact_id": NEVER}, 404, "contact_not_found"),
        ("platform_admin", {"p_contact_id": "@contact Globex own"}, 404, "contact_not_found"),
    ),
    *refused(
        "remove_contact",
        {"p_contact_id": "@contact Acme own"},
        ("agent", {"p_contact_id": NEVER}, 404, "contact_not_found"),
        ("agent", {"p_contact_id": None}, 404, "contact_not_found"),
        ("viewer", {}, 403, "role_not_sufficient"),
    ),
]
