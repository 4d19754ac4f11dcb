"""docs/security.md lists every function that runs with its owner's rights, and why."""

import re

from devstack.layout import REPOSITORY
from tools.scratch import Database

ROW = re.compile(r"^\| `(private|public)\.(\w+)` \| (.*\S) \|$", re.MULTILINE)


def test_the_register_is_the_catalog(database: Database) -> None:
    listed = {f"{schema}.{name}": reason for schema, name, reason in ROW.findall(register())}
    with database.connect() as connection:
        rows = connection.execute(
            "select pronamespace::regnamespace::text || '.' || proname from pg_catalog.pg_proc "
            "where prosecdef and pronamespace in ('public'::regnamespace, 'private'::regnamespace)"
        ).fetchall()
    assert set(listed) == {name for (name,) in rows}


def test_no_function_of_the_api_runs_with_its_owners_rights() -> None:
    assert [schema for schema, _, _ in ROW.findall(register()) if schema != "private"] == []


def register() -> str:
    text = (REPOSITORY / "docs/security.md").read_text()
    found = re.search(
        r"^## Functions that run with their owner's rights\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return found[1]
