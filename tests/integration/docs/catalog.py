"""What the API is, as the database knows it: tables and views, functions, their columns, arguments, comments."""

import re
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

_RELATIONS: Final = """
select
  c.relname as name, obj_description(c.oid, 'pg_class') as comment,
  array_agg(a.attname::text order by a.attnum) filter (where a.is_read) as columns,
  array_agg(a.attname::text) filter (where a.is_inserted) as inserted,
  array_agg(a.attname::text) filter (where a.is_updated) as updated,
  has_table_privilege('authenticated', c.oid, 'delete') as is_deleted,
  has_table_privilege('api_reader', c.oid, 'select') as is_read_by_keys,
  (
    select array_agg(distinct scope[1])
    from pg_policy p
    cross join regexp_matches(pg_get_expr(p.polqual, p.polrelid), 'api_org_ids\\(''([a-z:]+)''', 'g') scope
    -- A view shows what the tables behind it show.
    where p.polrelid = c.oid or p.polrelid in (
      select d.refobjid
      from pg_rewrite r
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
      where r.ev_class = c.oid
    )
  ) as scopes,
  array(
    select p.proname::text
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.pronargs = 1 and p.proargtypes[0] = c.reltype
    order by p.proname
  ) as computed,
  (
    select array_agg(distinct error[1])
    from pg_trigger t
    join pg_proc p on p.oid = t.tgfoid
    cross join regexp_matches(p.prosrc, 'detail = ''([a-z_]+)''', 'g') error
    where t.tgrelid = c.oid
  ) as errors,
  jsonb_object_agg(a.attname, col_description(c.oid, a.attnum)) as column_comments
from pg_class c
join lateral (
  select
    t.attname, t.attnum,
    has_column_privilege('authenticated', c.oid, t.attnum, 'select') as is_read,
    has_column_privilege('authenticated', c.oid, t.attnum, 'insert') as is_inserted,
    has_column_privilege('authenticated', c.oid, t.attnum, 'update') as is_updated
  from pg_attribute t
  where t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped
) a on true
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
group by c.oid
order by c.relname
"""

_FUNCTIONS: Final = """
select
  p.proname as name, obj_description(p.oid, 'pg_proc') as comment, p.provolatile <> 'v' as is_read,
  format_type(p.prorettype, null) as result,
  array(
    select n || ' ' || format_type(t, null)
    from unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) as argument (n, t)
  ) as arguments,
  p.pronargdefaults as defaults,
  coalesce(p.proargnames[p.pronargs + 1:], '{}') as results,
  array(
    select r
    from unnest(array['anon', 'authenticated', 'api_reader']) r
    where has_function_privilege(r, p.oid, 'execute')
  ) as callers
from pg_proc p
where p.pronamespace = 'public'::regnamespace
  -- A function of a row is a column that is reckoned on request.
  and not exists (
    select from pg_class c
    where c.relnamespace = 'public'::regnamespace and p.pronargs = 1 and p.proargtypes[0] = c.reltype
  )
order by p.proname
"""


@dataclass(frozen=True)
class Relation:
    """A table or view, as signed-in users and API keys may use it."""

    name: str
    comment: str
    columns: list[str]
    inserted: set[str]
    updated: set[str]
    is_deleted: bool
    scopes: set[str] | None
    """Of API keys that read it; empty: any; None: no key does."""
    errors: set[str]
    """The codes that its triggers raise."""
    column_comments: dict[str, str]
    computed: set[str]
    """Columns that are reckoned where they are selected by name."""

    @property
    def is_written(self) -> bool:
        """Whether anything of it may be written."""
        return bool(self.inserted or self.updated or self.is_deleted)


@dataclass(frozen=True)
class Function:
    """A function of the API."""

    name: str
    comment: str
    is_read: bool
    arguments: list[str]
    """Each with its type; one that may be left out has a question mark."""
    results: list[str]
    """Columns, or a type."""
    callers: set[str]

    @property
    def errors(self) -> set[str]:
        """The codes that its comment announces."""
        announced = re.search(r"Errors: ([\w, ]+)\.", self.comment)
        return set(announced[1].split(", ")) if announced else set()


def relations(connection: psycopg.Connection[Any]) -> dict[str, Relation]:
    """Return the tables and views of the API."""
    return {
        row["name"]: Relation(
            row["name"],
            row["comment"],
            row["columns"] or [],
            set(row["inserted"] or ()),
            set(row["updated"] or ()),
            row["is_deleted"],
            set(row["scopes"] or ()) if row["is_read_by_keys"] else None,
            set(row["errors"] or ()),
            {column: comment for column, comment in row["column_comments"].items() if comment},
            set(row["computed"]),
        )
        for row in _rows(connection, _RELATIONS)
    }


def functions(connection: psycopg.Connection[Any]) -> dict[str, Function]:
    """Return the functions of the API."""
    return {row["name"]: _function(row) for row in _rows(connection, _FUNCTIONS)}


def _function(row: dict[str, Any]) -> Function:
    required = len(row["arguments"]) - row["defaults"]
    arguments = [_short(each) + ("?" if number >= required else "") for number, each in enumerate(row["arguments"])]
    results = row["results"] or [_short(row["result"])]
    return Function(row["name"], row["comment"], row["is_read"], arguments, results, set(row["callers"]))


def _short(declared: str) -> str:
    return declared.replace("timestamp with time zone", "timestamptz").removeprefix("public.")


def _rows(connection: psycopg.Connection[Any], query: LiteralString) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()
