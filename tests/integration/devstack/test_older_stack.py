"""`make up` on what an earlier version of the stack left: its data stays, and learns what is new."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb
from rich.console import Console

from devstack import demo_data, hosted
from devstack.demo_accounts import ACCOUNTS, serve_accounts
from devstack.demo_data import create_integration_arguments
from devstack.layout import REPOSITORY, Layout
from devstack.migrations import apply_migrations
from devstack.narration import Narrator
from devstack.people import ADMINS, OPERATOR, signed_in
from devstack.ports import Ports
from devstack.rows import checked_rows, count, rows
from devstack.stack import Stack
from devstack.up import up
from tools.scratch import ScratchCluster

LAST_MIGRATION = "20261120090004"


@pytest.fixture(scope="module")
def older_stack(cluster: ScratchCluster) -> Iterator[Stack]:
    """A stack that was stopped before the schema had anything of tenancy and access."""
    directory = cluster.new_directory()
    directory.chmod(0o755)
    stack = Stack(Layout(directory), Ports.free())
    try:
        stack.cluster.create()
        stack.parts["postgres"].start()
        hosted.prepare_cluster(stack.cluster, stack.keys)
        hosted.prepare_database(stack.cluster)
        take_back_rights(stack)
        apply_migrations(stack.database_url("postgres"), older_project(directory))
        hosted.open_login_roles(stack.cluster, stack.keys)
        demo_data.load_people(stack)
        load_what_it_left(stack)
        stack.down()
        up(stack, Narrator(Console(quiet=True)))
        yield stack
    finally:
        stack.down()


def take_back_rights(stack: Stack) -> None:
    """Leave postgres with what it could do in clusters of that time."""
    with stack.cluster.connect() as connection:
        connection.execute("revoke authenticator from postgres")
        connection.execute("revoke set on parameter pgrst.db_pre_request from postgres")


def older_project(directory: Path) -> Path:
    """Make a project with the migrations of that time."""
    project = directory / "project"
    (project / "supabase/migrations").mkdir(parents=True)
    shutil.copy(REPOSITORY / "supabase/config.toml", project / "supabase")
    for file in (REPOSITORY / "supabase/migrations").glob("*.sql"):
        if file.name[:14] <= LAST_MIGRATION:
            shutil.copy(file, project / "supabase/migrations")
    return project


def load_what_it_left(stack: Stack) -> None:
    credentials = serve_accounts(stack)
    with psycopg.connect(stack.database_url("postgres")) as connection:
        connection.execute(
            "select set_config('request.jwt.claims', jsonb_build_object('sub', user_id)::text, true)"
            " from public.profiles where email = %s",
            [OPERATOR],
        )
        organizations: dict[str, str] = dict(
            connection.execute("select name, id::text from public.organizations").fetchall()
        )
        for account in ACCOUNTS:
            arguments = create_integration_arguments(stack, account, credentials[account.integration_id], organizations)
            adapted = [Jsonb(value) if isinstance(value, dict) else value for value in arguments.values()]
            connection.execute("select public.create_integration(%s::uuid, %s, %s, %s, %s, %s, %s::uuid)", adapted)
        connection.execute((REPOSITORY / "tests/integration/devstack/older.sql").read_bytes())


def test_every_part_is_healthy(older_stack: Stack) -> None:
    assert {name: part.trouble() for name, part in older_stack.parts.items()} == dict.fromkeys(older_stack.parts)


def test_lines_calls_and_extensions_stay_as_they_were(older_stack: Stack) -> None:
    with signed_in(older_stack, ADMINS["Northwind Dental"]) as admin:
        assert count(admin, "calls", provider_call_id="of an earlier version") == 1
        kept = [row for row in rows(admin, "member_extensions", "extension, period") if row["extension"] == "101"]
        lines = [row["id"] for row in rows(admin, "lines", "id, e164") if row["e164"] == "+12125550110"]
    assert kept == [{"extension": "101", "period": "(,)"}]
    assert lines == ["d0000000-0000-4000-8000-0000000000d1"]


def test_what_is_new_is_there(older_stack: Stack) -> None:
    with signed_in(older_stack, OPERATOR) as operator:
        (platform,) = rows(operator, "platform_settings", "app_url")
        settings = rows(operator, "organization_settings", "org_id, effective_from")
    assert platform["app_url"] == older_stack.api_url
    # What they began with, and for the two organizations of the demo what their admins have set.
    assert len(settings) == 5


def test_its_audit_trails_begin_and_hold(older_stack: Stack) -> None:
    for name, email in ADMINS.items():
        with signed_in(older_stack, email) as admin:
            (own,) = [row for row in rows(admin, "organizations", "id, name") if row["name"] == name]
            (chain,) = checked_rows(admin.rpc("verify_audit_chain", {"p_org_id": own["id"]}).execute().data)
            assert count(admin, "audit_entries", resource="organization_settings") > 0
        assert chain["problem"] is None


def test_an_api_key_is_let_in(older_stack: Stack) -> None:
    with signed_in(older_stack, ADMINS["Northwind Dental"]) as admin:
        (own,) = rows(admin, "organizations", "id")
        arguments = {"p_org_id": own["id"], "p_name": "Older", "p_scopes": ["calls:read"]}
        (key,) = checked_rows(admin.rpc("create_api_key", arguments).execute().data)
    answer = httpx.get(
        f"{older_stack.api_url}/api/v1/calls",
        params={"select": "id", "provider_call_id": "eq.of an earlier version"},
        headers={"authorization": f"Bearer {key['secret']}"},
        timeout=30,
        trust_env=False,
    )
    assert [UUID(row["id"]) for row in answer.json()] == [UUID("d0000000-0000-4000-8000-0000000000e1")]
