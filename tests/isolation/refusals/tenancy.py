"""Organizations, their members, and invitations."""

from typing import Final

from tests.isolation.names import NEVER
from tests.isolation.refusals.refusal import ACME, ACME_ARCHIVED, Case, Refusal, refused
from tests.isolation.world import HOLDING

ANYBODY = {"email": "new@example.com"}
NINE_TO_FIVE = {"weekday": 1, "opens": "09:00", "closes": "17:00"}
ALL_ACCEPTED = "update private.invitations set accepted_at = now()"
ALL_REVOKED = "update private.invitations set revoked_at = now()"
ALL_EXPIRED = "update private.invitations set expires_at = now() - interval '1 day'"
ALL_JUST_SENT = """
insert into private.outbox_mails (template, recipient, invitation_id)
select 'invitation', email, id from private.invitations"""
ALL_MEMBERS_ALREADY = """
insert into public.org_members (org_id, user_id, role)
select i.org_id, u.id, 'viewer' from private.invitations i join auth.users u on u.email = i.email"""
_ARCHIVING: tuple[Case, ...] = (
    ("org_admin", {}, 403, "platform_admin_required"),
    ("platform_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
    ("platform_admin", {"p_org_id": HOLDING}, 404, "organization_not_found"),
)
_ACTIVITY: tuple[Case, ...] = (
    ("org_admin", {"p_member_ids": ["@member Acme agent", NEVER]}, 404, "member_not_found"),
    ("org_admin", {"p_member_ids": ["@member Acme agent", None]}, 404, "member_not_found"),
    ("org_admin", {"p_member_ids": ["@member Acme agent", "@member Globex agent"]}, 404, "member_not_found"),
    ("org_admin", {"p_member_ids": ["@member Acme removed"]}, 404, "member_not_found"),
    ("manager", {"p_member_ids": ["@member Acme agent", "@member Acme colleague"]}, 404, "member_not_found"),
    ("manager", {"p_member_ids": ["@member Acme viewer"]}, 404, "member_not_found"),
)
_INVITING: tuple[Case, ...] = (
    ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
    ("agent", {}, 403, "role_not_sufficient"),
    ("platform_admin", {"p_org_id": HOLDING}, 409, "organization_archived"),
    ("platform_admin", {}, 409, "organization_archived", ACME_ARCHIVED),
)
_INVITED: tuple[Case, ...] = (
    ("manager", {"p_invitation_id": NEVER}, 404, "invitation_not_found"),
    ("manager", {"p_invitation_id": "@invitation Acme viewer@acme.example"}, 404, "invitation_not_found"),
    ("agent", {}, 404, "invitation_not_found"),
    ("manager", {}, 409, "invitation_already_accepted", ALL_ACCEPTED),
    ("manager", {}, 409, "invitation_revoked", ALL_REVOKED),
    ("manager", {}, 403, "invitation_not_allowed", "delete from public.member_lines"),
)
REFUSALS: Final[list[Refusal]] = [
    *refused(
        "create_organization",
        {"p_name": "Another"},
        ("viewer", {}, 403, "organization_creation_denied"),
        ("deactivated", {}, 403, "organization_creation_denied"),
        (
            *("outsider", {}, 403, "organization_creation_denied"),
            "update public.platform_settings set organization_creation = 'platform_admins'",
        ),
        ("outsider", {"p_name": "  "}, 422, "name_invalid"),
        ("outsider", {"p_name": None}, 422, "name_invalid"),
        ("outsider", {"p_name": "x" * 201}, 422, "name_invalid"),
        ("outsider", {"p_time_zone": "Mars/Olympus"}, 422, "time_zone_unknown"),
    ),
    *refused("archive_organization", ACME, *_ARCHIVING),
    *refused("unarchive_organization", ACME, *_ARCHIVING),
    *refused(
        "change_organization_settings",
        {**ACME, "p_changes": {"answer_within_seconds": 30}},
        ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("org_admin", {"p_org_id": None}, 404, "organization_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
        ("org_admin", {"p_effective_from": "2020-01-01"}, 422, "effective_date_unfit"),
        ("org_admin", {"p_effective_from": "infinity"}, 422, "effective_date_unfit"),
        ("org_admin", {"p_changes": None}, 422, "setting_unknown"),
        ("org_admin", {"p_changes": {}}, 422, "setting_unknown"),
        ("org_admin", {"p_changes": ["answer_within_seconds"]}, 422, "setting_unknown"),
        ("org_admin", {"p_changes": {"org_id": "@org Globex"}}, 422, "setting_unknown"),
        ("org_admin", {"p_changes": {"effective_from": "2020-01-01"}}, 422, "setting_unknown"),
        ("org_admin", {"p_changes": {"answer_within_seconds": 17}}, 422, "setting_invalid"),
        ("org_admin", {"p_changes": {"answer_within_seconds": "soon"}}, 422, "setting_invalid"),
        ("org_admin", {"p_changes": {"answer_within_seconds": None}}, 422, "setting_invalid"),
        ("org_admin", {"p_changes": {"service_level_target": 1.5}}, 422, "setting_invalid"),
        ("org_admin", {"p_changes": {"business_hours": None}}, 422, "business_hours_malformed"),
        ("org_admin", {"p_changes": {"business_hours": [{"weekday": 8}]}}, 422, "business_hours_malformed"),
        (
            "org_admin",
            {"p_changes": {"business_hours": [{**NINE_TO_FIVE, "closes": "08:00"}]}},
            *(422, "business_hours_cross_midnight"),
        ),
        (
            "org_admin",
            {"p_changes": {"business_hours": [NINE_TO_FIVE, NINE_TO_FIVE]}},
            *(422, "business_hours_overlap"),
        ),
    ),
    *refused(
        "set_member_role",
        {"p_member_id": "@member Acme agent", "p_role": "viewer"},
        ("org_admin", {"p_role": "platform_admin"}, 422, "role_unknown"),
        ("org_admin", {"p_role": ""}, 422, "role_unknown"),
        ("org_admin", {"p_role": None}, 422, "role_unknown"),
        ("org_admin", {"p_member_id": NEVER}, 404, "member_not_found"),
        ("org_admin", {"p_member_id": "@member Acme removed"}, 404, "member_not_found"),
        ("manager", {}, 404, "member_not_found"),
        ("org_admin", {"p_member_id": "@member Acme org_admin"}, 409, "last_org_admin"),
    ),
    *refused(
        "deactivate_members",
        {"p_member_ids": ["@member Acme agent"]},
        *_ACTIVITY,
        ("org_admin", {"p_member_ids": ["@member Acme agent", "@member Acme org_admin"]}, 409, "last_org_admin"),
    ),
    *refused("reactivate_members", {"p_member_ids": ["@member Acme dormant"]}, *_ACTIVITY),
    *refused(
        "remove_member",
        {"p_member_id": "@member Acme agent"},
        ("org_admin", {"p_member_id": NEVER}, 404, "member_not_found"),
        ("org_admin", {"p_member_id": "@member Acme removed"}, 404, "member_not_found"),
        ("manager", {}, 404, "member_not_found"),
        ("platform_admin", {"p_member_id": "@member Acme org_admin"}, 409, "last_org_admin"),
    ),
    *refused(
        "set_member_extension",
        {"p_member_id": "@member Acme agent", "p_integration_id": "@integration Acme", "p_extension": "new"},
        ("org_admin", {"p_member_id": NEVER}, 404, "member_not_found"),
        ("org_admin", {"p_member_id": "@member Acme removed"}, 404, "member_not_found"),
        ("manager", {}, 404, "member_not_found"),
        ("org_admin", {"p_integration_id": NEVER}, 404, "integration_not_found"),
        ("org_admin", {"p_integration_id": "@integration Globex"}, 404, "integration_not_found"),
        ("org_admin", {"p_integration_id": "@integration platform"}, 404, "integration_not_found"),
        ("platform_admin", {"p_integration_id": "@integration Globex"}, 404, "integration_not_found"),
        ("org_admin", {"p_extension": " "}, 422, "extension_invalid"),
        ("org_admin", {"p_extension": "9" * 41}, 422, "extension_invalid"),
        ("org_admin", {"p_extension": "Acme colleague"}, 409, "extension_taken"),
    ),
    *refused(
        "invite_member",
        {**ACME, "p_email": "new@example.com", "p_role": "agent"},
        *_INVITING,
        ("org_admin", {"p_role": "owner"}, 422, "role_unknown"),
        ("org_admin", {"p_role": None}, 422, "role_unknown"),
        ("org_admin", {"p_email": "nobody"}, 422, "email_invalid"),
        ("org_admin", {"p_email": None}, 422, "email_invalid"),
        ("org_admin", {"p_email": "@email viewer"}, 409, "already_a_member"),
        ("org_admin", {"p_email": "AGENT@acme.example"}, 409, "already_invited"),
        ("manager", {"p_role": "viewer"}, 403, "invitation_not_allowed"),
        ("manager", {"p_line_ids": ["@line Acme other"]}, 403, "invitation_not_allowed"),
        ("org_admin", {"p_line_ids": ["@line Acme given", "@line Globex given"]}, 403, "invitation_not_allowed"),
        ("org_admin", {"p_line_ids": [NEVER]}, 403, "invitation_not_allowed"),
    ),
    *refused(
        "invite_members",
        {**ACME, "p_rows": [ANYBODY]},
        *_INVITING,
        ("org_admin", {"p_rows": None}, 422, "rows_malformed"),
        ("org_admin", {"p_rows": ANYBODY}, 422, "rows_malformed"),
        ("org_admin", {"p_rows": []}, 422, "rows_malformed"),
        ("org_admin", {"p_rows": [ANYBODY] * 1001}, 422, "rows_malformed"),
    ),
    *refused(
        "resend_invitation",
        {"p_invitation_id": "@invitation Acme agent@acme.example"},
        *_INVITED,
        ("manager", {}, 429, "invitation_just_sent", ALL_JUST_SENT),
    ),
    *refused("revoke_invitation", {"p_invitation_id": "@invitation Acme agent@acme.example"}, *_INVITED),
    *refused(
        "create_invitation_link",
        {"p_invitation_id": "@invitation Acme agent@acme.example"},
        *_INVITED,
        ("manager", {}, 409, "invitation_expired", ALL_EXPIRED),
        ("manager", {}, 409, "app_url_missing", "update public.platform_settings set app_url = null"),
    ),
    *refused(
        "preview_invitation",
        {"p_token": "nothing"},
        ("anonymous", {}, 404, "invitation_not_found"),
        ("org_admin", {"p_token": None}, 404, "invitation_not_found"),
    ),
    *refused(
        "accept_invitation",
        {"p_token": "@token Acme outsider"},
        ("outsider", {"p_token": "nothing"}, 404, "invitation_not_found"),
        ("outsider", {"p_token": None}, 404, "invitation_not_found"),
        ("outsider", {}, 409, "invitation_already_accepted", ALL_ACCEPTED),
        ("outsider", {}, 409, "invitation_revoked", ALL_REVOKED),
        ("outsider", {"p_token": "@token Initech outsider"}, 409, "invitation_revoked"),
        ("outsider", {}, 409, "invitation_expired", ALL_EXPIRED),
        ("other_admin", {}, 403, "invitation_for_another_address"),
        ("outsider", {}, 403, "email_not_confirmed", "update auth.users set email_confirmed_at = null"),
        ("outsider", {}, 409, "inviter_lost_rights", "update private.invitations set invited_by = null"),
        ("outsider", {}, 409, "already_a_member", ALL_MEMBERS_ALREADY),
    ),
]
