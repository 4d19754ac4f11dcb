"""The matrix and the catalog say the same: no table, column, function or grant that is not written down."""

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest

from tests.isolation import matrix
from tests.isolation.doors import Door, is_refused
from tests.isolation.matrix import Table
from tests.isolation.results import Results
from tests.isolation.witness import Witness
from tools.scratch import Database

MATRIX = matrix.load()

ROLES = ("anon", "authenticated", "api_reader", "service_role", "authenticator", "webhooks", "sync")

each_role = pytest.mark.parametrize("role", ROLES)
each_table = pytest.mark.parametrize("table", MATRIX.tables.values(), ids=lambda table: table.name)

_TABLES = """
select c.relname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_PRIVATE = """
select c.relname
from pg_catalog.pg_class c
where c.relnamespace = 'private'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
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
_AUDITED = """
select distinct n.nspname || '.' || c.relname
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where t.tgfoid = 'private.tg_audit'::regproc
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
where n.nspname in ('public', 'private') and c.relkind = 'S'
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
    name = table if "." in table else f"public.{table}"
    return {name for (name,) in catalog.execute(_COLUMNS, {"table": name, "role": role, "verb": verb})}


def test_every_table_is_in_the_matrix(catalog: psycopg.Connection[Any]) -> None:
    assert {name for (name,) in catalog.execute(_TABLES)} == MATRIX.tables.keys()


@each_table
def test_the_matrix_names_every_column(catalog: psycopg.Connection[Any], table: Table) -> None:
    assert columns(catalog, table.name, "supabase_admin", "select") == table.columns


@each_table
@each_role
def test_a_role_holds_the_privileges_of_the_matrix(catalog: psycopg.Connection[Any], table: Table, role: str) -> None:
    def meant(verb: str, columns: Iterable[str]) -> set[str]:
        return set(columns) if role in table.granted_to(verb) else set()

    # All or none: where a column is left out, "select *", which every client begins with, is refused.
    assert columns(catalog, table.name, role, "select") == meant("select", table.columns)
    assert columns(catalog, table.name, role, "insert") == meant("insert", table.insert_columns)
    assert columns(catalog, table.name, role, "update") == meant("update", table.update_columns)
    assert columns(catalog, table.name, role, "references") == set()
    granted = privileges(catalog, f"public.{table.name}", role)
    assert granted <= {"select", "delete"}
    assert ("delete" in granted) == (role in table.granted_to("delete"))


@each_table
def test_words_and_columns_go_together(table: Table) -> None:
    assert bool(table.insert_columns) == bool(table.verbs["insert"])
    assert bool(table.update_columns) == bool(table.verbs["update"])


@each_role
def test_of_private_tables_a_role_reads_the_columns_of_the_matrix(catalog: psycopg.Connection[Any], role: str) -> None:
    for (name,) in catalog.execute(_PRIVATE).fetchall():
        table = MATRIX.private.get(f"private.{name}")
        readable = table.columns if table and role in table.granted_to("select") else frozenset()
        assert columns(catalog, f"private.{name}", role, "select") == readable
        for verb in ("insert", "update", "references"):
            assert columns(catalog, f"private.{name}", role, verb) == set()
        granted = privileges(catalog, f"private.{name}", role)
        assert granted <= ({"select"} if readable else set())


def test_the_matrix_names_private_tables_that_there_are(catalog: psycopg.Connection[Any]) -> None:
    assert {f"private.{name}" for (name,) in catalog.execute(_PRIVATE)} >= MATRIX.private.keys()


def test_every_function_is_in_the_matrix_with_its_arguments(catalog: psycopg.Connection[Any]) -> None:
    found = [(name, tuple(names or ())) for name, names, _ in catalog.execute(_FUNCTIONS, {"roles": []})]
    meant = [(each.name, each.arguments) for each in MATRIX.functions.values()]
    meant += [(each.name, (argument,)) for each in MATRIX.computed.values() for argument in each.of.values()]
    assert sorted(found) == sorted(meant)


def test_functions_are_executed_by_the_roles_of_the_matrix(catalog: psycopg.Connection[Any]) -> None:
    meant = {name: function.granted_to() for name, function in MATRIX.functions.items()}
    meant |= {name: column.granted_to() for name, column in MATRIX.computed.items()}
    for name, _, who in catalog.execute(_FUNCTIONS, {"roles": list(ROLES)}):
        assert set(who) == meant[name], name


def test_the_tables_of_the_matrix_are_audited(catalog: psycopg.Connection[Any]) -> None:
    assert {name for (name,) in catalog.execute(_AUDITED)} == MATRIX.audited


def test_postgrest_becomes_no_other_role(catalog: psycopg.Connection[Any]) -> None:
    """Whatever a token says its role is, PostgREST can act as these alone, and they as nobody else."""
    becomes = {
        role: {name for (name,) in catalog.execute(_BECOMES, {"role": role})}
        for role in ("authenticator", "anon", "authenticated", "api_reader", "webhooks", "sync")
    }
    assert becomes == {
        "authenticator": {"anon", "authenticated", "api_reader", "service_role"},
        **{role: set() for role in ("anon", "authenticated", "api_reader", "webhooks", "sync")},
    }


def test_nobody_holds_a_sequence(catalog: psycopg.Connection[Any]) -> None:
    assert catalog.execute(_SEQUENCE_GRANTS, {"roles": list(ROLES)}).fetchall() == []


@each_table
@pytest.mark.parametrize("door", ["http", "sql"], indirect=True)
def test_columns_that_are_not_in_the_matrix_are_refused(
    door: Door, table: Table, witness: Witness, results: Results
) -> None:
    """Each by itself and by the caller who may most; all users are the same role to the database."""
    caller = MATRIX.callers["platform_admin"]
    row = next(iter(witness.rows(table.name).values()))
    for column in (table.columns & row.keys()) - witness.generated(table.name):
        if column not in table.insert_columns:
            answer = door.insert(caller, table, {column: row[column]})
            assert is_refused(answer, caller, table), f"insert {column}"
            results.columns += 1
        if column not in table.update_columns:
            answer = door.update(caller, table, {column: row[column]})
            assert is_refused(answer, caller, table), f"update {column}"
            results.columns += 1
    assert witness.effects_undone() == {}


def privileges(catalog: psycopg.Connection[Any], table: str, role: str) -> set[str]:
    """Return the privileges that a role holds on a whole table, by whatever way."""
    return {name for (name,) in catalog.execute(_TABLE_GRANTS, {"table": table, "role": role})}
