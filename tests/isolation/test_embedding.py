"""Rows that come along with others (resource embedding) are those that the caller could read by themselves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.matrix import Caller
from tests.isolation.witness import Key, Witness
from tests.isolation.world import World
from tools.scratch import Database

MATRIX = matrix.load()

each_reader = pytest.mark.parametrize(
    "caller",
    [
        MATRIX.callers[name]
        for name in (
            "outsider",
            "viewer",
            "agent",
            "manager",
            "other_admin",
            "platform_admin",
            "api_key",
            "api_key_narrow",
        )
    ],
    ids=lambda caller: caller.name,
)
Visible = Callable[[Caller], dict[str, set[Key]]]

# PostgREST also relates views, by the foreign keys of the tables that their columns come from.
VIEWS = {
    "invitations": "private.invitations",
    "api_keys": "private.api_keys",
    "members": "public.org_members",
    "webhook_events": "private.webhook_events",
    "rejected_items": "private.rejected_items",
    "integration_status": "public.integrations",
    "sync_resources": "public.integrations",
    "extension_suggestions": "public.extensions",
    "current_agent_status": "public.agent_statuses",
    "counted_calls": "public.calls",
    "live_calls": "public.calls",
}
COMPUTED_ORGANIZATION = {"api_keys"}
"""The platform's keys are told without an organization, which makes the column one of the view's own."""

ALONE = {"users", "fleet", "onboarding_checklist", "platform_settings", "timeline", "kpi_definitions", "missed_callers"}
"""What refers to nothing, as far as PostgREST knows."""

_RELATIONS = """
select c.conname, c.conrelid::regclass::text, c.confrelid::regclass::text, array(
  select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.conkey)
), array(
  select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.confrelid and a.attnum = any (c.confkey)
)
from pg_catalog.pg_constraint c
where c.contype = 'f'
"""


@dataclass(frozen=True)
class Relation:
    """A foreign key, seen from one of its ends."""

    constraint: str
    near: str
    far: str
    alias: str
    """What the rows of the far end are named by, short enough for Postgres: it ends with their table."""

    def embed(self, *inner: str) -> str:
        """Return what a select list says to bring the rows of the far end along."""
        return f"{self.alias}:{self.far}!{self.constraint}({','.join(('*', *inner))})"


@pytest.fixture(scope="module")
def relations(world_database: Database) -> list[Relation]:
    """Every foreign key between tables or views of the API, in both directions."""
    with world_database.connect("supabase_admin", options="-c search_path=public") as connection:
        keys = connection.execute(_RELATIONS).fetchall()
    both = set()
    for name, near, far, near_columns, far_columns in keys:
        for near_name, far_name in product(shown_by(near, near_columns), shown_by(far, far_columns)):
            both |= {(near_name, name, far_name), (far_name, name, near_name)}
    return [
        Relation(constraint, near, far, f"r{number}__{far}")
        for number, (near, constraint, far) in enumerate(sorted(both))
    ]


def shown_by(table: str, columns: list[str]) -> list[str]:
    """Return the tables and views of the API through which these columns of a table are seen."""
    names = [table] if table in MATRIX.tables else []
    shown = {
        view: MATRIX.tables[view].columns - ({"org_id"} if view in COMPUTED_ORGANIZATION else set()) for view in VIEWS
    }
    return names + [
        view for view, base in VIEWS.items() if base in {table, f"public.{table}"} and shown[view].issuperset(columns)
    ]


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


@each_reader
@pytest.mark.parametrize("table", MATRIX.tables)
def test_two_steps_away(
    table: str,
    caller: Caller,
    callers: Callers,
    visible: Visible,
    witness: Witness,
    relations: list[Relation],
) -> None:
    readable = {name for name, entry in MATRIX.tables.items() if entry.is_granted("select", caller)}
    parts = ["*"]
    for first in (relation for relation in relations if relation.near == table and relation.far in readable):
        parts.append(
            first.embed(
                *(second.embed() for second in relations if second.near == first.far and second.far in readable)
            )
        )
    if table in readable:
        assert (len(parts) > 1) == (table not in ALONE)

    answer = callers.client(caller).get(f"/{table}", params={"select": ",".join(parts)})

    if table not in readable:
        assert answer.status_code == 401, answer.text
        return
    assert answer.status_code == 200, answer.text
    allowed = visible(caller)
    read = [found for row in answer.json() for found in embedded(table, row)]
    for name, row in read:
        assert witness.key(name, row) in allowed[name], f"{name} by way of {table}"
    assert {witness.key(name, row) for name, row in read if name == table} >= allowed[table]


@each_reader
def test_what_may_not_be_read_is_not_embedded(caller: Caller, callers: Callers, relations: list[Relation]) -> None:
    """A table on which the caller's role has no privilege is refused by way of others too."""
    hidden = [relation for relation in relations if not MATRIX.tables[relation.far].is_granted("select", caller)]
    assert bool(hidden) == caller.is_key
    for relation in hidden:
        answer = callers.client(caller).get(f"/{relation.near}", params={"select": relation.embed()})
        assert (answer.status_code, answer.json()["code"]) == (401, "42501"), answer.text


@each_reader
def test_an_inner_embedding_tells_nothing_of_hidden_rows(
    caller: Caller, callers: Callers, visible: Visible, witness: Witness, relations: list[Relation]
) -> None:
    """A filter on the far end keeps no near row whose far row is hidden, whatever the filter asks."""
    allowed = visible(caller)
    readable = {name for name, entry in MATRIX.tables.items() if entry.is_granted("select", caller)}
    for relation in (relation for relation in relations if {relation.near, relation.far} <= readable):
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
        visible_keys = {key[0] for key in allowed[relation.far]}
        assert all(
            str(each[far]) in visible_keys
            for row in answer.json()
            for each in (row[alias] if isinstance(row[alias], list) else [row[alias]])
        )
        if not allowed[relation.far]:
            assert answer.json() == []
