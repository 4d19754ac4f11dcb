"""Errors as programs that use supabase-py meet them: `details` is a lasting code, `hint` helps a person."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from postgrest.exceptions import APIError

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.cases import an_integration
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()

NEVER = str(uuid4())
PERIOD = {"p_from": "2026-01-01T00:00:00Z", "p_to": "2026-01-02T00:00:00Z"}

Arguments = Callable[[World, Witness], dict[str, Any]]


def kpis(**arguments: Any) -> Arguments:
    """Return arguments of a KPI function about Acme, except for what is said."""
    return lambda world, _: {"p_org_id": str(world.organizations["Acme"].id), **PERIOD, **arguments}


def integration(**arguments: Any) -> Arguments:
    """Return arguments of create_integration for Acme, except for what is said."""
    return lambda world, _: an_integration(str(world.organizations["Acme"].id), str(uuid4())) | arguments


def anothers_integration(world: World, _: Witness) -> dict[str, Any]:
    """Return arguments of create_integration for Acme, with the id of Globex's."""
    return an_integration(str(world.organizations["Acme"].id), str(world.organizations["Globex"].integration))


def assignment(number: str, organization: str, **arguments: Any) -> Arguments:
    """Return arguments that give the number of a line ("Globex given"), or the spare one, to an organization."""

    def arguments_(world: World, witness: Witness) -> dict[str, Any]:
        if number == "spare":
            phone_number = str(world.spare_number)
        elif " " in number:
            name, line = number.split()
            key = (str(world.organizations[name].lines[line]),)
            phone_number = witness.rows("lines")[key]["phone_number_id"]
        else:
            phone_number = number
        org_id = str(world.organizations[organization].id) if organization in world.organizations else organization
        return {"p_phone_number_id": phone_number, "p_org_id": org_id, **arguments}

    return arguments_


ERRORS: list[tuple[str, str, Arguments, str, str]] = [
    ("kpi_summary", "viewer", kpis(p_to=PERIOD["p_from"]), "PT422", "range_reversed"),
    ("kpi_summary", "viewer", kpis(p_from=None), "PT422", "range_reversed"),
    ("kpi_summary", "viewer", kpis(p_to="infinity"), "PT422", "range_out_of_bounds"),
    ("kpi_summary", "viewer", kpis(p_org_id=NEVER), "PT404", "organization_not_found"),
    ("kpi_summary", "viewer", kpis(p_in_hours=True), "PT422", "business_hours_missing"),
    ("kpi_series", "viewer", kpis(p_to=PERIOD["p_from"]), "PT422", "range_reversed"),
    ("kpi_series", "viewer", kpis(p_from="-infinity"), "PT422", "range_out_of_bounds"),
    ("kpi_series", "viewer", kpis(p_org_id=NEVER), "PT404", "organization_not_found"),
    ("kpi_series", "viewer", kpis(p_in_hours=False), "PT422", "business_hours_missing"),
    ("kpi_series", "viewer", kpis(p_grain="minute"), "PT422", "grain_unfit"),
    ("kpi_series", "viewer", kpis(p_grain=None), "PT422", "grain_unfit"),
    ("kpi_series", "viewer", kpis(p_grain="hour", p_from="2025-01-01T00:00:00Z"), "PT422", "grain_unfit"),
    ("create_integration", "manager", integration(), "PT404", "organization_not_found"),
    ("create_integration", "org_admin", integration(p_org_id=None), "PT404", "organization_not_found"),
    ("create_integration", "org_admin", integration(p_webhook_mode="token"), "PT422", "webhook_mode_unavailable"),
    ("create_integration", "org_admin", integration(p_webhook_mode=None), "PT422", "webhook_mode_unavailable"),
    ("create_integration", "org_admin", anothers_integration, "PT409", "integration_exists"),
    ("create_integration", "org_admin", integration(p_credentials=None), "PT422", "credentials_missing"),
    ("create_integration", "org_admin", integration(p_credentials={}), "PT422", "credentials_missing"),
    (
        "create_integration",
        "org_admin",
        integration(p_credentials={"api_key": "A" * 128}),
        "PT422",
        "credentials_missing",
    ),
    (
        "create_integration",
        "org_admin",
        integration(p_credentials=["api_key", "user_key"]),
        "PT422",
        "credentials_missing",
    ),
    (
        *("create_integration", "org_admin"),
        integration(p_credentials={"api_key": "A" * 128, "user_key": "A" * 128, "password": "A" * 128}),
        *("PT422", "credential_unknown"),
    ),
    (
        *("create_integration", "org_admin"),
        integration(p_credentials={"api_key": "A" * 128, "user_key": "plain text"}),
        *("PT422", "credential_not_sealed"),
    ),
    (
        *("create_integration", "org_admin"),
        integration(p_credentials={"api_key": "A" * 128, "user_key": None}),
        *("PT422", "credential_not_sealed"),
    ),
    ("assign_phone_number", "org_admin", assignment("spare", "Acme"), "PT403", "platform_admin_required"),
    ("assign_phone_number", "platform_admin", assignment("spare", NEVER), "PT404", "organization_not_found"),
    ("assign_phone_number", "platform_admin", assignment("spare", "Initech"), "PT404", "organization_not_found"),
    (
        *("assign_phone_number", "platform_admin"),
        assignment("spare", "00000000-0000-0000-0000-000000000000"),
        *("PT404", "organization_not_found"),
    ),
    ("assign_phone_number", "platform_admin", assignment(NEVER, "Acme"), "PT404", "phone_number_not_found"),
    ("assign_phone_number", "platform_admin", assignment("Globex own", "Acme"), "PT409", "number_of_another_account"),
    ("assign_phone_number", "platform_admin", assignment("Globex given", "Globex"), "PT409", "number_already_assigned"),
    (
        *("assign_phone_number", "platform_admin"),
        assignment("Globex given", "Acme", p_from="2021-01-01T00:00:00Z"),
        *("PT409", "period_taken"),
    ),
]


@pytest.mark.parametrize(
    ("function", "caller", "arguments", "code", "details"), ERRORS, ids=[f"{each[0]}-{each[4]}" for each in ERRORS]
)
def test_a_function_says_what_is_wrong(
    callers: Callers,
    world: World,
    witness: Witness,
    function: str,
    caller: str,
    arguments: Arguments,
    code: str,
    details: str,
) -> None:
    with pytest.raises(APIError) as raised:
        callers.postgrest(caller).rpc(function, arguments(world, witness)).execute()
    assert (raised.value.code, raised.value.details) == (code, details)
    assert raised.value.message
    assert raised.value.hint


def test_every_error_that_a_function_announces_is_tried(witness: Witness) -> None:
    announced = {
        (function, code)
        for function in MATRIX.functions
        for code in re.findall(r"\w+", witness.comment(function).partition("Errors:")[2])
    }
    assert announced == {(function, details) for function, _, _, _, details in ERRORS}


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
    ],
)
def test_a_write_that_cannot_be_is_told_why(callers: Callers, table: str, body: dict[str, str], code: str) -> None:
    with pytest.raises(APIError) as raised:
        callers.postgrest("org_admin").from_(table).update(body).neq("created_at", "2000-01-01").execute()
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("function", "arguments", "code"),
    [
        ("kpi_summary", {"p_org_id": "Acme", **PERIOD}, "22P02"),
        ("kpi_summary", {"p_org_id": None, "p_from": "yesterday or so", "p_to": "2026-01-01"}, "22007"),
        ("kpi_summary", {"p_org_id": None}, "PGRST202"),
        ("kpi_summary", {"p_org_id": None, **PERIOD, "p_user_id": NEVER}, "PGRST202"),
        ("kpi_summary", {"p_org_id": None, **PERIOD, "p_line_ids": "'; drop table calls; --"}, "22P02"),
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
