"""Every cell of the permission matrix, tried over HTTP and over SQL: each caller, verb, table, view and function.

What a caller should reach is worked out from the matrix by somebody who sees every row. After each attempt to write,
the whole database is compared with what it was before: nothing else may have changed, anywhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.isolation import matrix
from tests.isolation.cases import CASES
from tests.isolation.cases.case import Attempt
from tests.isolation.doors import Answer, Door, is_refused, refusal
from tests.isolation.matrix import Caller, Function, Table
from tests.isolation.results import Results
from tests.isolation.trail import without_trail
from tests.isolation.witness import Effect, Witness
from tests.isolation.world import World

MATRIX = matrix.load()

DOORS = ("http", "sql")

TAKEN_ALONG = {"alert_rules": ("public.alerts", "rule_id")}
"""What goes with a deleted row of a table, by which of its columns."""

BOUNDLESS = {"all", "clients", "self"}
"""Words that leave nothing out of what a function is tried with."""


def names(each: Any) -> str:
    """Return how a parameter is called in the name of a test."""
    return each if isinstance(each, str) else each.name


CALLERS = [
    (door, caller)
    for door, caller in product(DOORS, MATRIX.callers.values())
    if door == "http" or caller.database_role is not None
]
every_table = pytest.mark.parametrize(
    ("door", "caller", "table"),
    [
        (door, caller, table)
        for table, (door, caller) in product((*MATRIX.tables.values(), *MATRIX.private.values()), CALLERS)
        if door == "sql" or not table.is_private
    ],
    ids=names,
    indirect=["door"],
)
every_function = pytest.mark.parametrize(
    ("door", "caller", "function"),
    [(door, caller, function) for function, (door, caller) in product(MATRIX.functions.values(), CALLERS)],
    ids=names,
    indirect=["door"],
)


@every_table
def test_read(door: Door, caller: Caller, table: Table, world: World, witness: Witness, results: Results) -> None:
    answer = door.read(caller, table)

    if not table.is_granted("select", caller):
        results.note(door.name, table.name, "select", caller.name, None)
        assert answer == refusal(caller)
        return
    assert answer.code is None, answer
    results.note(door.name, table.name, "select", caller.name, len(answer.value))
    expected = witness.rows(table.name, table.condition("select", caller.role), world.parameters(caller))
    found = {witness.key(table.name, row): row for row in answer.value}
    assert found.keys() == expected.keys()
    assert answer.count == len(answer.value) == len(expected)
    if table.is_view:
        assert all(row.keys() == table.columns for row in found.values())
    else:
        assert found == {key: {name: row[name] for name in table.columns} for key, row in expected.items()}


@every_table
def test_insert(door: Door, caller: Caller, table: Table, world: World, witness: Witness, results: Results) -> None:
    if table.verbs["insert"]:
        candidates = to_json(world.candidates(table.name))
    else:
        candidates = [a_copy(table, world.organizations["Acme"].id, witness)]
    condition = table.condition("insert", caller.role)
    allowed = witness.matching(table.name, candidates, condition, world.parameters(caller))

    inserted = 0
    for candidate in candidates:
        answer = door.insert(caller, table, candidate)
        effects = witness.effects_undone()
        if candidate in allowed:
            assert answer.code is None, answer
            effects = without_trail(effects, world.actor(caller), witness)
            assert effects.keys() == {f"public.{table.name}"}
            effect = effects[f"public.{table.name}"]
            assert (len(effect.inserted), effect.updated, effect.deleted) == (1, frozenset(), frozenset())
            inserted += 1
        else:
            assert effects == {}
            assert is_refused(answer, caller, table), answer
    results.note(door.name, table.name, "insert", caller.name, inserted or None)


@every_table
def test_update(door: Door, caller: Caller, table: Table, world: World, witness: Witness, results: Results) -> None:
    """Without a filter: every row that can be reached is hit."""
    values = table.update_columns or {min(table.columns - witness.generated(table.name)): None}
    answer = door.update(caller, table, values)
    judge(door, caller, table, "update", answer, world, witness, results)


@every_table
def test_delete(door: Door, caller: Caller, table: Table, world: World, witness: Witness, results: Results) -> None:
    """Without a filter: every row that can be reached is hit."""
    judge(door, caller, table, "delete", door.delete(caller, table), world, witness, results)


def judge(
    door: Door,
    caller: Caller,
    table: Table,
    verb: str,
    answer: Answer,
    world: World,
    witness: Witness,
    results: Results,
) -> None:
    """Compare the answer to a write and its effect with what the matrix says."""
    effects = witness.effects_undone()
    may_try = table.is_granted(verb, caller)
    assert answer == Answer() if may_try else is_refused(answer, caller, table)
    effects = without_trail(effects, world.actor(caller), witness)
    taken_along = effects.pop(TAKEN_ALONG[table.name][0], Effect()) if table.name in TAKEN_ALONG else Effect()
    reached = frozenset(witness.rows(table.name, table.condition(verb, caller.role), world.parameters(caller)))
    results.note(door.name, table.name, verb, caller.name, len(reached) if may_try else None)
    expected = Effect(updated=reached) if verb == "update" else Effect(deleted=reached)
    assert effects == ({f"public.{table.name}": expected} if reached else {})
    assert not taken_along.inserted | taken_along.updated
    if table.name in TAKEN_ALONG:
        column = TAKEN_ALONG[table.name][1]
        assert {(row[column],) for row in taken_along.rows.values()} <= (reached if verb == "delete" else set())


@every_function
def test_execute(
    door: Door, caller: Caller, function: Function, world: World, witness: Witness, results: Results
) -> None:
    """For each row that the function could be about, whether it is the caller's or not."""
    case = CASES[function.name]
    parameters = world.parameters(caller)
    served = about(function, function.execute.get(caller.role), witness, parameters)
    visible = about(function, readable_word(function, caller), witness, parameters)
    is_granted = function.is_granted(caller)

    total = 0
    rows = about(function, "all", witness, parameters, case.rows if is_granted else "true")
    assert rows
    for key, row in rows.items() if is_granted else list(rows.items())[:1]:
        attempt = Attempt(world, witness, caller, row)
        attempt = replace(attempt, arguments=case.arguments(attempt))
        changes = case.changes(attempt)
        answer = door.call(caller, function.name, attempt.arguments)
        effects = witness.effects_undone()
        if not is_granted:
            assert answer == refusal(caller)
            assert effects == {}
        elif key in served:
            assert answer.code is None, answer
            effects = without_trail(effects, world.actor(caller), witness)
            assert effects.keys() == changes
            total += case.outcome(replace(attempt, answer=answer, effects=effects))
        else:
            assert answer.error == case.refusal(attempt, is_visible=key in visible)
            assert effects == {}
    results.note(door.name, function.name, "execute", caller.name, total if is_granted else None)


def about(
    function: Function, word: str | None, witness: Witness, parameters: dict[str, Any], condition: str = "true"
) -> dict[Any, Any]:
    """Return the rows that a word says of the table a function is about; one without contents if it is about none."""
    if word is None:
        return {}
    if function.of is None:
        return {(): {}}
    return witness.rows(function.of, f"({MATRIX.tables[function.of].words[word]}) and ({condition})", parameters)


def readable_word(function: Function, caller: Caller) -> str | None:
    """Return which rows of what a function is about a caller may read."""
    return MATRIX.tables[function.of].verbs["select"].get(caller.role) if function.of else None


@pytest.mark.parametrize(("door", "caller"), CALLERS, ids=names, indirect=["door"])
@pytest.mark.parametrize(
    "name", ["kpi_summary", "kpi_series", "kpi_by_organization", "kpi_by_line", "kpi_by_member", "kpi_comparison"]
)
def test_figures_of_no_organization_are_of_all_that_are_read_in_full(
    door: Door, caller: Caller, name: str, world: World, witness: Witness
) -> None:
    nowhere = Attempt(world, witness, caller, {"id": None})
    answer = door.call(caller, name, CASES[name].arguments(nowhere))
    if not MATRIX.functions[name].is_granted(caller):
        assert answer == refusal(caller)
        return
    assert answer.code is None, answer
    word = MATRIX.tables["calls"].verbs["select"].get(caller.role)
    ended = [call for call in nowhere.visible("calls") if call["outcome"]]
    expected = len(ended) if word in {"own", "all"} else 0
    assert sum(figure["value"] for figure in answer.value if figure["kpi"] == "offered") == expected


def test_every_function_has_a_case() -> None:
    assert CASES.keys() == MATRIX.functions.keys(), "a function needs its arguments and its effects written down"


def test_the_world_tells_the_words_apart(world: World, witness: Witness) -> None:
    """Every cell that allows something reaches some rows and, unless it is all of them, leaves some out."""
    for table, caller in product((*MATRIX.tables.values(), *MATRIX.private.values()), MATRIX.callers.values()):
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


def test_the_world_tells_the_words_of_functions_apart(world: World, witness: Witness) -> None:
    """Each function serves somebody of each role it is for, and refuses them somebody else's row."""
    for function in MATRIX.functions.values():
        for role, word in function.execute.items():
            if function.of is None:
                continue
            served, refused = 0, 0
            for caller in (caller for caller in MATRIX.callers.values() if caller.role == role):
                parameters, rows = world.parameters(caller), CASES[function.name].rows
                tried = about(function, "all", witness, parameters, rows)
                reached = about(function, word, witness, parameters, rows)
                served += len(reached)
                refused += len(tried.keys() - reached.keys())
            assert served > 0, f"{role} {function.name}"
            assert bool(refused) == (word not in BOUNDLESS), f"{role} {function.name}"


def a_copy(table: Table, org_id: UUID, witness: Witness) -> dict[str, Any]:
    """Return a row like one there is, with a primary key of its own; for a view no more than the key."""
    rows = witness.rows(table.name).values()
    row = next((row for row in rows if row.get("org_id") == str(org_id)), next(iter(rows)))
    copied = {} if table.is_view else row
    key = {column: str(uuid4()) for column in witness.key_columns(table.name)}
    return {name: value for name, value in {**copied, **key}.items() if name not in witness.generated(table.name)}


def to_json(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with their ids as text."""
    return [{name: str(value) if isinstance(value, UUID) else value for name, value in row.items()} for row in rows]
