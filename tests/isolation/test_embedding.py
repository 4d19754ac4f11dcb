"""Rows that come along with others (resource embedding) are those that the caller could read by themselves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.matrix import Caller
from tests.isolation.witness import Key, Witness
from tests.isolation.world import World
from tools.scratch import Database

MATRIX = matrix.load()

signed_in = pytest.mark.parametrize(
    "caller",
    [MATRIX.callers[name] for name in ("outsider", "viewer", "agent", "manager", "other_admin", "platform_admin")],
    ids=lambda caller: caller.name,
)
Visible = Callable[[Caller], dict[str, set[Key]]]

_RELATIONS = """
select c.conname, c.conrelid::regclass::text, c.confrelid::regclass::text
from pg_catalog.pg_constraint c
where c.contype = 'f'
  and c.connamespace = 'public'::regnamespace
  and c.confrelid in (select oid from pg_catalog.pg_class where relnamespace = 'public'::regnamespace)
"""


@dataclass(frozen=True)
class Relation:
    """A foreign key, seen from one of its ends."""

    constraint: str
    near: str
    far: str

    def embed(self, *inner: str) -> str:
        """Return what a select list says to bring the rows of the far end along, named by their table."""
        return f"{self.constraint}__{self.far}:{self.far}!{self.constraint}({','.join(('*', *inner))})"


@pytest.fixture(scope="module")
def relations(world_database: Database) -> list[Relation]:
    """Every foreign key between public tables, in both directions."""
    with world_database.connect("supabase_admin", options="-c search_path=public") as connection:
        keys = connection.execute(_RELATIONS).fetchall()
    both = {Relation(name, near, far) for name, near, far in keys} | {
        Relation(name, far, near) for name, near, far in keys
    }
    return sorted(both, key=lambda relation: (relation.near, relation.constraint))


@pytest.fixture(scope="module")
def visible(world: World, witness: Witness) -> Visible:
    """Tell the keys of the rows that a caller may read, per table."""

    @cache
    def visible(caller: Caller) -> dict[str, set[Key]]:
        parameters = world.parameters(caller)
        return {
            table.name: set(witness.rows(table.name, table.condition("select", caller.role), parameters))
            for table in MATRIX.tables.values()
        }

    return visible


def embedded(table: str, row: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through a row and all that came along with it."""
    yield table, {name: value for name, value in row.items() if "__" not in name}
    for name, value in row.items():
        if "__" in name and value is not None:
            for each in value if isinstance(value, list) else [value]:
                yield from embedded(name.split("__")[1], each)


@signed_in
@pytest.mark.parametrize("table", MATRIX.tables)
def test_two_steps_away(
    table: str,
    caller: Caller,
    callers: Callers,
    visible: Visible,
    witness: Witness,
    relations: list[Relation],
) -> None:
    parts = ["*"]
    for first in (relation for relation in relations if relation.near == table):
        parts.append(first.embed(*(second.embed() for second in relations if second.near == first.far)))
    assert len(parts) > 1

    answer = callers.client(caller).get(f"/{table}", params={"select": ",".join(parts)})

    assert answer.status_code == 200, answer.text
    allowed = visible(caller)
    read = [found for row in answer.json() for found in embedded(table, row)]
    for name, row in read:
        assert witness.key(name, row) in allowed[name], f"{name} by way of {table}"
    assert {witness.key(name, row) for name, row in read if name == table} >= allowed[table]


@signed_in
def test_an_inner_embedding_tells_nothing_of_hidden_rows(
    caller: Caller, callers: Callers, visible: Visible, witness: Witness, relations: list[Relation]
) -> None:
    """A filter on the far end keeps no near row whose far row is hidden, whatever the filter asks."""
    allowed = visible(caller)
    for relation in relations:
        near, far = (witness.key_columns(name)[0] for name in (relation.near, relation.far))
        alias = "far"
        answer = callers.client(caller).get(
            f"/{relation.near}",
            params={
                "select": f"{near},{alias}:{relation.far}!{relation.constraint}!inner({far})",
                f"{alias}.{far}": "not.is.null",
            },
        )
        assert answer.status_code == 200, answer.text
        readable = {key[0] for key in allowed[relation.far]}
        assert all(
            each[far] in readable
            for row in answer.json()
            for each in (row[alias] if isinstance(row[alias], list) else [row[alias]])
        )
        if not allowed[relation.far]:
            assert answer.json() == []
