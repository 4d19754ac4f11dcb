"""The fingerprint notices every kind of change, and only changes."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tools.fingerprint import difference, fingerprint
from tools.scratch import ScratchCluster

SCHEMA = """
create role fingerprint_reader nologin;
create schema private;
create extension btree_gist with schema extensions;
create table public.organizations (
  id uuid primary key,
  name text not null constraint name_is_given check (name <> ''),
  created_at timestamptz not null default now()
);
create table public.lines (
  org_id uuid not null references public.organizations (id) on delete restrict,
  number text collate "C" default 'none',
  label text,
  period tstzrange,
  length int generated always as (char_length(number)) stored
) with (fillfactor = 90);
create index lines_number_idx on public.lines (number) where number is not null;
alter table public.lines enable row level security;
create policy lines_select_members on public.lines for select to fingerprint_reader using (number <> '');
comment on table public.lines is 'Numbers in hands.';
comment on column public.lines.number is 'E.164.';
comment on policy lines_select_members on public.lines is 'Members read.';
create view public.names with (security_invoker = true) as select id, name from public.organizations;
create type public.mood as enum ('good', 'bad');
create domain public.e164 as text constraint starts_with_plus check (value like '+%');
create sequence public.tickets;
create function private.answer() returns int language sql stable parallel safe set search_path = '' as 'select 42';
create function private.mood_number(public.mood) returns int language sql immutable as 'select 1';
create function private.tg_lines__keep() returns trigger language plpgsql as 'begin return new; end';
create trigger tg_lines__keep before update on public.lines for each row execute function private.tg_lines__keep();
grant select, insert (number) on public.lines to fingerprint_reader;
grant execute on function private.answer() to fingerprint_reader;
create publication changes for table public.organizations;
insert into public.organizations values ('00000000-0000-0000-0000-000000000000', 'Holding');
"""

CHANGES = {
    "a column is added": "alter table public.lines add column note text",
    "a column's type": "alter table public.lines alter column period type tsrange using null",
    "a column becomes required": "alter table public.lines alter column number set not null",
    "a column's default": "alter table public.lines alter column number set default 'nothing'",
    "a column's collation": 'alter table public.lines alter column label type text collate "C"',
    "a generated column's expression": "alter table public.lines alter column length set expression as (1)",
    "a column's statistics target": "alter table public.lines alter column number set statistics 500",
    "a table's options": "alter table public.lines set (fillfactor = 80)",
    "a table becomes unlogged": "alter table public.lines set unlogged",
    "a table's owner": "alter table public.lines owner to fingerprint_reader",
    "a table's replica identity": "alter table public.lines replica identity full",
    "row-level security goes": "alter table public.lines disable row level security",
    "row-level security is forced": "alter table public.lines force row level security",
    "a constraint is added": "alter table public.lines add constraint number_is_short check (length < 20)",
    "a constraint goes": "alter table public.organizations drop constraint name_is_given",
    "a constraint is not validated": """alter table public.organizations drop constraint name_is_given,
                                        add constraint name_is_given check (name <> '') not valid""",
    "a foreign key's action": """alter table public.lines drop constraint lines_org_id_fkey,
                                 add foreign key (org_id) references public.organizations (id) on delete cascade""",
    "an index is added": "create index on public.lines (org_id)",
    "an index goes": "drop index public.lines_number_idx",
    "an index's condition": """drop index public.lines_number_idx;
                               create index lines_number_idx on public.lines (number)""",
    "an index is invalid": """update pg_catalog.pg_index set indisvalid = false
                              where indexrelid = 'public.lines_number_idx'::regclass""",
    "a policy's condition": "alter policy lines_select_members on public.lines using (number is not null)",
    "a policy's roles": "alter policy lines_select_members on public.lines to public",
    "a policy becomes restrictive": """drop policy lines_select_members on public.lines;
                                       create policy lines_select_members on public.lines as restrictive
                                       for select to fingerprint_reader using (number <> '')""",
    "a policy's comment": "comment on policy lines_select_members on public.lines is null",
    "a policy on the platform's table": "create policy more on public.organizations to fingerprint_reader using (true)",
    "a table's comment": "comment on table public.lines is 'Something else.'",
    "a column's comment": "comment on column public.lines.number is null",
    "a table's grant is added": "grant update on public.lines to fingerprint_reader",
    "a table's grant goes": "revoke select on public.lines from fingerprint_reader",
    "a grant can be passed on": "grant select on public.lines to fingerprint_reader with grant option",
    "a column's grant is added": "grant update (number) on public.lines to fingerprint_reader",
    "a column's grant goes": "revoke insert (number) on public.lines from fingerprint_reader",
    "a view's options": "alter view public.names reset (security_invoker)",
    "a view's query": "create or replace view public.names as select id, upper(name) as name from public.organizations",
    "an enum's labels": "alter type public.mood add value 'worse'",
    "a domain's constraint": "alter domain public.e164 drop constraint starts_with_plus",
    "a type's grant": "revoke usage on type public.mood from public",
    "a sequence's step": "alter sequence public.tickets increment 2",
    "a sequence's owner column": "alter sequence public.tickets owned by public.lines.number",
    "a function's body": """create or replace function private.answer() returns int
                            language sql stable parallel safe set search_path = '' as 'select 43'""",
    "a function's volatility": "alter function private.answer() immutable",
    "a function becomes definer": "alter function private.answer() security definer",
    "a function's search path": "alter function private.answer() reset search_path",
    "a function's parallel safety": "alter function private.answer() parallel unsafe",
    "a function's grant goes": "revoke execute on function private.answer() from fingerprint_reader",
    "a function is not public": "revoke execute on function private.answer() from public",
    "a trigger is disabled": "alter table public.lines disable trigger tg_lines__keep",
    "a trigger's event": """create or replace trigger tg_lines__keep before insert on public.lines
                            for each row execute function private.tg_lines__keep()""",
    "a rule is added": "create rule quiet as on delete to public.lines do instead nothing",
    "statistics are added": "create statistics public.lines_stats on org_id, number from public.lines",
    "a schema's grant": "grant usage on schema private to fingerprint_reader",
    "a schema is added": "create schema more",
    "an extension is elsewhere": "alter extension btree_gist set schema public",
    "an extension is added": "create extension pg_trgm with schema extensions",
    "a default privilege": "alter default privileges revoke execute on functions from public",
    "a default privilege in a schema": """alter default privileges in schema public
                                          grant select on tables to fingerprint_reader""",
    "a role's attribute": "alter role fingerprint_reader login",
    "a role's setting": "alter role fingerprint_reader set statement_timeout = '3s'",
    "a membership": "grant fingerprint_reader to postgres with inherit false",
    "a publication's tables": "alter publication changes add table public.lines",
    "an operator": "create operator public.=== (leftarg = text, rightarg = text, function = texteq)",
    "a cast": "create cast (public.mood as int) with function private.mood_number(public.mood)",
    "a row that comes with the schema": "update public.organizations set name = 'Nobody'",
}

EQUAL = {
    "columns in another order": """alter table public.organizations drop column name cascade;
        alter table public.organizations drop column created_at;
        alter table public.organizations
          add column created_at timestamptz not null default now(),
          add column name text constraint name_is_given check (name <> '');
        update public.organizations set name = 'Holding';
        alter table public.organizations alter column name set not null;
        create view public.names with (security_invoker = true) as select id, name from public.organizations""",
    "a default privilege granted by name": "grant execute on function private.answer() to public",
    "a password": "alter role fingerprint_reader password 'secret'",
    "rows that came an hour later": "update public.organizations set created_at = created_at + interval '1 hour'",
}


@pytest.fixture(scope="module")
def connection(cluster: ScratchCluster) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to a small schema that has an object of every kind."""
    with cluster.database() as database, psycopg.connect(database.url("supabase_admin")) as connection:
        connection.execute(SCHEMA)
        yield connection
        connection.rollback()


@pytest.fixture
def before(connection: psycopg.Connection[Any]) -> dict[str, str]:
    return fingerprint(connection)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_noticed(connection: psycopg.Connection[Any], before: dict[str, str], change: str) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(change)
        assert difference(before, fingerprint(connection)) != ""
    assert fingerprint(connection) == before


@pytest.mark.parametrize("change", EQUAL.values(), ids=EQUAL.keys())
def test_what_is_no_change_is_not_reported(
    connection: psycopg.Connection[Any], before: dict[str, str], change: str
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(change)
        assert difference(before, fingerprint(connection)) == ""


def test_the_difference_names_the_object_and_both_definitions(
    connection: psycopg.Connection[Any], before: dict[str, str]
) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("alter policy lines_select_members on public.lines using (number is not null)")
        connection.execute("drop sequence public.tickets")
        connection.execute("create sequence public.numbers")
        found = difference(before, fingerprint(connection))
    assert "policy lines_select_members on public.lines\n  -using: (number <> ''::text)\n" in found
    assert "\n  +using: (number IS NOT NULL)" in found
    assert "sequence public.tickets is missing" in found
    assert "sequence public.numbers is new" in found
