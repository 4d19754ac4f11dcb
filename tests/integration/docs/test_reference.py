"""The reference of docs/api.md says what the catalog says: names, columns, arguments, results, rights, errors."""

import re
from collections.abc import Iterator

import pytest

from tests.integration.docs import catalog, document
from tests.integration.docs.catalog import Function, Relation
from tests.integration.docs.document import Entry
from tools.scratch import Database

RELATIONS = document.load().entries("Tables and views")
FUNCTIONS = document.load().entries("Functions")


@pytest.fixture(scope="module")
def relations(migrated: Database) -> Iterator[dict[str, Relation]]:
    with migrated.connect() as connection:
        yield catalog.relations(connection)


@pytest.fixture(scope="module")
def functions(migrated: Database) -> Iterator[dict[str, Function]]:
    with migrated.connect() as connection:
        yield catalog.functions(connection)


def test_every_table_and_view_has_its_entry(relations: dict[str, Relation]) -> None:
    assert sorted(RELATIONS) == sorted(relations)


def test_every_function_has_its_entry(functions: dict[str, Function]) -> None:
    assert sorted(FUNCTIONS) == sorted(functions)


@pytest.mark.parametrize("entry", RELATIONS.values(), ids=lambda entry: entry.name)
def test_a_table_is_as_described(relations: dict[str, Relation], entry: Entry) -> None:
    relation = relations[entry.name]
    # Their order in the table depends on when they were added.
    assert sorted(entry.codes("Columns")) == sorted(relation.columns)
    assert set(entry.codes("Insert")) == relation.inserted
    assert set(entry.codes("Update")) == relation.updated
    assert ("Delete" in entry.facts) == relation.is_deleted
    # People are read by way of their memberships.
    assert scopes(entry) == relations["org_members" if entry.name == "profiles" else entry.name].scopes
    assert entry.facts.keys() <= {"Columns", "Insert", "Update", "Delete", "Computed", "Errors", "API keys"}
    assert set(entry.codes("Computed")) == relation.computed
    assert set(entry.codes("Errors")) == (relation.errors if relation.is_written else set())


@pytest.mark.parametrize("entry", FUNCTIONS.values(), ids=lambda entry: entry.name)
def test_a_function_is_as_described(functions: dict[str, Function], entry: Entry) -> None:
    function = functions[entry.name]
    assert arguments(entry) == function.arguments
    assert (entry.codes("Returns") if entry.facts["Returns"] != "nothing" else ["void"]) == function.results
    assert set(entry.codes("Errors")) == function.errors
    assert (entry.facts.get("Methods") == "GET, POST") == function.is_read
    assert (scopes(entry) is not None) == ("api_reader" in function.callers)
    assert (entry.facts.get("Callers") == "anybody") == ("anon" in function.callers)
    assert entry.facts.keys() <= {"Arguments", "Returns", "Errors", "Methods", "API keys", "Callers", "Figures"}


def test_every_figure_is_explained(migrated: Database) -> None:
    with migrated.connect() as connection:
        rows = connection.execute("select kpi from private.kpi_values(private.no_calls(), 1)").fetchall()
    assert FUNCTIONS["kpi_summary"].codes("Figures") == [kpi for (kpi,) in rows]


def test_every_scope_is_explained_with_what_it_opens(migrated: Database) -> None:
    with migrated.connect() as connection:
        there_are = connection.execute("select unnest(private.api_scopes())").fetchall()
    opened = {scope.strip("`"): set(re.findall(r"`(\w+)`", what)) for scope, what in document.load().scopes}
    assert opened.keys() == {"any", *(scope for (scope,) in there_are)}
    for scope, what in opened.items():
        needed = {name: scopes(entry) for name, entry in {**RELATIONS, **FUNCTIONS}.items()}
        assert what == {
            name
            for name, scoped in needed.items()
            if scoped is not None and (scope in scoped or (scope == "any" and not scoped))
        }


def scopes(entry: Entry) -> set[str] | None:
    if "API keys" not in entry.facts:
        return None
    return set() if entry.facts["API keys"] == "any" else set(entry.codes("API keys"))


def arguments(entry: Entry) -> list[str]:
    """Return the arguments as the catalog has them, those that may be left out with a question mark."""
    items = zip(entry.codes("Arguments"), entry.items("Arguments"), strict=True)
    return [f"{code}?" if item.startswith(f"`{code}` optional: ") else code for code, item in items]
