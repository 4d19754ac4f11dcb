"""Rows as they come from the API."""

from collections.abc import Iterable
from typing import Any

from postgrest.types import CountMethod

from devstack.errors import DevstackError
from supabase import Client

Row = dict[str, Any]


def rows(client: Client, table: str, columns: str) -> list[Row]:
    """Read all rows of a small table that the client may see."""
    return checked_rows(client.table(table).select(columns).execute().data)


def checked_rows(data: object) -> list[Row]:
    """Return an answer's data as rows.

    Raises:
        DevstackError: it is something else.
    """
    if not isinstance(data, Iterable) or not all(isinstance(row, dict) for row in data):
        raise DevstackError("The API did not answer with rows.")
    return [dict(row) for row in data]


def is_current(line: Row) -> bool:
    """Tell whether a line's period has no end."""
    period: str = line["period"]
    return period.endswith(",)")


def count(client: Client, table: str, **values: str) -> int:
    """Count the rows that the client may see, of those where columns have these values."""
    query = client.table(table).select("*", count=CountMethod.exact, head=True)
    for column, value in values.items():
        query = query.eq(column, value)
    return query.execute().count or 0


def own_organization(client: Client, name: str) -> Row:
    """Return an organization by its name.

    Raises:
        DevstackError: the client does not see it.
    """
    found = [row for row in rows(client, "organizations", "id, name, time_zone") if row["name"] == name]
    if not found:
        raise DevstackError(f"{name} is not to be seen.")
    return found[0]


def newest_audit_entry(client: Client) -> int:
    """Return the id of the last entry in the trails that the client may see, 0 without any."""
    answer = client.table("audit_entries").select("id").order("id", desc=True).limit(1).execute()
    return next((row["id"] for row in checked_rows(answer.data)), 0)
