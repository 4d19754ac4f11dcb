"""PostgREST publishes what the database says of itself: every comment on the API reaches whoever reads OpenAPI."""

from typing import Any

import pytest

from tests.integration.docs import catalog
from tests.support.people import People
from tests.support.programs import Door
from tools.scratch import Database


@pytest.fixture
def published(postgrest: Door, people: People) -> dict[str, Any]:
    with postgrest.as_user(people.user()) as client:
        described: dict[str, Any] = client.get("/").raise_for_status().json()
    return described


def test_every_table_and_column_is_published_with_its_comment(database: Database, published: dict[str, Any]) -> None:
    with database.connect() as connection:
        relations = catalog.relations(connection)
    definitions = published["definitions"]
    assert definitions.keys() == relations.keys()
    for name, relation in relations.items():
        assert relation.comment
        assert definitions[name]["description"] == relation.comment
        assert definitions[name]["properties"].keys() == set(relation.columns)
        for column, comment in relation.column_comments.items():
            # PostgREST adds its own notes on keys.
            assert definitions[name]["properties"][column]["description"].startswith(comment)


def test_every_function_is_published_with_its_comment(database: Database, published: dict[str, Any]) -> None:
    with database.connect() as connection:
        functions = catalog.functions(connection)
        computed = {name for relation in catalog.relations(connection).values() for name in relation.computed}
    told = {
        path.removeprefix("/rpc/"): methods["post"]
        for path, methods in published["paths"].items()
        if path.startswith("/rpc/") and path.removeprefix("/rpc/") not in computed
    }
    assert told.keys() == {name for name, function in functions.items() if "authenticated" in function.callers}
    for name, function in functions.items():
        summary_and_rest = f"{told[name]['summary']} {told[name].get('description', '')}"
        assert summary_and_rest.split() == function.comment.split() != []
        schema = told[name]["parameters"][0]["schema"]
        assert schema["description"] == function.comment
        assert schema.get("properties", {}).keys() == {argument.split()[0] for argument in function.arguments}
