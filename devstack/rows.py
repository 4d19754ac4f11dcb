"""Rows as they come from the API."""

from collections.abc import Iterable
from typing import Any

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
