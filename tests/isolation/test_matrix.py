"""Every cell of the permission matrix, tried over HTTP: each caller, each verb, each table and function.

What a caller should reach is worked out from the matrix by somebody who sees every row. After each attempt to write,
the whole database is compared with what it was before: nothing else may have changed, anywhere.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from postgrest.types import CountMethod

from tests.isolation import matrix
from tests.isolation.conftest import Callers
from tests.isolation.matrix import Caller, Function, Table
from tests.isolation.results import Results
from tests.isolation.witness import Effect, Witness
from tests.isolation.world import ARCHIVED, LONG_AGO, World

MATRIX = matrix.load()

every_table = pytest.mark.parametrize(
    ("table", "caller"),
    list(product(MATRIX.tables.values(), MATRIX.callers.values())),
    ids=lambda each: each.name,
)


def every_caller(*functions: str) -> pytest.MarkDecorator:
    """Try the functions as each caller."""
    return pytest.mark.parametrize(
        ("function", "caller"),
        list(product((MATRIX.functions[name] for name in functions), MATRIX.callers.values())),
        ids=lambda each: each.name,
    )


def refusal(caller: Caller) -> int:
    """Return the status for what a caller has no privilege for."""
    return 401 if caller.role in {"anonymous", "rejected"} else 403


@every_table
def test_read(table: Table, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results) -> None:
    expected = witness.rows(table.name, table.condition("select", caller.role), world.parameters(caller))
    if not (caller.is_signed_in and table.is_granted("select")):
        answer = callers.client(caller).get(f"/{table.name}")
        results.note(table.name, "select", caller.name, answer.status_code)
        assert answer.status_code == refusal(caller), answer.text
        return

    answer_ = callers.postgrest(caller).from_(table.name).select("*", count=CountMethod.exact).execute()

    results.note(table.name, "select", caller.name, len(answer_.data))
    assert {witness.key(table.name, row): row for row in rows_of(answer_.data)} == expected
    assert answer_.count == len(expected)


@every_table
def test_insert(
    table: Table, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results
) -> None:
    if table.is_granted("insert"):
        candidates = world.candidates(table.name)
    else:
        candidates = [a_copy(table, world.organizations["Acme"].id, witness)]
    condition = table.condition("insert", caller.role)
    allowed = witness.matching(table.name, to_json(candidates), condition, world.parameters(caller))

    inserted = 0
    for candidate in to_json(candidates):
        answer = callers.client(caller).post(f"/{table.name}", json=candidate)
        effects = witness.effects_undone()
        if candidate in allowed:
            assert answer.status_code == 201, answer.text
            assert effects.keys() == {f"public.{table.name}"}
            effect = effects[f"public.{table.name}"]
            assert (len(effect.inserted), effect.updated, effect.deleted) == (1, frozenset(), frozenset())
            inserted += 1
        else:
            assert effects == {}
            assert answer.status_code == refusal(caller), answer.text
    results.note(table.name, "insert", caller.name, inserted or refusal(caller))


@every_table
def test_update(
    table: Table, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results
) -> None:
    """Without a filter: every row that can be reached is hit."""
    expected = witness.rows(table.name, table.condition("update", caller.role), world.parameters(caller))
    body = table.update_columns or dict.fromkeys(witness.key_columns(table.name))
    answer = callers.client(caller).patch(f"/{table.name}", json=body)
    judge(table, caller, "update", answer, witness.effects_undone(), Effect(updated=frozenset(expected)), results)


@every_table
def test_delete(
    table: Table, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results
) -> None:
    """Without a filter: every row that can be reached is hit."""
    expected = witness.rows(table.name, table.condition("delete", caller.role), world.parameters(caller))
    answer = callers.client(caller).delete(f"/{table.name}")
    judge(table, caller, "delete", answer, witness.effects_undone(), Effect(deleted=frozenset(expected)), results)


def judge(
    table: Table,
    caller: Caller,
    verb: str,
    answer: httpx.Response,
    effects: dict[str, Effect],
    expected: Effect,
    results: Results,
) -> None:
    """Compare the answer to a write and its effect with what the matrix says."""
    effect = effects.get(f"public.{table.name}", Effect())
    may_try = caller.is_signed_in and table.is_granted(verb)
    written = len(effect.updated) + len(effect.deleted)
    results.note(table.name, verb, caller.name, written if may_try else answer.status_code)
    assert effect == expected
    assert effects.keys() <= {f"public.{table.name}"}
    assert answer.status_code == (204 if may_try else refusal(caller)), answer.text


@every_caller("kpi_summary", "kpi_series")
def test_count(
    function: Function, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results
) -> None:
    """The KPIs count the calls that the caller may read, of one organization at a time, and of all at once."""
    assert function.counts
    counted = MATRIX.tables[function.counts]
    word = function.execute.get(caller.role)
    visible = witness.rows(counted.name, counted.words[word] if word else "false", world.parameters(caller))
    organizations = MATRIX.tables["organizations"]
    mine = witness.rows("organizations", organizations.condition("select", caller.role), world.parameters(caller))

    def ask(org_id: str | None) -> httpx.Response:
        arguments = {"p_org_id": org_id, "p_from": LONG_AGO.isoformat(), "p_to": tomorrow()}
        if "p_grain" in function.arguments:
            arguments["p_grain"] = "month"
        return callers.client(caller).post(f"/rpc/{function.name}?kpi=eq.offered", json=arguments)

    if not (caller.is_signed_in and function.execute):
        answer = ask(str(world.organizations["Acme"].id))
        results.note(function.name, "execute", caller.name, answer.status_code)
        assert answer.status_code == refusal(caller), answer.text
        return

    total = 0
    for (org_id,) in witness.rows("organizations"):
        answer = ask(org_id)
        if (org_id,) not in mine:
            assert (answer.status_code, answer.json()["details"]) == (404, "organization_not_found")
            continue
        assert answer.status_code == 200, answer.text
        expected = sum(call["org_id"] == org_id for call in visible.values())
        assert offered(answer) == expected
        total += expected
    results.note(function.name, "execute", caller.name, total)

    # Without an organization: those that the caller reads in full.
    answer = ask(None)
    assert answer.status_code == 200, answer.text
    assert offered(answer) == (len(visible) if word in {"own", "all"} else 0)


@every_caller("create_integration")
def test_create_integration(
    function: Function, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results
) -> None:
    targets = [str(organization.id) for organization in world.organizations.values()]
    made = 0
    for target in (*targets, None):
        integration_id = str(uuid4())
        answer = callers.client(caller).post(f"/rpc/{function.name}", json=an_integration(target, integration_id))
        effects = witness.effects_undone()
        if serves(function, caller, target, world, witness):
            assert (answer.status_code, answer.json()) == (200, integration_id)
            assert effects.keys() == {"public.integrations", "private.integration_credentials", "private.sync_cursors"}
            assert effects["public.integrations"] == Effect(inserted=frozenset({(integration_id,)}))
            made += 1
        elif caller.is_signed_in:
            assert (answer.status_code, answer.json()["details"]) == (404, "organization_not_found")
            assert effects == {}
        else:
            assert answer.status_code == refusal(caller), answer.text
            assert effects == {}
    results.note(function.name, "execute", caller.name, made if caller.is_signed_in else refusal(caller))


@every_caller("assign_phone_number")
def test_assign_phone_number(
    function: Function, caller: Caller, callers: Callers, world: World, witness: Witness, results: Results
) -> None:
    made = 0
    for name, organization in world.organizations.items():
        if name == ARCHIVED:
            continue
        arguments = {"p_phone_number_id": str(world.spare_number), "p_org_id": str(organization.id)}
        answer = callers.client(caller).post(f"/rpc/{function.name}", json=arguments)
        effects = witness.effects_undone()
        if serves(function, caller, str(organization.id), world, witness):
            assert answer.status_code == 200, answer.text
            assert effects == {"public.lines": Effect(inserted=frozenset({(answer.json(),)}))}
            made += 1
        elif caller.is_signed_in:
            assert (answer.status_code, answer.json()["details"]) == (403, "platform_admin_required")
            assert effects == {}
        else:
            assert answer.status_code == refusal(caller), answer.text
            assert effects == {}
    results.note(function.name, "execute", caller.name, made if caller.is_signed_in else refusal(caller))


def test_every_function_is_tried() -> None:
    tried = {"kpi_summary", "kpi_series", "create_integration", "assign_phone_number"}
    assert MATRIX.functions.keys() == tried, "a function needs its arguments and its effects written down here"


def test_the_world_tells_the_words_apart(world: World, witness: Witness) -> None:
    """Every cell that allows something reaches some rows and, unless it is all of them, leaves some out."""
    for table, caller in product(MATRIX.tables.values(), MATRIX.callers.values()):
        for verb in matrix.VERBS:
            word = table.verbs[verb].get(caller.role)
            if word is None:
                continue
            if verb == "insert":
                candidates = to_json(world.candidates(table.name))
                reached = len(witness.matching(table.name, candidates, table.words[word], world.parameters(caller)))
                total = len(candidates)
            else:
                reached = len(witness.rows(table.name, table.words[word], world.parameters(caller)))
                total = len(witness.rows(table.name))
            assert reached > 0, f"{caller.name} {verb} {table.name}"
            assert (reached < total) == (word != "all"), f"{caller.name} {verb} {table.name}"


def serves(function: Function, caller: Caller, org_id: str | None, world: World, witness: Witness) -> bool:
    """Tell whether a function does what it is for, for a caller and an organization; None is the platform."""
    word = function.execute.get(caller.role)
    if word is None:
        return False
    organizations = MATRIX.tables["organizations"]
    served = witness.rows("organizations", organizations.words[word], world.parameters(caller))
    return word == "all" if org_id is None else (org_id,) in served


def an_integration(org_id: str | None, integration_id: str) -> dict[str, Any]:
    """Return the arguments of create_integration; what is sealed looks like an HPKE message."""
    sealed = "A" * 128
    return {
        "p_org_id": org_id,
        "p_name": "Another account",
        "p_account_type": "call_center",
        "p_webhook_mode": "signed",
        "p_key_id": "key",
        "p_credentials": {"api_key": sealed, "user_key": sealed},
        "p_id": integration_id,
    }


def a_copy(table: Table, org_id: UUID, witness: Witness) -> dict[str, Any]:
    """Return a row like one there is, with a primary key of its own."""
    rows = witness.rows(table.name).values()
    row = next((row for row in rows if row.get("org_id") == str(org_id)), next(iter(rows)))
    return {**row, **{column: str(uuid4()) for column in witness.key_columns(table.name)}}


def to_json(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with their ids as text."""
    return [{name: str(value) if isinstance(value, UUID) else value for name, value in row.items()} for row in rows]


def rows_of(data: Any) -> list[dict[str, Any]]:
    """Return what postgrest-py read, which it types as any JSON."""
    assert isinstance(data, list)
    return data


def offered(answer: httpx.Response) -> int:
    """Add up the calls offered."""
    return sum(row["value"] for row in answer.json())


def tomorrow() -> str:
    """Return an instant after every call of the world."""
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()
