"""The migrations deploy as on hosted Supabase, and its advisors find nothing to say."""

import json
from typing import Any

import pytest

from tests.support.supabase_cli import supabase
from tools.migration import MIGRATIONS
from tools.scratch import Database, ScratchCluster

VERSIONS = sorted(file.name[:14] for file in MIGRATIONS.glob("*.sql"))


def advice(database: Database) -> list[dict[str, Any]]:
    """Ask the advisors for warnings and errors."""
    done = supabase(
        "db", "advisors", "--remote", database.url(), "--type", "all", "--level", "warn", "--fail-on", "none",
        "--output-format", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return results


def deployed_versions(database: Database) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute(
            "select version from supabase_migrations.schema_migrations order by version"
        ).fetchall()
    return [version for (version,) in rows]


def test_postgres_that_deploys_is_no_superuser(cluster: ScratchCluster) -> None:
    with cluster.database() as database, database.connect() as connection:
        row = connection.execute(
            "select rolsuper, rolcreaterole, rolbypassrls from pg_roles where rolname = user"
        ).fetchone()
    assert row == (False, True, True)


def test_deploying_twice_changes_nothing_the_second_time(cluster: ScratchCluster) -> None:
    with cluster.database() as database:
        first = supabase("db", "push", "--remote", database.url(), "--yes")
        assert first.returncode == 0, first.stdout + first.stderr
        assert deployed_versions(database) == VERSIONS
        second = supabase("db", "push", "--remote", database.url(), "--yes")
        assert second.returncode == 0, second.stdout + second.stderr
        assert "up to date" in second.stdout + second.stderr
        assert deployed_versions(database) == VERSIONS


def test_the_advisors_have_no_warning(database: Database) -> None:
    assert [f"{each['level']}: {each['detail']}" for each in advice(database)] == []


@pytest.mark.parametrize(
    ("lint", "statement"),
    [
        (
            "rls_disabled_in_public",
            "create table public.open (id int primary key); grant select on public.open to anon",
        ),
        ("function_search_path_mutable", "create function public.f() returns int language sql as 'select 1'"),
        (
            "auth_rls_initplan",
            "create policy slow on public.profiles for select to authenticated using (user_id = auth.uid())",
        ),
    ],
)
def test_the_advisors_look_at_this_database(database: Database, lint: str, statement: str) -> None:
    with database.connect() as connection:
        connection.execute(statement)
    assert lint in {each["name"] for each in advice(database)}
