"""The matrix and the catalog say the same: no table, column, function or grant that is not written down."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.isolation import matrix
from tests.isolation.conftest import Callers
from tests.isolation.matrix import Function, Table
from tests.isolation.results import Results
from tests.isolation.witness import Witness
from tools.scratch import Database

MATRIX = matrix.load()

ROLES = ("anon", "authenticated", "service_role", "authenticator", "webhooks", "sync")

each_table = pytest.mark.parametrize("table", MATRIX.tables.values(), ids=lambda table: table.name)

_TABLES = """
select c.relname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_COLUMNS = """
select a.attname
from pg_catalog.pg_attribute a
where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped
  and pg_catalog.has_column_privilege(%(role)s, a.attrelid, a.attnum, %(verb)s)
"""
_FUNCTIONS = """
select p.proname, p.proargnames[:p.pronargs], array(
  select r.rolname::text from pg_catalog.pg_roles r
  where r.rolname = any (%(roles)s) and pg_catalog.has_function_privilege(r.oid, p.oid, 'execute')
)
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = 'public'
"""
_BECOMES = """
select r.rolname
from pg_catalog.pg_roles r
where r.rolname <> %(role)s
  and (pg_catalog.pg_has_role(%(role)s, r.oid, 'set') or pg_catalog.pg_has_role(%(role)s, r.oid, 'usage'))
"""
# Sequences are no tables, but privileges on them would be privileges.
_SEQUENCE_GRANTS = """
select c.relname, r.rolname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_roles r on r.rolname = any (%(roles)s)
where n.nspname = 'public' and c.relkind = 'S'
  and pg_catalog.has_sequence_privilege(r.oid, c.oid, 'usage, select, update')
"""
_TABLE_GRANTS = """
select p.privilege
from unnest(
  array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain']
) as p (privilege)
where pg_catalog.has_table_privilege(%(role)s, %(table)s::regclass, p.privilege)
"""


@pytest.fixture(scope="module")
def catalog(world_database: Database) -> Iterator[psycopg.Connection[Any]]:
    with world_database.connect("supabase_admin") as connection:
        yield connection


def columns(catalog: psycopg.Connection[Any], table: str, role: str, verb: str) -> set[str]:
    """Return the columns on which a role holds a privilege, by whatever way."""
    return {name for (name,) in catalog.execute(_COLUMNS, {"table": f"public.{table}", "role": role, "verb": verb})}


def test_every_table_is_in_the_matrix(catalog: psycopg.Connection[Any]) -> None:
    assert {name for (name,) in catalog.execute(_TABLES)} == MATRIX.tables.keys()


@each_table
def test_signed_in_users_hold_the_privileges_of_the_matrix(catalog: psycopg.Connection[Any], table: Table) -> None:
    assert columns(catalog, table.name, "supabase_admin", "select") == table.columns
    # All or none: where a column is left out, "select *", which every client begins with, is refused.
    readable = table.columns if table.is_granted("select") else frozenset()
    assert columns(catalog, table.name, "authenticated", "select") == readable
    assert columns(catalog, table.name, "authenticated", "insert") == set(table.insert_columns)
    assert columns(catalog, table.name, "authenticated", "update") == table.update_columns.keys()
    assert columns(catalog, table.name, "authenticated", "references") == set()
    granted = privileges(catalog, table.name, "authenticated")
    assert granted <= {"select", "delete"}
    assert ("delete" in granted) == table.is_granted("delete")


@each_table
def test_words_and_columns_go_together(table: Table) -> None:
    assert bool(table.insert_columns) == table.is_granted("insert")
    assert bool(table.update_columns) == table.is_granted("update")


@each_table
@pytest.mark.parametrize("role", [role for role in ROLES if role != "authenticated"])
def test_nobody_else_holds_any(catalog: psycopg.Connection[Any], table: Table, role: str) -> None:
    for verb in ("select", "insert", "update", "references"):
        assert columns(catalog, table.name, role, verb) == set()
    assert privileges(catalog, table.name, role) == set()


def test_every_function_is_in_the_matrix_with_its_arguments(catalog: psycopg.Connection[Any]) -> None:
    found = [(name, tuple(names or ())) for name, names, _ in catalog.execute(_FUNCTIONS, {"roles": []})]
    assert sorted(found) == sorted((each.name, each.arguments) for each in MATRIX.functions.values())


def test_functions_are_executed_by_signed_in_users_alone(catalog: psycopg.Connection[Any]) -> None:
    found = {name: set(who) for name, _, who in catalog.execute(_FUNCTIONS, {"roles": list(ROLES)})}

    def meant(function: Function) -> set[str]:
        anonymous = {"anon"} if "anonymous" in function.execute else set()
        return anonymous | ({"authenticated"} if function.execute else set())

    assert found == {function.name: meant(function) for function in MATRIX.functions.values()}


def test_postgrest_becomes_no_other_role(catalog: psycopg.Connection[Any]) -> None:
    """Whatever a token says its role is, PostgREST can act as these alone, and they as nobody else."""
    becomes = {
        role: {name for (name,) in catalog.execute(_BECOMES, {"role": role})}
        for role in ("authenticator", "anon", "authenticated", "webhooks", "sync")
    }
    assert becomes == {
        "authenticator": {"anon", "authenticated", "service_role"},
        **{role: set() for role in ("anon", "authenticated", "webhooks", "sync")},
    }


def test_nobody_holds_a_sequence(catalog: psycopg.Connection[Any]) -> None:
    assert catalog.execute(_SEQUENCE_GRANTS, {"roles": list(ROLES)}).fetchall() == []


@each_table
def test_columns_that_are_not_in_the_matrix_are_refused(
    table: Table, callers: Callers, witness: Witness, results: Results
) -> None:
    """Each by itself and by the caller who may most; PostgREST speaks as the same database role for all users."""
    client = callers.client("platform_admin")
    row = next(iter(witness.rows(table.name).values()))
    for column in table.columns:
        attempts = {}
        if column not in table.insert_columns:
            attempts["insert"] = client.post(f"/{table.name}", json={column: row[column]})
        if column not in table.update_columns:
            attempts["update"] = client.patch(f"/{table.name}", json={column: row[column]})
        for verb, answer in attempts.items():
            assert (answer.status_code, answer.json()["code"]) == (403, "42501"), f"{verb} {table.name}.{column}"
        results.columns += len(attempts)
    assert witness.effects_undone() == {}


def privileges(catalog: psycopg.Connection[Any], table: str, role: str) -> set[str]:
    """Return the privileges that a role holds on a whole table, by whatever way."""
    return {name for (name,) in catalog.execute(_TABLE_GRANTS, {"table": f"public.{table}", "role": role})}
