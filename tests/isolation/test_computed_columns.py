"""Columns that are reckoned on request tell whoever reads the row no more than they could read by themselves."""

from itertools import product

import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.contents import CALLER
from tests.isolation.matrix import Caller, ComputedColumn
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()


@pytest.mark.parametrize(
    ("column", "table", "caller"),
    [
        pytest.param(column, table, caller, id=f"{column.name}-{table}-{caller.name}")
        for column in MATRIX.computed.values()
        for table, caller in product(column.of, MATRIX.callers.values())
        if MATRIX.tables[table].is_granted("select", caller)
    ],
)
def test_a_row_tells_its_reader_what_they_may_know(
    column: ComputedColumn, table: str, caller: Caller, callers: Callers, world: World, witness: Witness
) -> None:
    entry, parameters = MATRIX.tables[table], world.parameters(caller)
    readable = witness.rows(table, entry.condition("select", caller.role), parameters)
    word = column.tells.get(caller.role)
    told = {
        key: witness.reckon(table, key, column.value)
        for key in (witness.rows(table, entry.words[word], parameters) if word else {})
    }
    answer = callers.client(caller).get(f"/{table}", params={"select": f"*,{column.name}"})
    assert answer.status_code == 200, answer.text
    found = {witness.key(table, row): row[column.name] for row in answer.json()}
    assert found == {key: told.get(key) for key in readable}
    assert not readable or not word or set(found.values()) - {None}


@pytest.mark.parametrize("caller", ["other_admin", "other_key", "outsider", "deactivated", "api_key_narrow"])
def test_a_row_that_is_made_up_tells_nothing(callers: Callers, world: World, caller: str) -> None:
    """Who calls the function itself, with a row of Acme's that they wrote themselves."""
    for column in MATRIX.computed.values():
        for table, argument in column.of.items():
            row = {"org_id": str(world.organizations["Acme"].id), "external_number": CALLER}
            answer = callers.client(caller).post(f"/rpc/{column.name}", json={argument: row})
            assert (answer.status_code, answer.json()) == (200, None), f"{table}: {answer.text}"
