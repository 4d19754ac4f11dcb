"""API keys, the audit trail, and platform admins."""

from typing import Final

from tests.isolation.names import NEVER
from tests.isolation.refusals.refusal import ACME, DAY, Case, Refusal, refused
from tests.isolation.world import HOLDING

_OPERATORS: tuple[Case, ...] = (
    ("org_admin", {}, 403, "platform_admin_required"),
    ("platform_admin", {"p_user_id": NEVER}, 404, "user_not_found"),
    ("platform_admin", {"p_user_id": None}, 404, "user_not_found"),
)
REFUSALS: Final[list[Refusal]] = [
    *refused(
        "create_api_key",
        {**ACME, "p_name": "A key", "p_scopes": ["calls:read"]},
        ("org_admin", {"p_org_id": None}, 403, "platform_admin_required"),
        ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
        ("org_admin", {"p_name": " "}, 422, "name_invalid"),
        ("org_admin", {"p_name": None}, 422, "name_invalid"),
        ("org_admin", {"p_scopes": []}, 422, "scope_unknown"),
        ("org_admin", {"p_scopes": None}, 422, "scope_unknown"),
        ("org_admin", {"p_scopes": ["calls:read", "calls:write"]}, 422, "scope_unknown"),
        ("org_admin", {"p_scopes": ["calls:read", None]}, 422, "scope_unknown"),
        ("org_admin", {"p_expires_at": "2021-01-01T00:00:00Z"}, 422, "expiry_in_the_past"),
    ),
    *refused(
        "revoke_api_key",
        {"p_api_key_id": "@api_key api_key"},
        ("org_admin", {"p_api_key_id": NEVER}, 404, "api_key_not_found"),
        ("org_admin", {"p_api_key_id": "@api_key platform_key"}, 404, "api_key_not_found"),
        ("other_admin", {}, 404, "api_key_not_found"),
    ),
    *refused(
        "verify_audit_chain",
        ACME,
        ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("org_admin", {"p_org_id": HOLDING}, 404, "organization_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
    ),
    *refused(
        "export_audit_trail",
        {**ACME, **DAY},
        ("org_admin", {"p_to": DAY["p_from"]}, 422, "range_reversed"),
        ("org_admin", {"p_to": None}, 422, "range_reversed"),
        ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
    ),
    *refused("grant_platform_admin", {"p_user_id": "@user outsider"}, *_OPERATORS),
    *refused(
        "revoke_platform_admin",
        {"p_user_id": "@user platform_admin"},
        *_OPERATORS,
        (
            "platform_admin",
            {},
            409,
            "last_platform_admin",
            "delete from private.platform_admins where granted_by is not null",
        ),
    ),
]
