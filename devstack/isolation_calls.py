"""Calls of the API's functions about somebody else's organization, and how each has to be refused.

Wherever there is a choice, the arguments are ones that come to nothing should the caller be let in: the refusal is then
another one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from devstack.answers import code_of
from devstack.isolation_people import Belongings

ABOUT_NO_ORGANIZATION: Final = frozenset(
    {"count_segments", "create_organization", "erlang_c", "my_sessions", "support_contacts"}
)
"""They serve everybody who is signed in."""
OPEN_TO_ALL: Final = frozenset({"preview_invitation"})
"""Nobody needs to be signed in."""
COMPUTED: Final = frozenset({"contact_name"})
"""Columns that are reckoned of a row, which is all that they are called with."""
HOLDING_ORGANIZATION: Final = str(uuid.UUID(int=0))

_FIGURES: Final = (
    *("kpi_summary", "kpi_series", "kpi_by_organization", "kpi_by_line", "kpi_by_member", "kpi_comparison"),
    *("kpi_heatmap", "kpi_percentiles", "kpi_unusual", "kpi_messages", "callers", "repeat_callers", "callbacks"),
    *("peak_concurrency", "staffing", "report_days", "report_hours", "report_lines", "report_members", "report_sla"),
    *("report_calls", "team_availability", "revenue"),
)
_WORKLIST: Final = (
    *("take_missed_caller", "assign_missed_caller", "note_missed_caller", "snooze_missed_caller"),
    *("close_missed_caller", "reopen_missed_caller"),
)
_MADE_UP: Final = "A" * 43
_LONG_AGO: Final = "2000-01-01T00:00:00Z"


@dataclass(frozen=True)
class Attempt:
    """Arguments, and the code of errors.md with which the call is refused."""

    arguments: Mapping[str, Any]
    refusal: str | None
    """None: it is not known, and any refusal will do."""

    def is_refused(self, answer: httpx.Response) -> bool:
        """Tell whether this was the answer that it has to be."""
        code = code_of(answer)
        if self.refusal:
            return code == self.refusal
        return answer.status_code in {401, 403} or (answer.status_code == 404 and code.endswith("_not_found"))


def attempts(other: Belongings) -> dict[str, Sequence[Attempt]]:
    """Return what to try on somebody else's organization, by function: nothing where there is nothing to try with."""
    now = datetime.now(UTC)
    org = {"p_org_id": other.org_id}
    week = {"p_from": (now - timedelta(days=7)).isoformat(), "p_to": now.isoformat()}
    member, members = {"p_member_id": other.member_id}, {"p_member_ids": [other.member_id]}
    extension = {**member, "p_integration_id": other.integration_id or str(uuid.uuid4()), "p_extension": ""}
    invitation = {"p_invitation_id": other.invitation_id}
    number, numbers = {"p_phone_number_id": other.phone_number_id}, {"p_phone_number_ids": [other.phone_number_id]}
    nobody = {"p_user_id": str(uuid.uuid4())}
    integration = {
        **org,
        "p_name": "",
        "p_account_type": "classic",
        "p_webhook_mode": "signed",
        "p_key_id": "",
        "p_credentials": {},
        "p_id": str(uuid.uuid4()),
    }
    no_key = {"p_name": "", "p_scopes": []}
    line, account = {"p_line_id": other.line_id}, {"p_integration_id": other.integration_id}
    recording = {"p_recording_id": other.recording_id}
    event = {"p_event_id": other.webhook_event_id}
    backwards = {"p_from": week["p_to"], "p_to": week["p_from"]}
    document, schedule = {"p_document_id": other.document_id}, {"p_schedule_id": other.schedule_id}
    report = {**org, "p_report": "days", "p_parameters": {}}
    overlap = {"p_overlap": "-1 hour"}

    def on_account(**more: object) -> Sequence[Attempt]:
        return _with(other.integration_id, Attempt({**account, **more}, "integration_not_found"))

    not_theirs = "organization_not_found"
    no_member = "member_not_found"
    no_invitation = "invitation_not_found"
    operators = "platform_admin_required"
    return {
        **{function: [Attempt({**org, **week}, not_theirs)] for function in _FIGURES},
        **{function: [Attempt({**org, "p_external_number": "+12125550100"}, not_theirs)] for function in _WORKLIST},
        "live_summary": [Attempt(org, not_theirs)],
        "activity": [Attempt(org, not_theirs)],
        "platform_figures": [Attempt({}, operators)],
        "export_report": [Attempt(report, not_theirs)],
        "create_document": [Attempt({**report, "p_format": ""}, not_theirs)],
        "delete_document": _with(other.document_id, Attempt(document, "document_not_found")),
        "email_document": _with(other.document_id, Attempt({**document, "p_recipients": []}, "document_not_found")),
        "send_report_now": _with(other.schedule_id, Attempt(schedule, "schedule_not_found")),
        "take_over_report_schedule": _with(other.schedule_id, Attempt(schedule, "schedule_not_found")),
        "take_over_alert_rule": _with(
            other.alert_rule_id, Attempt({"p_rule_id": other.alert_rule_id}, "alert_rule_not_found")
        ),
        "change_organization_settings": [Attempt({**org, "p_changes": {}}, not_theirs)],
        "archive_organization": [Attempt({"p_org_id": str(uuid.uuid4())}, operators)],
        "unarchive_organization": [Attempt(org, operators)],
        "set_member_role": _with(other.member_id, Attempt({**member, "p_role": other.member_role}, no_member)),
        "deactivate_members": _with(other.member_id, Attempt(members, no_member)),
        "reactivate_members": _with(other.member_id, Attempt(members, no_member)),
        "remove_member": _with(other.member_id, Attempt(member, no_member)),
        "set_member_extension": _with(other.member_id, Attempt(extension, no_member)),
        "invite_member": [Attempt({**org, "p_email": "", "p_role": "agent"}, not_theirs)],
        "invite_members": [Attempt({**org, "p_rows": []}, not_theirs)],
        "resend_invitation": _with(other.invitation_id, Attempt(invitation, no_invitation)),
        "revoke_invitation": _with(other.invitation_id, Attempt(invitation, no_invitation)),
        "create_invitation_link": _with(other.invitation_id, Attempt(invitation, no_invitation)),
        "preview_invitation": [Attempt({"p_token": _MADE_UP}, no_invitation)],
        "accept_invitation": [
            Attempt({"p_token": _MADE_UP}, no_invitation),
            *_with(
                other.invitation_token, Attempt({"p_token": other.invitation_token}, "invitation_for_another_address")
            ),
        ],
        "create_integration": [Attempt(integration, not_theirs)],
        "assign_phone_number": _with(other.phone_number_id, Attempt({**number, **org}, operators)),
        "assign_phone_numbers": _with(other.phone_number_id, Attempt({**numbers, **org}, operators)),
        "withdraw_phone_numbers": _with(other.phone_number_id, Attempt({**numbers, "p_at": _LONG_AGO}, operators)),
        "request_sync": [Attempt({**org, "p_resource": "nothing"}, not_theirs)],
        "create_api_key": [Attempt({**org, **no_key}, not_theirs), Attempt({"p_org_id": None, **no_key}, operators)],
        "revoke_api_key": _with(other.api_key_id, Attempt({"p_api_key_id": other.api_key_id}, "api_key_not_found")),
        "verify_audit_chain": [Attempt(org, not_theirs), Attempt({"p_org_id": HOLDING_ORGANIZATION}, not_theirs)],
        "export_audit_trail": [Attempt({**org, **week}, not_theirs)],
        "grant_platform_admin": [Attempt(nobody, operators)],
        "revoke_platform_admin": [Attempt(nobody, operators)],
        "annotate_call": _with(
            other.call_id, Attempt({"p_call_id": other.call_id, "p_outcome_code": _MADE_UP}, "call_not_found")
        ),
        "place_call": _with(other.line_id, Attempt({**line, "p_to": ""}, "line_not_found")),
        "send_message": _with(other.line_id, Attempt({**line, "p_to": [], "p_body": ""}, "line_not_found")),
        "play_recording": _with(other.recording_id, Attempt(recording, "recording_not_found")),
        "delete_recording": _with(other.recording_id, Attempt(recording, "recording_not_found")),
        "save_contact": [Attempt({**org, "p_name": ""}, not_theirs)],
        "remove_contact": _with(other.contact_id, Attempt({"p_contact_id": other.contact_id}, "contact_not_found")),
        "change_integration": on_account(p_name=""),
        "rotate_webhook_secret": on_account(p_key_id="", p_sealed="", **overlap),
        "rotate_webhook_token": on_account(**overlap),
        "disable_integration": on_account(),
        "enable_integration": on_account(),
        # That could not be mended.
        "remove_integration": [Attempt({"p_integration_id": str(uuid.uuid4())}, "integration_not_found")],
        "test_integration": on_account(),
        "test_webhook": on_account(),
        "replay_webhook_event": _with(other.webhook_event_id, Attempt(event, "webhook_event_not_found")),
        "replay_webhook_events": on_account(**backwards),
        "request_backfill": on_account(**week, p_resource="nothing"),
    }


def unknown_attempt(names: Sequence[str], other: Belongings) -> Attempt:
    """Return what to try with a function that is not known here, by the names of its parameters."""
    now = datetime.now(UTC)
    known = {
        "p_org_id": other.org_id,
        "p_member_id": other.member_id,
        "p_line_id": other.line_id,
        "p_integration_id": other.integration_id,
        "p_from": (now - timedelta(days=7)).isoformat(),
        "p_to": now.isoformat(),
    }
    return Attempt({name: known.get(name) for name in names}, None)


def _with(thing: str | None, attempt: Attempt) -> Sequence[Attempt]:
    return [attempt] if thing else []
