"""The platform under our migrations gives and refuses what hosted Supabase gives and refuses."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from devstack.hosted import prepare_cluster, prepare_database
from devstack.ports import HOST
from tools.scratch import PLATFORM, Database, ScratchCluster


@pytest.fixture
def platform(cluster: ScratchCluster) -> Iterator[Database]:
    with cluster.database(PLATFORM) as database:
        yield database


@pytest.fixture
def postgres(platform: Database) -> Iterator[psycopg.Connection]:
    with platform.connect() as connection:
        yield connection


def test_postgres_does_not_run_as_root(cluster: ScratchCluster) -> None:
    pid = cluster.cluster.daemon.pid
    assert pid is not None
    assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert os.access(cluster.cluster.home, os.X_OK)


def test_postgres_listens_on_loopback_alone(cluster: ScratchCluster, postgres: psycopg.Connection) -> None:
    assert postgres.execute("show listen_addresses").fetchone() == (HOST,)
    # Any address of 127/8 reaches a server that listens on all of them.
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.2", cluster.cluster.port)) != 0


def test_text_is_utf8_and_its_case_follows_unicode(postgres: psycopg.Connection) -> None:
    row = postgres.execute("select current_setting('server_encoding'), upper('čaj é'), current_setting('timezone')")
    assert row.fetchone() == ("UTF8", "ČAJ É", "UTC")


def test_migrations_run_without_being_superuser(postgres: psycopg.Connection) -> None:
    row = postgres.execute(
        "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication from pg_roles where rolname = user"
    ).fetchone()
    assert row == (False, True, True, True, True)


@pytest.mark.parametrize(
    "statement",
    [
        "create table auth.ours (id int)",
        "alter table auth.users add column ours int",
        "create function storage.ours() returns int language sql as 'select 1'",
        "alter table storage.objects disable row level security",
        "create index on storage.objects (version)",
        "comment on table storage.objects is 'ours'",
        "create extension file_fdw",
        "alter role postgres superuser",
        "set role supabase_auth_admin",
        "set role supabase_storage_admin",
        "create event trigger ours on ddl_command_end execute function nothing()",
    ],
)
def test_what_hosted_refuses_is_refused(postgres: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFunction)):
        postgres.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "create extension btree_gist with schema extensions",
        "create table public.ours (id uuid references auth.users (id) on delete cascade)",
        "create trigger ours after insert on auth.users for each row"
        " execute function suppress_redundant_updates_trigger()",
        "create policy ours on storage.objects for select to authenticated using (true)",
        "grant usage on schema extensions to authenticated",
        "set role authenticated",
        "insert into auth.users (id, instance_id, email) values (gen_random_uuid(), gen_random_uuid(), 'a@b.example')",
    ],
)
def test_what_hosted_allows_is_allowed(postgres: psycopg.Connection, statement: str) -> None:
    postgres.execute(statement)


def test_new_tables_are_open_to_the_api_until_a_migration_says_otherwise(postgres: psycopg.Connection) -> None:
    postgres.execute("create table public.ours (id int)")
    row = postgres.execute("select has_table_privilege('anon', 'public.ours', 'select')").fetchone()
    assert row == (True,)


def test_auth_functions_read_the_claims(postgres: psycopg.Connection) -> None:
    user_id = "6a1f7d1e-0a75-4f3e-9d0c-3f5b8a1f6e01"
    claims = f'{{"sub": "{user_id}", "role": "authenticated", "email": "a@b.example", "aal": "aal2"}}'
    postgres.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    row = postgres.execute("select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'aal'").fetchone()
    assert row == (user_id, "authenticated", "a@b.example", "aal2")


@pytest.mark.parametrize("claims", ["", None])
def test_auth_functions_are_null_without_claims(postgres: psycopg.Connection, claims: str | None) -> None:
    if claims is not None:
        postgres.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    assert postgres.execute("select auth.uid(), auth.role(), auth.jwt()").fetchone() == (None, None, None)


def test_preparing_again_changes_nothing(cluster: ScratchCluster, platform: Database) -> None:
    prepare_cluster(cluster.cluster, cluster.keys)
    prepare_database(cluster.cluster, platform.name)
    with platform.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_cluster_of_earlier_is_given_the_rights_it_lacks(cluster: ScratchCluster) -> None:
    may_set = "select has_parameter_privilege('postgres', 'pgrst.db_pre_request', 'set')"
    with cluster.cluster.connect() as connection:
        connection.execute("revoke set on parameter pgrst.db_pre_request from postgres")
        assert connection.execute(may_set).fetchone() == (False,)
        prepare_cluster(cluster.cluster, cluster.keys)
        assert connection.execute(may_set).fetchone() == (True,)
