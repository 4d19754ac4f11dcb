"""make migration plans what changed, tries it and says what it leaves out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.fingerprint import difference
from tools.migration import describe, main, plan, write
from tools.scratch import ScratchCluster

BEFORE = """
create schema private;
create table public.calls (id uuid primary key, org_id uuid not null, talk int);
alter table public.calls enable row level security;
create function private.mine() returns setof uuid language sql stable set search_path = '' as 'select null::uuid';
grant select on public.calls to authenticated;
"""
AFTER = """
create schema private;
create table public.calls (
  id uuid primary key,
  org_id uuid not null,
  talk_seconds int constraint talk_is_nonnegative check (talk_seconds >= 0),
  note text not null default ''
);
comment on table public.calls is 'One row per call.';
alter table public.calls enable row level security;
create function private.mine() returns setof uuid language sql stable parallel safe set search_path = ''
as 'select auth.uid()';
revoke execute on function private.mine() from public;
grant execute on function private.mine() to authenticated;
create policy calls_select_mine on public.calls for select to authenticated
using (org_id = any (array(select private.mine())));
comment on policy calls_select_mine on public.calls is 'Their own.';
create view public.notes with (security_invoker = true) as select id, note from public.calls;
create index calls_org_idx on public.calls (org_id);
grant select on public.calls, public.notes to authenticated;
grant update (note) on public.calls to authenticated;
alter default privileges for role postgres revoke execute on functions from public;
"""
NOW = datetime(2026, 3, 1, 12, 30, 59, tzinfo=UTC)


def test_the_plan_makes_the_one_like_the_other(cluster: ScratchCluster) -> None:
    with cluster.database() as current, cluster.database() as wanted:
        with current.connect() as connection:
            connection.execute(BEFORE)
        with wanted.connect() as connection:
            connection.execute(AFTER)
        scripts = plan(current, wanted)
        assert len(scripts) == 1
        with current.connect() as connection:
            connection.execute(scripts[0].encode())
        assert difference(describe(wanted), describe(current)) == ""
        assert plan(current, wanted) == []
    assert "calls_select_mine" in scripts[0]
    assert "OWNER TO" not in scripts[0]


HANDED_OVER = """
create schema private;
create function private.as_people() returns int language sql stable security definer set search_path = '' as 'select 1';
grant create on schema private to authenticated;
alter function private.as_people() owner to authenticated;
revoke create on schema private from authenticated;
revoke all on function private.as_people() from public, authenticated;
grant execute on function private.as_people() to postgres;
"""


def test_a_function_is_handed_over_to_another_role(cluster: ScratchCluster) -> None:
    with cluster.database() as current, cluster.database() as wanted:
        with wanted.connect() as connection:
            connection.execute(HANDED_OVER)
        scripts = plan(current, wanted)
        with current.connect() as connection:
            connection.execute(scripts[0].encode())
            assert connection.execute("select private.as_people()").fetchone() == (1,)
        assert difference(describe(wanted), describe(current)) == ""
    assert 'REVOKE CREATE ON SCHEMA "private" FROM "authenticated"' in scripts[0]


def test_a_migration_is_named_by_time_and_purpose(tmp_path: Path) -> None:
    [file] = write("add_notes", ["select 1;\n"], "", NOW, tmp_path)
    assert file.name == "20260301123059_add_notes.sql"
    assert file.read_text().endswith("set lock_timeout = '5s';\n\nselect 1;\n")


def test_a_migration_comes_after_all_others(tmp_path: Path) -> None:
    (tmp_path / "20270101000000_from_a_faster_clock.sql").touch()
    files = write("add_notes", ["select 1;", "select 2;"], "", NOW, tmp_path)
    assert [file.name for file in files] == ["20270101000001_add_notes.sql", "20270101000002_add_notes_2.sql"]


def test_what_the_plan_leaves_out_is_written_down(tmp_path: Path) -> None:
    [file] = write("add_rows", [], "table public.organizations\n  +row: {}", NOW, tmp_path)
    assert file.read_text().endswith("by hand:\n-- table public.organizations\n--   +row: {}\n")


@pytest.mark.parametrize("name", ["", "Add notes", "add-notes", "../notes", "addNotes", "1_notes", "notes_", "n" * 81])
def test_a_bad_name_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(name) == 2
    assert "make migration NAME=" in capsys.readouterr().err
