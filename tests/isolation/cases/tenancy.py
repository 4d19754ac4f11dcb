"""Organizations, their members, and invitations."""

from typing import Any, Final

from tests.isolation.cases.case import (
    NO_ORGANIZATION,
    OPEN,
    OPERATOR_ALONE,
    ROLE,
    Attempt,
    Case,
    in_,
    of_nothing,
    of_row,
    of_rows,
)

NO_MEMBER: Final = ("PT404", "member_not_found")
NO_INVITATION: Final = ("PT404", "invitation_not_found")


def _a_membership_unless_operator(attempt: Attempt) -> set[str]:
    made = {"public.organizations", "public.organization_settings", "public.retention_settings"}
    return made if attempt.caller.role == "platform_admin" else made | {"public.org_members"}


def _the_membership_with_what_it_has(attempt: Attempt) -> set[str]:
    has_lines = attempt.witness.rows("member_lines", "member_id = %(id)s", {"id": attempt.row["id"]})
    return {"public.org_members", "public.member_extensions"} | ({"public.member_lines"} if has_lines else set())


def _the_membership_that_was_offered(attempt: Attempt) -> set[str]:
    changes = {"public.org_members", "private.invitations"}
    return changes | {"public.member_lines"} if attempt.row["line_ids"] else changes


def _the_organization_that_invited(attempt: Attempt) -> int:
    assert attempt.answer.value == attempt.row["org_id"]
    [member] = attempt.effects["public.org_members"].rows.values()
    assert (member["user_id"], member["role"]) == (str(attempt.world.user(attempt.caller)), attempt.row["role"])
    return 1


def _what_was_offered(attempt: Attempt) -> int:
    [preview] = attempt.answer.value
    assert (preview["email"], preview["role"]) == (attempt.row["email"], attempt.row["role"])
    return 1


def _a_link(attempt: Attempt) -> int:
    assert attempt.answer.value.startswith("https://app.example/invitation#token=")
    return 1


def _everybody_invited(attempt: Attempt) -> int:
    assert [row["result"] for row in attempt.answer.value] == ["invited"]
    return 1


def _own_sessions(attempt: Attempt) -> int:
    assert [session["id"] for session in attempt.answer.value] == [str(attempt.world.user(attempt.caller))]
    return 1


def _support(attempt: Attempt) -> int:
    assert [row["support_email"] for row in attempt.answer.value] == ["help@example.com"]
    return 1


def _own_account(attempt: Attempt) -> dict[str, Any]:
    organization = attempt.world.of(attempt.row["org_id"])
    return {
        "p_member_id": attempt.row["id"],
        "p_integration_id": str(organization.integration),
        "p_extension": "a new one",
    }


def _an_invitation(attempt: Attempt) -> dict[str, Any]:
    return {"p_org_id": attempt.row["id"], "p_email": "somebody.new@example.com", "p_role": "agent"}


def _of_token(attempt: Attempt) -> dict[str, Any]:
    return {"p_token": attempt.world.tokens[attempt.row["id"]]}


CASES: Final[dict[str, Case]] = {
    "create_organization": Case(
        lambda _: {"p_name": "A new one"},
        hidden=("PT403", "organization_creation_denied"),
        changes=_a_membership_unless_operator,
        rows="user_id = %(user)s",
    ),
    "archive_organization": Case(of_row("p_org_id"), OPERATOR_ALONE, changes=in_("public.organizations"), rows=OPEN),
    "unarchive_organization": Case(
        of_row("p_org_id"), OPERATOR_ALONE, changes=in_("public.organizations"), rows="archived_at is not null"
    ),
    "change_organization_settings": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_changes": {"answer_within_seconds": 30}},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("public.organization_settings"),
    ),
    "set_member_role": Case(
        lambda attempt: {
            "p_member_id": attempt.row["id"],
            "p_role": "agent" if attempt.row["role"] == "viewer" else "viewer",
        },
        NO_MEMBER,
        changes=in_("public.org_members"),
        rows="role <> 'org_admin' or deactivated_at is not null",
    ),
    "deactivate_members": Case(
        of_rows("p_member_ids"),
        NO_MEMBER,
        changes=in_("public.org_members"),
        rows="(role <> 'org_admin' and deactivated_at is null) or removed_at is not null",
    ),
    "reactivate_members": Case(
        of_rows("p_member_ids"), NO_MEMBER, changes=in_("public.org_members"), rows="deactivated_at is not null"
    ),
    "remove_member": Case(
        of_row("p_member_id"),
        NO_MEMBER,
        changes=_the_membership_with_what_it_has,
        rows="role <> 'org_admin' or deactivated_at is not null",
    ),
    "set_member_extension": Case(_own_account, NO_MEMBER, changes=in_("public.member_extensions")),
    "invite_member": Case(
        _an_invitation,
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("private.invitations", "private.outbox_mails"),
        rows=OPEN,
    ),
    "invite_members": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_rows": [{"email": "somebody.new@example.com"}]},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("private.invitations", "private.outbox_mails"),
        rows=OPEN,
        outcome=_everybody_invited,
    ),
    "resend_invitation": Case(
        of_row("p_invitation_id"), NO_INVITATION, changes=in_("private.invitations", "private.outbox_mails")
    ),
    "revoke_invitation": Case(of_row("p_invitation_id"), NO_INVITATION, changes=in_("private.invitations")),
    "create_invitation_link": Case(
        of_row("p_invitation_id"), NO_INVITATION, changes=in_("private.invitation_tokens"), outcome=_a_link
    ),
    "preview_invitation": Case(_of_token, outcome=_what_was_offered),
    "accept_invitation": Case(
        _of_token,
        ("PT403", "invitation_for_another_address"),
        changes=_the_membership_that_was_offered,
        rows="org_id in (select o.id from public.organizations o where o.archived_at is null)",
        outcome=_the_organization_that_invited,
    ),
    "my_sessions": Case(of_nothing, outcome=_own_sessions),
    "support_contacts": Case(of_nothing, outcome=_support),
}
