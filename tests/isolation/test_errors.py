"""Errors as programs that use supabase-py meet them: `details` is a lasting code, `hint` helps a person."""

import re
from typing import Any

import pytest
from postgrest.exceptions import APIError

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.names import NEVER, Names
from tests.isolation.refusals import REFUSALS
from tests.isolation.refusals.refusal import DAY, Refusal
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()

TRIED_ELSEWHERE = {("export_report", "report_too_large")}
"""It takes more calls than the world has; see tests/integration/reports/test_exports.py."""


@pytest.mark.parametrize("refusal", REFUSALS, ids=[f"{each.function}-{each.details}" for each in REFUSALS])
def test_a_function_says_what_is_wrong(callers: Callers, world: World, witness: Witness, refusal: Refusal) -> None:
    arguments = Names(world, witness).resolved(refusal.arguments)
    if refusal.given:
        with world.edit() as edit:
            edit.execute(refusal.given.encode())
    request = callers.postgrest(refusal.caller).rpc(refusal.function, arguments)
    execute = request.csv().execute if refusal.accept == "text/csv" else request.execute
    with pytest.raises(APIError) as raised:
        execute()
    witness.effects_undone()
    assert (raised.value.code, raised.value.details) == (f"PT{refusal.status}", refusal.details)
    assert raised.value.message
    assert raised.value.hint


def test_every_error_that_a_function_announces_is_tried(witness: Witness) -> None:
    announced = {
        (function, code)
        for function in MATRIX.functions
        for code in re.findall(r"\w+", witness.comment(function).partition("Errors:")[2])
    }
    assert announced == {(refusal.function, refusal.details) for refusal in REFUSALS} | TRIED_ELSEWHERE


@pytest.mark.parametrize(
    ("caller", "code"),
    [("anonymous", "42501"), ("service_key", "42501"), ("expired", "PGRST301"), ("foreign", "PGRST301")],
)
def test_who_may_not_read_is_told_so(callers: Callers, caller: str, code: str) -> None:
    with pytest.raises(APIError) as raised:
        callers.postgrest(caller).from_("calls").select("*").execute()
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("table", "body", "code"),
    [
        ("lines", {"label": "x" * 201}, "23514"),
        ("lines", {"labl": "x"}, "PGRST204"),
        ("lines", {"org_id": NEVER}, "42501"),
        ("profiles", {"photo_url": "javascript:alert(1)"}, "23514"),
        ("profiles", {"full_name": ""}, "23514"),
        ("calls", {"external_name": "x"}, "42501"),
        ("profile_settings", {"phone": "0612"}, "23514"),
        ("profile_settings", {"theme": "blue"}, "23514"),
        ("profile_settings", {"notification_channels": {"missed_call": "pigeon"}}, "23514"),
        ("retention_settings", {"call_days": 0}, "23514"),
        ("holidays", {"opens": "12:00", "closes": "10:00"}, "23514"),
        ("holidays", {"day": "2030-01-01"}, "42501"),
        ("organizations", {"archived_at": None}, "42501"),
        ("members", {"role": "org_admin"}, "42501"),
        ("call_notes", {"body": " "}, "23514"),
        ("call_notes", {"body": "x" * 4001}, "23514"),
        ("call_notes", {"author": None}, "42501"),
        ("outcome_codes", {"label": ""}, "23514"),
        ("recordings", {"state": "stored"}, "42501"),
        ("voicemails", {"heard_by": None}, "42501"),
        ("messages", {"state": "sent"}, "42501"),
        ("conversations", {"opted_out_at": None}, "42501"),
        ("contacts", {"own_name": "Mine"}, "42501"),
    ],
)
def test_a_write_that_cannot_be_is_told_why(callers: Callers, table: str, body: dict[str, Any], code: str) -> None:
    with pytest.raises(APIError) as raised:
        callers.postgrest("org_admin").from_(table).update(body).neq("created_at", "2000-01-01").execute()
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("table", "body", "code", "details"),
    [
        ("organizations", {"name": " "}, "PT422", "name_invalid"),
        ("organizations", {"time_zone": "Mars/Olympus"}, "PT422", "time_zone_unknown"),
        ("organizations", {"requires_second_factor": True}, "PT403", "second_factor_needed"),
        ("conversations", {"owner_id": NEVER}, "PT404", "member_not_found"),
    ],
)
def test_a_change_that_makes_no_sense_is_explained(
    callers: Callers, table: str, body: dict[str, Any], code: str, details: str
) -> None:
    with pytest.raises(APIError) as raised:
        callers.postgrest("org_admin").from_(table).update(body).neq("created_at", "2000-01-01").execute()
    assert (raised.value.code, raised.value.details) == (code, details)
    assert raised.value.hint


def test_a_page_does_not_open_with_several_views(callers: Callers, world: World, witness: Witness) -> None:
    views = callers.postgrest("org_admin").from_("saved_views")
    here = {"org_id": str(world.organizations["Acme"].id), "page": "calls"}
    views.insert([{**here, "name": name, "is_default": name == "Late"} for name in ("Late", "Long")]).execute()
    with pytest.raises(APIError) as raised:
        views.update({"is_default": True}).eq("page", "calls").execute()
    witness.effects_undone()
    assert (raised.value.code, raised.value.details) == ("PT422", "default_view_ambiguous")


def test_a_holiday_that_is_over_is_not_made(callers: Callers, world: World) -> None:
    holiday = {"org_id": str(world.organizations["Acme"].id), "day": "2020-12-25", "name": "Christmas"}
    with pytest.raises(APIError) as raised:
        callers.postgrest("org_admin").from_("holidays").insert(holiday).execute()
    assert (raised.value.code, raised.value.details) == ("PT422", "holiday_in_the_past")


@pytest.mark.parametrize(
    ("function", "arguments", "code"),
    [
        ("kpi_summary", {"p_org_id": "Acme", **DAY}, "22P02"),
        ("kpi_summary", {"p_org_id": None, "p_from": "yesterday or so", "p_to": "2026-01-01"}, "22007"),
        ("kpi_summary", {"p_org_id": None}, "PGRST202"),
        ("kpi_summary", {"p_org_id": None, **DAY, "p_user_id": NEVER}, "PGRST202"),
        ("kpi_summary", {"p_org_id": None, **DAY, "p_line_ids": "'; drop table calls; --"}, "22P02"),
        ("no_such_function", {}, "PGRST202"),
    ],
)
def test_arguments_that_cannot_be_are_refused(
    callers: Callers, function: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(APIError) as raised:
        callers.postgrest("org_admin").rpc(function, arguments).execute()
    assert raised.value.code == code


def test_a_read_as_programs_write_it(callers: Callers, world: World) -> None:
    """Filters, order, pages, embedding and a count, through postgrest-py."""
    acme = world.organizations["Acme"]
    answer = (
        callers.postgrest("org_admin")
        .from_("calls")
        .select(
            "id, started_at, outcome, lines(label, e164), legs(is_connected, org_members(role, profiles(full_name)))"
        )
        .eq("line_id", str(acme.lines["other"]))
        .order("started_at", desc=True)
        .order("id", desc=True)
        .limit(3)
        .execute()
    )
    assert isinstance(answer.data, list)
    assert len(answer.data) == 3
    names = [
        leg["org_members"]["profiles"]["full_name"]
        for call in answer.data
        if isinstance(call, dict)
        for leg in call["legs"]
        if leg["org_members"]
    ]
    assert set(names) == {"Acme's agent", "Acme's manager", "Acme's deactivated"}
