"""Each rule about the catalog fails when it is broken."""

import psycopg
import pytest

from devstack.layout import REPOSITORY
from tests.support.pgtap import TapRunner
from tools.scratch import Database

CATALOG = REPOSITORY / "supabase/tests/catalog"

NEW_TABLE = "create table public.notes (id uuid primary key, created_at timestamptz)"

VIOLATIONS = [
    ("every_table_has_row_level_security", NEW_TABLE),
    ("every_table_has_row_level_security", "create table private.notes (id uuid primary key)"),
    ("every_table_has_row_level_security", "create view public.notes as select id from public.calls"),
    ("policies_have_one_form", "create policy calls_select_all on public.calls for select using (true)"),
    ("policies_have_one_form", "create policy calls_all_members on public.calls to authenticated using (true)"),
    (
        "policies_have_one_form",
        "create policy calls_select_more on public.calls for select to authenticated using (true)",
    ),
    ("policies_have_one_form", "create policy readable on public.sync_jobs for update to authenticated using (true)"),
    (
        "policies_have_one_form",
        """create policy calls_delete_admins on public.calls for delete to authenticated
           using (org_id in (select private.org_ids_read_in_full()) and private.is_platform_admin())""",
    ),
    (
        "policies_have_one_form",
        """create policy calls_delete_self on public.calls for delete to authenticated
           using (auth.uid() = any (member_ids))""",
    ),
    ("functions_are_declared_in_full", "create function public.f() returns int language sql stable as 'select 1'"),
    (
        "functions_are_declared_in_full",
        "create function public.f() returns int language sql set search_path = '' as 'select 1'",
    ),
    (
        "functions_are_declared_in_full",
        "create function public.f(a int) returns int language sql immutable set search_path = '' as 'select a'",
    ),
    (
        "functions_are_declared_in_full",
        """create trigger touch before update on public.calls
           for each row execute function private.tg_touch__updated_at()""",
    ),
    ("everything_is_commented", NEW_TABLE),
    ("everything_is_commented", "comment on policy calls_select_visible on public.calls is null"),
    ("everything_is_commented", "create function public.f() returns int language sql immutable as 'select 1'"),
    (
        "indexes_and_foreign_keys_are_sound",
        "alter table public.calls add column user_id uuid references public.profiles",
    ),
    (
        "indexes_and_foreign_keys_are_sound",
        "alter table public.calls add column user_id uuid references public.profiles on delete set null",
    ),
    ("indexes_and_foreign_keys_are_sound", "alter table public.calls add column heard_at timestamp"),
    ("grants_are_the_ones_listed", "grant select (id) on public.calls to anon"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to anon"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to public"),
    ("grants_are_the_ones_listed", "grant select on public.calls to service_role"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to service_role"),
    ("grants_are_the_ones_listed", "grant insert (name) on public.organizations to api_reader"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to api_reader"),
    ("grants_are_the_ones_listed", "grant select on public.profiles to supabase_auth_admin"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to supabase_auth_admin"),
    ("grants_are_the_ones_listed", "grant truncate on public.calls to authenticated"),
    ("grants_are_the_ones_listed", "grant insert on public.calls to authenticated"),
    ("grants_are_the_ones_listed", "grant select on public.calls to webhooks"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to webhooks"),
    ("grants_are_the_ones_listed", "grant insert on private.call_snapshots to sync"),
    ("grants_are_the_ones_listed", "grant execute on function private.is_platform_admin() to sync"),
]


def failures(database: Database, rule: str) -> list[str]:
    with psycopg.connect(database.url(), options="-c search_path=public,extensions") as connection:
        lines = TapRunner(connection).run((CATALOG / f"{rule}.sql").read_bytes())
    return [line for line in lines if line.startswith("not ok")]


@pytest.mark.parametrize(("rule", "violation"), VIOLATIONS)
def test_a_violation_is_found(database: Database, rule: str, violation: str) -> None:
    before = failures(database, rule)
    with database.connect() as connection:
        connection.execute(violation)
    found = failures(database, rule)
    assert found
    assert found != before


def test_an_invalid_index_is_found(database: Database) -> None:
    with database.connect("supabase_admin") as connection:
        connection.execute(
            """update pg_catalog.pg_index set indisvalid = false
               where indexrelid = 'public.calls_org_started_idx'::regclass"""
        )
    [found] = failures(database, "indexes_and_foreign_keys_are_sound")
    assert "calls_org_started_idx" in found


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _ in VIOLATIONS} == {file.stem for file in CATALOG.glob("*.sql")}
