"""Figures, the lists behind them, what goes on now, and what happened."""

from typing import Final

from tests.isolation.names import NEVER
from tests.isolation.refusals.refusal import ACME, DAY, Case, Refusal, refused
from tests.isolation.world import HOLDING

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
        *(case for case in _KPIS_OF_A_MONTH if case[3] != "business_hours_missing"),
        ("org_admin", {"p_in_hours": True}, 422, "business_hours_missing"),
        ("org_admin", {"p_in_hours": False}, 422, "business_hours_missing"),
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
]
