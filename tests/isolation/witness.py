"""Sees every row of the database, past all policies, and puts back what a test changed."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from tests.isolation import matrix
from tools.scratch import Database

MATRIX = matrix.load()

Key = tuple[str, ...]
"""Primary key, as text; the whole row where there is none."""

_TABLES = """
select n.nspname, c.relname, array(
  select a.attname::text
  from pg_catalog.pg_attribute a
  left join pg_catalog.pg_index i on i.indrelid = a.attrelid and i.indisprimary
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and (i.indkey is null or a.attnum = any (i.indkey))
  order by a.attnum
)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (n.nspname in ('public', 'private') or c.oid = 'auth.users'::regclass)
  and c.relkind in ('r', 'p') and not c.relispartition
"""
_GENERATED = """
select n.nspname, c.relname, a.attname
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and (a.attidentity = 'a' or a.attgenerated <> '')
"""


@dataclass(frozen=True)
class Effect:
    """What a request did to one table, by primary keys."""

    inserted: frozenset[Key] = frozenset()
    updated: frozenset[Key] = frozenset()
    deleted: frozenset[Key] = frozenset()
    rows: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict, compare=False)
    """What those rows are, or were before they went."""


class Witness:
    """A superuser's connection to a world that is to stay as it is."""

    def __init__(self, database: Database) -> None:
        # Triggers and foreign keys sleep, so that rows go back exactly as they were.
        self._connection = database.connect(
            "supabase_admin", options="-c session_replication_role=replica -c search_path=public"
        )
        self._keys: dict[str, Sequence[str]] = {
            f"{schema}.{table}": key for schema, table, key in self._connection.execute(_TABLES)
        }
        self._generated: dict[str, set[str]] = defaultdict(set)
        for schema, name, column in self._connection.execute(_GENERATED):
            self._generated[f"{schema}.{name}"].add(column)
        self._digests_query = sql.SQL(" union all ").join(
            # Whoever writes a row leaves in it a transaction id greater than all before: as many rows with the same sum
            # of ids are the same rows.
            sql.SQL("select {name}, array[count(*), sum(t.xmin::text::bigint)] from {table} t").format(
                name=sql.Literal(name), table=sql.Identifier(*name.split("."))
            )
            for name in self._keys
        )
        self._rows = {table: self._read(table) for table in self._keys}
        self._digests = self._digest()
        self._last_writer = self._next_writer()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def rows(self, table: str, condition: str = "true", parameters: Mapping[str, Any] | None = None) -> dict[Key, Any]:
        """Return the rows of a table or view that meet an SQL condition, by their keys.

        Of a view, what the matrix makes its rows of: the view itself shows what is in private tables to nobody but its
        readers.
        """
        name = table.rpartition(".")[2]
        entry = MATRIX.tables.get(table)
        source = f"({entry.rows}) as {name}" if entry and entry.rows else f"{_qualified(table)} as {name}"
        # The matrix's words are SQL of our own.
        query = f"select to_jsonb({name}) from {source} where {condition}"  # noqa: S608
        return {self.key(table, row): row for (row,) in self._connection.execute(query, parameters or {})}

    def reckon(self, table: str, key: Key, value: str) -> Any:
        """Return what SQL makes of a row of a table, which it calls "it"."""
        columns = " and ".join(f"it.{column}::text = %s" for column in self.key_columns(table))
        # The matrix's words are SQL of our own.
        entry = MATRIX.tables.get(table)
        source = f"({entry.rows})" if entry and entry.rows else _qualified(table)
        query = f"select ({value}) from {source} it where {columns}"  # noqa: S608
        row = self._connection.execute(query, list(key)).fetchone()
        assert row is not None
        return row[0]

    def matching(
        self, table: str, candidates: Sequence[Any], condition: str, parameters: Mapping[str, Any]
    ) -> list[Any]:
        """Return those of the rows that are not in a table yet which would meet a condition."""
        name = table.rpartition(".")[2]
        query = f"""
            select c.value
            from jsonb_array_elements(%(candidates)s) with ordinality c (value, n)
            where exists (
              select from jsonb_populate_record(null::{_qualified(table)}, c.value) as {name} where {condition}
            )
            order by c.n
        """  # noqa: S608
        return [row for (row,) in self._connection.execute(query, {**parameters, "candidates": json.dumps(candidates)})]

    def key(self, table: str, row: Mapping[str, Any]) -> Key:
        """Return what tells a row of a table or view apart from the others."""
        return tuple(_text(row[column]) for column in self.key_columns(table))

    def key_columns(self, table: str) -> Sequence[str]:
        """Return the names of a table's primary key columns; for a view, of those that the matrix names."""
        entry = MATRIX.tables.get(table) or MATRIX.private.get(table)
        return entry.key if entry and entry.key else self._keys[_qualified(table)]

    def generated(self, table: str) -> set[str]:
        """Return the names of columns that nobody may write, because Postgres itself does."""
        return self._generated.get(_qualified(table), set())

    def comment(self, function: str) -> str:
        """Return what the comment on a public function says."""
        query = "select obj_description(oid, 'pg_proc') from pg_catalog.pg_proc where oid = %s::regproc"
        row = self._connection.execute(query, [f"public.{function}"]).fetchone()
        return row[0] or "" if row else ""

    def effects_undone(self) -> dict[str, Effect]:
        """Tell what changed anywhere since the world was made, and put it back.

        Returns:
            The effect on each table that changed, by its name with the schema. Times of writing do not count.
        """
        # Whoever writes has a transaction id; as long as none was given out, there is nothing to compare.
        if self._next_writer() == self._last_writer:
            return {}
        digests = self._digest()
        effects = {}
        for table in [table for table, digest in digests.items() if digest != self._digests[table]]:
            before, after = self._rows[table], self._read(table)
            changed = {
                key
                for key in before.keys() & after.keys()
                if before[key] != after[key] and _lasting(before[key]) != _lasting(after[key])
            }
            inserted, deleted = after.keys() - before.keys(), before.keys() - after.keys()
            effect = Effect(
                inserted=frozenset(inserted),
                updated=frozenset(changed),
                deleted=frozenset(deleted),
                rows={
                    **{key: json.loads(before[key]) for key in deleted},
                    **{key: json.loads(after[key]) for key in inserted | changed},
                },
            )
            if effect != Effect():
                effects[table] = effect
                self._restore(table, effect)
        if digests != self._digests:
            self._digests = self._digest()
        self._last_writer = self._next_writer()
        return effects

    def _read(self, table: str) -> dict[Key, str]:
        key = sql.SQL(", ").join(sql.SQL("r.json ->> {}").format(sql.Literal(column)) for column in self._keys[table])
        query = sql.SQL(
            "select array[{}], r.json::text from {} t cross join lateral (select to_jsonb(t) offset 0) r (json)"
        ).format(key, sql.Identifier(*table.split(".")))
        return {tuple(key): text for key, text in self._connection.execute(query)}

    def _columns(self, table: str) -> list[str]:
        """Return the names of the columns that can be put back."""
        query = """
            select attname from pg_catalog.pg_attribute
            where attrelid = %s::regclass and attnum > 0 and not attisdropped and attgenerated = ''
        """
        return [name for (name,) in self._connection.execute(query, [table])]

    def _next_writer(self) -> int:
        row = self._connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        assert row is not None
        number: int = row[0]
        return number

    def _digest(self) -> dict[str, Any]:
        return dict(self._connection.execute(self._digests_query).fetchall())

    def _restore(self, table: str, effect: Effect) -> None:
        name = sql.Identifier(*table.split("."))
        key = sql.SQL("array[{}]").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in self._keys[table])
        )
        remove = sql.SQL("delete from {} where {} = %s").format(name, key)
        put = sql.SQL(
            "insert into {0} ({1}) overriding system value select {1} from jsonb_populate_record(null::{0}, %s::jsonb)"
        ).format(name, sql.SQL(", ").join(map(sql.Identifier, self._columns(table))))
        with self._connection.transaction():
            for row in effect.inserted | effect.updated:
                self._connection.execute(remove, [list(row)])
            for row in effect.updated | effect.deleted:
                self._connection.execute(put, [self._rows[table][row]])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _qualified(table: str) -> str:
    return table if "." in table else f"public.{table}"


def _lasting(text: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(text)
    row.pop("updated_at", None)
    return row
