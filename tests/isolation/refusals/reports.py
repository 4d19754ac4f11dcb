"""Reports as files, sent or on schedule, and alert rules."""

from typing import Final

from tests.isolation.names import NEVER
from tests.isolation.refusals.refusal import ACME, ACME_ARCHIVED, DAY, Case, Refusal, refused

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
REFUSALS: Final[list[Refusal]] = [
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
        ("viewer", {"p_parameters": {**DAYS, "from": "1950-01-01T00:00:00Z"}}, 422, "grain_unfit"),
        ("viewer", {"p_report": "hours", "p_parameters": {**DAYS, "from": "2025-10-01T00:00:00Z"}}, 422, "grain_unfit"),
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
]
