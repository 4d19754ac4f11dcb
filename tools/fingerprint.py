"""Fingerprint of a database: what its schema is, however it came to be so.

`python -m tools.fingerprint URL` prints one; with a second URL, what differs between the two.
"""

import difflib
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

CATALOG = Path(__file__).with_suffix(".sql")

# Rows that come with the schema count too, without what differs from one building to the next: the audit trail tells
# how a database came to be.
TABLES = """
select n.nspname, c.relname, array(
  select a.attname::text
  from pg_catalog.pg_attribute a
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
    and coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') !~ '(now|timestamp|uuid|nextval)\\('
  order by a.attname
)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname not in ('audit_entries', 'unsealed_audit_entries')
"""


def fingerprint(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Describe every object of the database that a migration can change.

    Args:
        connection: to the database, as a role that may read its catalogs; the rows that came with the schema
            are read too, so as a role that row-level security does not stop.

    Returns:
        The description of each object, one "facet: value" a line, by the object's name, such as
        "policy calls_select_members on public.calls".
    """
    facets: defaultdict[str, list[str]] = defaultdict(list)
    with connection.transaction(), connection.cursor() as cursor:
        # Names are printed in full wherever the search path cannot shorten them.
        cursor.execute("set local search_path = ''")
        for name, facet, value in cursor.execute(CATALOG.read_text()).fetchall():
            facets[name].append(f"{facet}: {value}")
        for schema, table, columns in cursor.execute(TABLES).fetchall():
            query = sql.SQL("select to_jsonb(kept)::text from (select {} from {} limit 1000) kept order by 1").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, table)
            )
            facets[f"table {schema}.{table}"].extend(f"row: {row}" for (row,) in cursor.execute(query).fetchall())
    return {name: "\n".join(lines) for name, lines in sorted(facets.items())}


def difference(expected: dict[str, str], actual: dict[str, str]) -> str:
    """Say what differs between two fingerprints, object by object; nothing at all when they are equal."""
    lines: list[str] = []
    for name in sorted(expected.keys() | actual.keys()):
        before, after = expected.get(name), actual.get(name)
        if before == after:
            continue
        lines.append(f"{name}{' is missing' if after is None else ' is new' if before is None else ''}")
        changes = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), lineterm="", n=0)
        lines.extend(f"  {change}" for change in changes if not change.startswith(("---", "+++", "@@")))
    return "\n".join(lines)


def main(urls: list[str]) -> int:
    """Print the fingerprint of one database, or the difference between two; 1 if there is one."""
    fingerprints = []
    for url in urls:
        with psycopg.connect(url) as connection:
            fingerprints.append(fingerprint(connection))
    if len(fingerprints) == 1:
        for name, description in fingerprints[0].items():
            sys.stdout.write(f"{name}\n" + "".join(f"  {line}\n" for line in description.splitlines()))
        return 0
    found = difference(*fingerprints)
    sys.stdout.write(f"{found or 'No difference.'}\n")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m tools.fingerprint URL [OTHER_URL]")
    sys.exit(main(sys.argv[1:]))
