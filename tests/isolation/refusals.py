"""Calls that the API's functions refuse, one at least for each error that they announce.

An argument like "@line Acme given" stands for an id of the world's, see `Names`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from tests.isolation import matrix
from tests.isolation.cases import SEALED, SOMEBODY
from tests.isolation.contents import MISSED_CALLER
from tests.isolation.witness import Witness
from tests.isolation.world import HOLDING, World

NEVER: Final = str(uuid4())
"""An id that nothing has."""


class Names:
    """Finds what arguments stand for."""

    def __init__(self, world: World, witness: Witness) -> None:
        self._world = world
        self._witness = witness

    def resolved(self, value: Any) -> Any:
        """Return a value, or all that are in a list or an object, with ids in the place of their names."""
        if isinstance(value, Mapping):
            return {name: self.resolved(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.resolved(each) for each in value]
        if isinstance(value, str) and value.startswith("@"):
            kind, *names = value[1:].split()
            return getattr(self, kind)(*names)
        return value

    def org(self, name: str) -> str:
        """An organization's id."""
        return str(self._world.organizations[name].id)

    def integration(self, name: str) -> str:
        """The id of an organization's own account, or of the platform's."""
        if name == "platform":
            return str(self._world.platform_integration)
        return str(self._world.organizations[name].integration)

    def member(self, organization: str, name: str) -> str:
        """A member's id."""
        return str(self._world.organizations[organization].members[name].id)

    def line(self, organization: str, name: str) -> str:
        """A line's id."""
        return str(self._world.organizations[organization].lines[name])

    def number(self, *line: str) -> str:
        """The id of a line's phone number, or of the one that nobody has."""
        if line == ("spare",):
            return str(self._world.spare_number)
        number: str = self._witness.rows("lines")[self.line(*line),]["phone_number_id"]
        return number

    def e164(self, *line: str) -> str:
        """A line's phone number itself."""
        number: str = self._witness.rows("lines")[self.line(*line),]["e164"]
        return number

    def user(self, caller: str) -> str:
        """A caller's id."""
        return str(self._world.user(matrix.load().callers[caller]))

    def email(self, caller: str) -> str:
        """A caller's address."""
        return f"{self.user(caller)}@example.com"

    def invitation(self, organization: str, email: str) -> str:
        """An invitation's id, by the address or the caller whose it is."""
        sought = {"org": self.org(organization), "email": email if "@" in email else self.email(email)}
        [(invitation,)] = self._witness.rows("invitations", "org_id = %(org)s and email = %(email)s", sought)
        return invitation

    def token(self, organization: str, email: str) -> str:
        """The token of an invitation."""
        return self._world.tokens[self.invitation(organization, email)]

    def disabled(self, organization: str) -> str:
        """The id of an organization's account that is switched off."""
        return str(self._world.organizations[organization].disabled_integration)

    def call(self, organization: str, line: str, handled_by: str | None = None) -> str:
        """The id of a call."""
        return str(self._world.organizations[organization].calls[line, handled_by])

    def recording(self, organization: str, line: str, handled_by: str | None = None) -> str:
        """The id of a call's recording."""
        call = {"call": self.call(organization, line, handled_by)}
        [(recording,)] = self._witness.rows("recordings", "call_id = %(call)s", call)
        return recording

    def contact(self, organization: str, whose: str) -> str:
        """The id of a contact: the organization's "own", or one of the "provider"'s."""
        condition = f"org_id = %(org)s and is_shown and integration_id is {'' if whose == 'own' else 'not '}null"
        [(contact,)] = self._witness.rows("contacts", condition, {"org": self.org(organization)})
        return contact

    def conversation(self, organization: str, line: str) -> str:
        """The id of a conversation of a line's."""
        sought = {"line": self.line(organization, line)}
        [(conversation,)] = self._witness.rows("conversations", "line_id = %(line)s", sought)
        return conversation

    def event(self, organization: str) -> str:
        """The id of a delivery that told of an organization."""
        return min(
            key for (key,) in self._witness.rows("webhook_events", "org_id = %(org)s", {"org": self.org(organization)})
        )

    def _paper(self, table: str, organization: str, owner: str, condition: str = "true") -> str:
        sought = {"org": self.org(organization), "owner": self._world.organizations[organization].members[owner].user}
        condition = f"org_id = %(org)s and owner_id = %(owner)s and {condition}"
        [(paper,)] = self._witness.rows(table, condition, sought)
        return paper

    def document(self, organization: str, owner: str, state: str = "stored") -> str:
        """The id of a document."""
        return self._paper("documents", organization, owner, f"state = '{state}'")

    def schedule(self, organization: str, owner: str) -> str:
        """The id of a schedule of reports."""
        return self._paper("report_schedules", organization, owner)

    def rule(self, organization: str, owner: str) -> str:
        """The id of an alert rule."""
        return self._paper("alert_rules", organization, owner)

    def api_key(self, caller: str) -> str:
        """The id of the key that a caller comes with."""
        return str(self._world.api_keys[caller])


Case = tuple[Any, ...]
"""Who calls, which arguments are others than usual, the status, the code, and perhaps SQL that comes first."""


@dataclass(frozen=True)
class Refusal:
    """A call that is refused."""

    function: str
    caller: str
    arguments: Mapping[str, Any]
    status: int
    details: str
    given: str
    """SQL that brings the world there first."""
    accept: str = "application/json"
    """In which form an answer is wanted."""


def refused(function: str, usual: Mapping[str, Any], *cases: Case) -> list[Refusal]:
    """List calls with the usual arguments, except for those that each case names."""
    return [
        Refusal(function, caller, {**usual, **arguments}, status, details, *(given or ("",)))
        for caller, arguments, status, details, *given in cases
    ]


ACME = {"p_org_id": "@org Acme"}
DAY = {"p_from": "2026-01-01T00:00:00Z", "p_to": "2026-01-02T00:00:00Z"}
ANYBODY = {"email": "new@example.com"}
NINE_TO_FIVE = {"weekday": 1, "opens": "09:00", "closes": "17:00"}

ACME_ARCHIVED = "update public.organizations set archived_at = now() where name = 'Acme'"
ALL_ACCEPTED = "update private.invitations set accepted_at = now()"
ALL_REVOKED = "update private.invitations set revoked_at = now()"
ALL_EXPIRED = "update private.invitations set expires_at = now() - interval '1 day'"
ALL_JUST_SENT = """
insert into private.outbox_mails (template, recipient, invitation_id)
select 'invitation', email, id from private.invitations"""
ALL_MEMBERS_ALREADY = """
insert into public.org_members (org_id, user_id, role)
select i.org_id, u.id, 'viewer' from private.invitations i join auth.users u on u.email = i.email"""

_KPIS: tuple[Case, ...] = (
    ("viewer", {"p_to": DAY["p_from"]}, 422, "range_reversed"),
    ("viewer", {"p_from": None}, 422, "range_reversed"),
    ("viewer", {"p_to": "infinity"}, 422, "range_out_of_bounds"),
    ("viewer", {"p_from": "-infinity"}, 422, "range_out_of_bounds"),
    ("viewer", {"p_org_id": NEVER}, 404, "organization_not_found"),
    ("viewer", {"p_in_hours": True}, 422, "business_hours_missing"),
    ("viewer", {"p_in_hours": False}, 422, "business_hours_missing"),
    ("api_key", {}, 403, "scope_missing", "update private.api_keys set scopes = array['audit:read']"),
)
_KPIS_OF_A_MONTH: tuple[Case, ...] = (
    *_KPIS,
    ("viewer", {"p_from": "2025-11-01T00:00:00Z"}, 422, "range_too_long"),
)
_KPIS_OF_A_YEAR: tuple[Case, ...] = (
    *_KPIS,
    ("viewer", {"p_from": "2024-11-01T00:00:00Z"}, 422, "range_too_long"),
)
_CHOSEN_KPIS: tuple[Case, ...] = (
    ("viewer", {"p_kpis": ["offered", "happiness"]}, 422, "kpi_unknown"),
    ("viewer", {"p_kpis": [None]}, 422, "kpi_unknown"),
)
_WINDOW: tuple[Case, ...] = (
    ("viewer", {"p_window_hours": 0}, 422, "window_invalid"),
    ("viewer", {"p_window_hours": 745}, 422, "window_invalid"),
    ("viewer", {"p_window_hours": None}, 422, "window_invalid"),
)
_TOO_FINE: tuple[Case, ...] = (("viewer", {"p_from": "1950-01-01T00:00:00Z"}, 422, "grain_unfit"),)
_STAFFED: tuple[Case, ...] = (
    ("viewer", {"p_target": 0}, 422, "staffing_invalid"),
    ("viewer", {"p_target": 1.01}, 422, "staffing_invalid"),
    ("viewer", {"p_within_seconds": -1}, 422, "staffing_invalid"),
    ("viewer", {"p_shrinkage": 1}, 422, "staffing_invalid"),
    ("viewer", {"p_wrap_seconds": None}, 422, "staffing_invalid"),
)
DAYS: Final = {"from": DAY["p_from"], "to": DAY["p_to"]}
_REPORTS: tuple[Case, ...] = (
    ("viewer", {"p_org_id": NEVER}, 404, "organization_not_found"),
    ("viewer", {"p_org_id": "@org Globex"}, 404, "organization_not_found"),
    ("viewer", {"p_report": "weather"}, 422, "report_unknown"),
    ("viewer", {"p_report": None}, 422, "report_unknown"),
    ("viewer", {"p_parameters": None}, 422, "parameters_invalid"),
    ("viewer", {"p_parameters": {}}, 422, "parameters_invalid"),
    ("viewer", {"p_parameters": {**DAYS, "whatever": 1}}, 422, "parameters_invalid"),
    ("viewer", {"p_parameters": {**DAYS, "line_ids": ["x"]}}, 422, "parameters_invalid"),
    ("viewer", {"p_parameters": {"from": DAYS["to"], "to": DAYS["from"]}}, 422, "range_reversed"),
    ("viewer", {"p_parameters": {**DAYS, "to": "infinity"}}, 422, "range_out_of_bounds"),
    ("viewer", {"p_parameters": {**DAYS, "in_hours": True}}, 422, "business_hours_missing"),
)
_DOCUMENTS: tuple[Case, ...] = (
    ("org_admin", {"p_document_id": NEVER}, 404, "document_not_found"),
    ("org_admin", {"p_document_id": None}, 404, "document_not_found"),
    ("org_admin", {"p_document_id": "@document Globex org_admin"}, 404, "document_not_found"),
    ("agent", {}, 404, "document_not_found"),
)
_SCHEDULES: tuple[Case, ...] = (
    ("org_admin", {"p_schedule_id": NEVER}, 404, "schedule_not_found"),
    ("org_admin", {"p_schedule_id": None}, 404, "schedule_not_found"),
    ("org_admin", {"p_schedule_id": "@schedule Globex org_admin"}, 404, "schedule_not_found"),
    ("manager", {"p_schedule_id": "@schedule Acme org_admin"}, 404, "schedule_not_found"),
    ("agent", {}, 404, "schedule_not_found"),
)
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
_TWENTY_WAIT: Final = """
insert into public.documents (org_id, owner_id, report, format, parameters, title)
select d.org_id, d.owner_id, 'days', 'csv', '{}', 'Days'
from public.documents d, generate_series(1, 20)
where d.state = 'stored'"""
_TWENTY_SENT: Final = """
insert into public.report_runs (org_id, owner_id, name, is_manual, recipients)
select r.org_id, r.owner_id, r.name, true, r.recipients from public.report_runs r, generate_series(1, 20)"""
_ALL_RUN: Final = """
insert into public.report_runs (org_id, schedule_id, owner_id, name, period_start, period_end, recipients)
select s.org_id, s.id, s.owner_id, s.name, now() - interval '1 day', now(), '{}' from public.report_schedules s"""
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
_ASSIGNING: tuple[Case, ...] = (
    ("org_admin", {}, 403, "platform_admin_required"),
    ("platform_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
    ("platform_admin", {"p_org_id": HOLDING}, 404, "organization_not_found"),
    ("platform_admin", {"p_org_id": "@org Initech"}, 404, "organization_not_found"),
)
_KEY_USED: Final = """
insert into private.idempotency_keys (caller_id, idempotency_key, request_hash, result_ids)
select user_id, 'used', sha256('another request'), '{}' from public.profiles"""
ALL_DISABLED = "update public.integrations set disabled_at = now()"
ALL_REMOVED = "update public.integrations set disabled_at = now(), removed_at = now()"

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
_ACCOUNTS: tuple[Case, ...] = (
    ("org_admin", {"p_integration_id": NEVER}, 404, "integration_not_found"),
    ("org_admin", {"p_integration_id": None}, 404, "integration_not_found"),
    ("org_admin", {"p_integration_id": "@integration Globex"}, 404, "integration_not_found"),
    ("org_admin", {"p_integration_id": "@integration platform"}, 404, "integration_not_found"),
    ("agent", {}, 404, "integration_not_found"),
    ("platform_admin", {}, 404, "integration_not_found", ALL_REMOVED),
)
_ONLY_ADMINS: tuple[Case, ...] = (("manager", {}, 404, "integration_not_found"),)
_OPERATORS: tuple[Case, ...] = (
    ("org_admin", {}, 403, "platform_admin_required"),
    ("platform_admin", {"p_user_id": NEVER}, 404, "user_not_found"),
    ("platform_admin", {"p_user_id": None}, 404, "user_not_found"),
)

REFUSALS: Final[list[Refusal]] = [
    *refused("kpi_summary", {**ACME, **DAY}, *_KPIS),
    *refused(
        "kpi_series",
        {**ACME, **DAY},
        *_KPIS,
        ("viewer", {"p_grain": "minute"}, 422, "grain_unfit"),
        ("viewer", {"p_grain": None}, 422, "grain_unfit"),
        ("viewer", {"p_grain": "hour", "p_from": "2025-01-01T00:00:00Z"}, 422, "grain_unfit"),
    ),
    *refused("kpi_by_organization", {**ACME, **DAY}, *_KPIS, *_CHOSEN_KPIS),
    *refused("kpi_by_line", {**ACME, **DAY}, *_KPIS, *_CHOSEN_KPIS),
    *refused("kpi_by_member", {**ACME, **DAY}, *_KPIS, *_CHOSEN_KPIS),
    *refused(
        "kpi_comparison",
        {**ACME, **DAY},
        *_KPIS,
        ("viewer", {"p_with": "yesterday"}, 422, "comparison_unknown"),
        ("viewer", {"p_with": None}, 422, "comparison_unknown"),
    ),
    *refused("kpi_heatmap", {**ACME, **DAY}, *_KPIS_OF_A_YEAR, *_CHOSEN_KPIS),
    *refused(
        "kpi_percentiles",
        {**ACME, **DAY},
        *_KPIS,
        ("viewer", {"p_exact": True, "p_from": "2025-11-01T00:00:00Z"}, 422, "range_too_long"),
    ),
    *refused(
        "kpi_unusual",
        {**ACME, **DAY},
        *_KPIS_OF_A_YEAR,
        *_CHOSEN_KPIS,
        ("viewer", {"p_grain": "hour", "p_from": "2025-12-01T00:00:00Z"}, 422, "range_too_long"),
        ("viewer", {"p_grain": "week"}, 422, "grain_unfit"),
        ("viewer", {"p_grain": None}, 422, "grain_unfit"),
    ),
    *refused("callers", {**ACME, **DAY}, *_KPIS_OF_A_MONTH, *_WINDOW),
    *refused("callbacks", {**ACME, **DAY}, *_KPIS_OF_A_MONTH, *_WINDOW),
    *refused("repeat_callers", {**ACME, **DAY}, *_KPIS_OF_A_MONTH),
    *refused("peak_concurrency", {**ACME, **DAY}, *_KPIS_OF_A_MONTH),
    *refused("staffing", {**ACME, **DAY}, *_KPIS_OF_A_YEAR, *_STAFFED),
    *refused(
        "kpi_messages",
        {**ACME, **DAY},
        *_KPIS_OF_A_MONTH,
        ("viewer", {}, 403, "role_not_sufficient"),
        ("api_key_narrow", {}, 403, "scope_missing"),
    ),
    *refused(
        "live_summary",
        ACME,
        ("viewer", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("viewer", {"p_org_id": "@org Globex"}, 404, "organization_not_found"),
        ("api_key", {}, 403, "scope_missing", "update private.api_keys set scopes = array['audit:read']"),
    ),
    *refused(
        "team_availability",
        ACME,
        ("viewer", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("viewer", {"p_from": DAY["p_to"], "p_to": DAY["p_from"]}, 422, "range_reversed"),
        ("viewer", {"p_from": "-infinity"}, 422, "range_out_of_bounds"),
        ("viewer", {"p_from": "2025-11-01T00:00:00Z", "p_to": DAY["p_to"]}, 422, "range_too_long"),
        ("api_key_narrow", {}, 403, "scope_missing"),
    ),
    *refused(
        "erlang_c",
        {"p_calls_per_hour": 60, "p_handle_seconds": 180, "p_agents": 5},
        ("outsider", {"p_agents": -1}, 422, "staffing_invalid"),
        ("viewer", {"p_agents": None}, 422, "staffing_invalid"),
        ("api_key", {"p_calls_per_hour": -1}, 422, "staffing_invalid"),
        ("viewer", {"p_within_seconds": 86401}, 422, "staffing_invalid"),
    ),
    *refused(
        "activity",
        ACME,
        ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("org_admin", {"p_org_id": HOLDING}, 404, "organization_not_found"),
        ("api_key", {"p_org_id": "@org Globex"}, 404, "organization_not_found"),
    ),
    *refused(
        "revenue",
        {**ACME, **DAY},
        ("org_admin", {"p_to": DAY["p_from"]}, 422, "range_reversed"),
        ("org_admin", {"p_to": "infinity"}, 422, "range_out_of_bounds"),
        ("org_admin", {"p_org_id": "@org Globex"}, 404, "organization_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
        ("org_admin", {"p_org_id": None}, 403, "platform_admin_required"),
        ("org_admin", {"p_grain": "minute"}, 422, "grain_unfit"),
        ("org_admin", {"p_grain": "hour", "p_from": "2025-01-01T00:00:00Z"}, 422, "grain_unfit"),
    ),
    *refused("platform_figures", {}, ("org_admin", {}, 403, "platform_admin_required")),
    *refused("report_days", {**ACME, **DAY}, *_KPIS, *_TOO_FINE),
    *refused(
        "report_hours",
        {**ACME, **DAY},
        *_KPIS,
        ("viewer", {"p_from": "2025-01-01T00:00:00Z"}, 422, "grain_unfit"),
    ),
    *refused("report_lines", {**ACME, **DAY}, *_KPIS),
    *refused("report_members", {**ACME, **DAY}, *_KPIS),
    *refused("report_sla", {**ACME, **DAY}, *_KPIS, *_TOO_FINE),
    *refused(
        "report_calls",
        {**ACME, **DAY},
        *_KPIS,
        ("viewer", {"p_number": "1"}, 422, "number_invalid"),
        ("viewer", {"p_number": "%"}, 422, "number_invalid"),
        ("viewer", {"p_limit": 0}, 422, "page_size_invalid"),
        ("viewer", {"p_limit": 1001}, 422, "page_size_invalid"),
        ("viewer", {"p_before_id": NEVER}, 422, "page_start_invalid"),
    ),
    *(
        Refusal(f"report_{report}", "viewer", {**ACME, **DAY}, 406, "csv_is_exported", "", "text/csv")
        for report in ("days", "hours", "lines", "members", "sla", "calls")
    ),
    *refused(
        "export_report",
        {**ACME, "p_report": "days", "p_parameters": DAYS},
        *_REPORTS,
        ("viewer", {"p_parameters": {**DAYS, "from": "1950-01-01T00:00:00Z"}}, 422, "grain_unfit"),
        ("viewer", {"p_report": "calls", "p_parameters": {**DAYS, "number": "1"}}, 422, "number_invalid"),
    ),
    *refused(
        "create_document",
        {**ACME, "p_report": "days", "p_format": "csv", "p_parameters": DAYS},
        *_REPORTS,
        ("viewer", {"p_format": "doc"}, 422, "format_unknown"),
        ("viewer", {"p_format": None}, 422, "format_unknown"),
        ("viewer", {"p_report": "calls", "p_parameters": {**DAYS, "number": "1"}}, 422, "number_invalid"),
        ("viewer", {}, 429, "documents_waiting", _TWENTY_WAIT),
    ),
    *refused("delete_document", {"p_document_id": "@document Acme org_admin"}, *_DOCUMENTS),
    *refused(
        "email_document",
        {"p_document_id": "@document Acme org_admin", "p_recipients": ["somebody@example.com"]},
        *_DOCUMENTS,
        ("viewer", {"p_document_id": "@document Acme viewer"}, 403, "role_not_sufficient"),
        ("agent", {"p_document_id": "@document Acme agent"}, 403, "role_not_sufficient"),
        ("platform_admin", {}, 409, "organization_archived", ACME_ARCHIVED),
        ("org_admin", {"p_recipients": []}, 422, "recipient_missing"),
        ("org_admin", {"p_recipients": None}, 422, "recipient_missing"),
        ("org_admin", {"p_recipients": ["nobody"]}, 422, "email_invalid"),
        ("org_admin", {"p_recipients": [None]}, 422, "email_invalid"),
        ("org_admin", {"p_recipients": [f"{n}@example.com" for n in range(21)]}, 422, "email_invalid"),
        ("org_admin", {"p_document_id": "@document Acme manager queued"}, 409, "document_not_stored"),
        ("org_admin", {}, 429, "report_just_sent", _TWENTY_SENT),
    ),
    *refused(
        "send_report_now",
        {"p_schedule_id": "@schedule Acme manager"},
        *_SCHEDULES,
        ("platform_admin", {}, 409, "organization_archived", ACME_ARCHIVED),
        ("org_admin", {"p_schedule_id": "@schedule Acme deactivated"}, 409, "schedule_without_owner"),
        ("manager", {}, 429, "report_just_sent", _ALL_RUN),
    ),
    *refused(
        "take_over_report_schedule",
        {"p_schedule_id": "@schedule Acme manager"},
        *_SCHEDULES,
        ("manager", {}, 403, "role_not_sufficient"),
    ),
    *refused(
        "take_over_alert_rule",
        {"p_rule_id": "@rule Acme manager"},
        ("org_admin", {"p_rule_id": NEVER}, 404, "alert_rule_not_found"),
        ("org_admin", {"p_rule_id": None}, 404, "alert_rule_not_found"),
        ("org_admin", {"p_rule_id": "@rule Globex org_admin"}, 404, "alert_rule_not_found"),
        ("manager", {"p_rule_id": "@rule Acme org_admin"}, 404, "alert_rule_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
    ),
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
    *refused(
        "create_integration",
        {
            **ACME,
            "p_name": "Another account",
            "p_account_type": "call_center",
            "p_webhook_mode": "signed",
            "p_key_id": "key",
            "p_credentials": {"api_key": SEALED, "user_key": SEALED},
            "p_id": str(uuid4()),
        },
        ("manager", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("manager", {}, 403, "role_not_sufficient"),
        ("org_admin", {"p_org_id": None}, 403, "platform_admin_required"),
        ("org_admin", {"p_name": " "}, 422, "name_invalid"),
        ("org_admin", {"p_name": None}, 422, "name_invalid"),
        ("org_admin", {"p_account_type": "fax"}, 422, "account_type_unknown"),
        ("org_admin", {"p_account_type": None}, 422, "account_type_unknown"),
        ("org_admin", {"p_webhook_mode": "open"}, 422, "webhook_mode_unknown"),
        ("org_admin", {"p_webhook_mode": None}, 422, "webhook_mode_unknown"),
        ("org_admin", {"p_id": "@integration Globex"}, 409, "integration_exists"),
        ("org_admin", {"p_credentials": None}, 422, "credentials_missing"),
        ("org_admin", {"p_credentials": {}}, 422, "credentials_missing"),
        ("org_admin", {"p_credentials": {"api_key": SEALED}}, 422, "credentials_missing"),
        ("org_admin", {"p_credentials": ["api_key", "user_key"]}, 422, "credentials_missing"),
        (
            "org_admin",
            {"p_credentials": {"api_key": SEALED, "user_key": SEALED, "password": SEALED}},
            *(422, "credential_unknown"),
        ),
        ("org_admin", {"p_credentials": {"api_key": SEALED, "user_key": "plain"}}, 422, "credential_not_sealed"),
        ("org_admin", {"p_credentials": {"api_key": SEALED, "user_key": None}}, 422, "credential_not_sealed"),
    ),
    *refused(
        "assign_phone_number",
        {**ACME, "p_phone_number_id": "@number spare"},
        *_ASSIGNING,
        ("platform_admin", {"p_phone_number_id": NEVER}, 404, "phone_number_not_found"),
        ("platform_admin", {"p_phone_number_id": "@number Globex own"}, 409, "number_of_another_account"),
        ("platform_admin", {"p_phone_number_id": "@number Acme given"}, 409, "number_already_assigned"),
        (
            "platform_admin",
            {"p_phone_number_id": "@number Globex given", "p_from": "2021-01-01T00:00:00Z"},
            *(409, "period_taken"),
        ),
    ),
    *refused(
        "assign_phone_numbers",
        {**ACME, "p_phone_number_ids": ["@number spare"]},
        *_ASSIGNING,
        (
            "platform_admin",
            {"p_from": "2030-01-02T00:00:00Z", "p_until": "2030-01-01T00:00:00Z"},
            *(422, "period_reversed"),
        ),
        ("platform_admin", {"p_phone_number_ids": ["@number spare", NEVER]}, 404, "phone_number_not_found"),
        ("platform_admin", {"p_phone_number_ids": []}, 404, "phone_number_not_found"),
        ("platform_admin", {"p_phone_number_ids": None}, 404, "phone_number_not_found"),
        ("platform_admin", {"p_phone_number_ids": ["@number Globex own"]}, 409, "number_of_another_account"),
        ("platform_admin", {"p_phone_number_ids": ["@number Acme given"]}, 409, "number_already_assigned"),
        (
            "platform_admin",
            {"p_phone_number_ids": ["@number Globex given"], "p_from": "2021-01-01T00:00:00Z"},
            *(409, "period_taken"),
        ),
    ),
    *refused(
        "withdraw_phone_numbers",
        {"p_phone_number_ids": ["@number Acme given"]},
        ("org_admin", {}, 403, "platform_admin_required"),
        ("platform_admin", {"p_phone_number_ids": ["@number Acme given", NEVER]}, 404, "phone_number_not_found"),
        ("platform_admin", {"p_phone_number_ids": ["@number Acme own"]}, 409, "number_of_another_account"),
        ("platform_admin", {"p_at": "2021-01-01T00:00:00Z"}, 409, "withdrawal_in_the_past"),
    ),
    *refused(
        "request_sync",
        ACME,
        ("org_admin", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("org_admin", {"p_org_id": None}, 404, "organization_not_found"),
        ("api_key", {"p_org_id": NEVER}, 404, "organization_not_found"),
        ("api_key", {"p_org_id": None}, 404, "organization_not_found"),
        ("viewer", {}, 403, "role_not_sufficient"),
        ("api_key_narrow", {}, 403, "scope_missing"),
        ("platform_admin", {}, 409, "organization_archived", ACME_ARCHIVED),
        ("org_admin", {"p_resource": "everything"}, 422, "resource_unknown"),
        ("org_admin", {"p_resource": None}, 422, "resource_unknown"),
        ("org_admin", {}, 409, "no_integration", "update public.integrations set disabled_at = now()"),
    ),
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
    *refused(
        "change_integration",
        {"p_integration_id": "@integration Acme", "p_name": "Another name"},
        *_ACCOUNTS,
        *_ONLY_ADMINS,
        ("org_admin", {"p_name": " "}, 422, "name_invalid"),
        ("org_admin", {"p_account_type": "fax"}, 422, "account_type_unknown"),
        ("org_admin", {"p_webhook_mode": "open"}, 422, "webhook_mode_unknown"),
        ("org_admin", {"p_key_id": "key", "p_credentials": {"webhook_secret": SEALED}}, 422, "credential_unknown"),
        ("org_admin", {"p_key_id": "key", "p_credentials": {"access_token": SEALED}}, 422, "credential_unknown"),
        ("org_admin", {"p_key_id": "key", "p_credentials": ["api_key"]}, 422, "credential_unknown"),
        ("org_admin", {"p_key_id": "key", "p_credentials": {"api_key": "plain"}}, 422, "credential_not_sealed"),
        ("org_admin", {"p_credentials": {"api_key": SEALED}}, 422, "credential_not_sealed"),
    ),
    *refused(
        "rotate_webhook_secret",
        {"p_integration_id": "@integration Acme", "p_key_id": "key", "p_sealed": SEALED},
        *_ACCOUNTS,
        *_ONLY_ADMINS,
        ("org_admin", {"p_overlap": "-1 hour"}, 422, "overlap_invalid"),
        ("org_admin", {"p_overlap": "31 days"}, 422, "overlap_invalid"),
        ("org_admin", {"p_overlap": None}, 422, "overlap_invalid"),
        ("org_admin", {"p_sealed": "plain"}, 422, "credential_not_sealed"),
        ("org_admin", {"p_sealed": None}, 422, "credential_not_sealed"),
    ),
    *refused(
        "rotate_webhook_token",
        {"p_integration_id": "@integration Acme"},
        *_ACCOUNTS,
        *_ONLY_ADMINS,
        ("org_admin", {"p_overlap": "-1 hour"}, 422, "overlap_invalid"),
        ("org_admin", {"p_overlap": "31 days"}, 422, "overlap_invalid"),
    ),
    *refused("disable_integration", {"p_integration_id": "@integration Acme"}, *_ACCOUNTS, *_ONLY_ADMINS),
    *refused("enable_integration", {"p_integration_id": "@disabled Acme"}, *_ACCOUNTS, *_ONLY_ADMINS),
    *refused("remove_integration", {"p_integration_id": "@integration Acme"}, *_ACCOUNTS, *_ONLY_ADMINS),
    *refused(
        "test_integration",
        {"p_integration_id": "@integration Acme"},
        *_ACCOUNTS,
        *_ONLY_ADMINS,
        ("org_admin", {"p_integration_id": "@disabled Acme"}, 409, "integration_disabled"),
    ),
    *refused(
        "test_webhook",
        {"p_integration_id": "@integration Acme"},
        *_ACCOUNTS,
        *_ONLY_ADMINS,
        ("org_admin", {"p_integration_id": "@disabled Acme"}, 409, "integration_disabled"),
        ("org_admin", {}, 409, "webhooks_url_missing", "update public.platform_settings set webhooks_url = null"),
    ),
    *refused(
        "replay_webhook_event",
        {"p_event_id": "@event Acme"},
        ("org_admin", {"p_event_id": 1}, 404, "webhook_event_not_found"),
        ("org_admin", {"p_event_id": None}, 404, "webhook_event_not_found"),
        ("org_admin", {"p_event_id": "@event Globex"}, 404, "webhook_event_not_found"),
        ("manager", {}, 404, "webhook_event_not_found"),
    ),
    *refused(
        "replay_webhook_events",
        {"p_integration_id": "@integration Acme"},
        *_ACCOUNTS,
        *_ONLY_ADMINS,
        ("org_admin", {"p_status": "lost"}, 422, "status_unknown"),
        ("org_admin", {"p_from": DAY["p_to"], "p_to": DAY["p_from"]}, 422, "period_reversed"),
        ("org_admin", {"p_integration_id": "@disabled Acme"}, 409, "integration_disabled"),
    ),
    *refused(
        "request_backfill",
        {"p_integration_id": "@integration Acme", **DAY},
        *_ACCOUNTS,
        ("manager", {"p_integration_id": "@disabled Acme"}, 409, "integration_disabled"),
        ("manager", {"p_resource": "team"}, 422, "resource_unknown"),
        ("manager", {"p_resource": None}, 422, "resource_unknown"),
        ("manager", {"p_from": None}, 422, "period_reversed"),
        ("manager", {"p_to": DAY["p_from"]}, 422, "period_reversed"),
        ("manager", {"p_from": "2999-01-01T00:00:00Z", "p_to": None}, 422, "period_reversed"),
        ("manager", {"p_from": "1999-01-01T00:00:00Z"}, 422, "period_too_long"),
    ),
]
