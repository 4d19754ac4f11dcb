"""Reads and writes of somebody else's rows."""

import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

import httpx

from devstack.isolation_people import Reader, Row, read

TOLD_TO_ALL: Final = frozenset({"kpi_definitions"})
"""What figures mean is the same for everybody."""
_SHOW_WRITTEN: Final = {"prefer": "return=representation"}
# A column that the database itself fills or computes is refused before anybody's rights are asked for; others are not.
_NOT_FOR_ANYBODY: Final = frozenset({"428C9", "0A000"})


@dataclass(frozen=True)
class Tables:
    """What there is to read and write."""

    columns: Mapping[str, Sequence[str]]
    """Of each table and view."""
    insert_columns: Mapping[str, Sequence[str]]
    """Those that some role may write, where there are any."""

    @property
    def owned(self) -> Set[str]:
        """Those whose rows have an organization."""
        return {name for name, columns in self.columns.items() if "org_id" in columns}

    def attempts(self, attacker: Reader, victim: Reader, table: str, rows: Sequence[Row]) -> Iterator[str]:
        """Try to read the victim's organizations' rows and to write one of them; yields each hole."""
        client = attacker.client
        filters = []
        if table in self.owned:
            filters.append({"org_id": f"in.({','.join(victim.organizations)})"})
            filters.append({"org_id": f"not.in.({','.join(attacker.organizations)})"})
        if rows:
            column = next(iter(_key_filter(rows[0])))
            some = ",".join(str(row[column]) for row in rows)
            filters.append({column: f"in.({some})"})
            filters.append({"or": f"({column}.in.({some}),and({column}.in.({some}),{column}.not.is.null))"})
        for filter_ in filters:
            answer = client.get(f"/{table}", params={**filter_, "limit": "1"}, headers={"prefer": "count=exact"})
            if answer.is_server_error or (answer.is_success and answer.headers["content-range"] != "*/0"):
                yield f"read: {words(answer)}"
        if rows:
            yield from self._writes(client, table, rows[0])

    def anonymous_attempts(self, anonymous: httpx.Client, victim: Reader, table: str) -> Iterator[str]:
        """Try to read and write as nobody."""
        rows = read(victim.client, table)
        row = rows[0] if rows else {self.columns[table][0]: None}
        name = next(iter(row))
        for answer in (
            anonymous.get(f"/{table}"),
            anonymous.post(f"/{table}", json={name: row[name]}),
            anonymous.patch(f"/{table}", params=_key_filter(row), json={name: row[name]}),
            anonymous.delete(f"/{table}", params=_key_filter(row)),
        ):
            if answer.status_code != 401 and not _is_not_for_anybody(answer):
                yield f"{answer.request.method}: {words(answer)}"

    def _writes(self, client: httpx.Client, table: str, row: Row) -> Iterator[str]:
        for name in row:
            answer = client.patch(f"/{table}", params=_key_filter(row), json={name: row[name]}, headers=_SHOW_WRITTEN)
            if not _came_to_nothing(answer):
                yield f"updated {name}: {words(answer)}"

        copy = {**row, **({"id": str(uuid.uuid4())} if isinstance(row.get("id"), str) else {})}
        for columns in (list(row), self.insert_columns.get(table, ())):
            if columns:
                yield from _inserts(client, table, {name: copy[name] for name in columns})

        answer = client.delete(f"/{table}", params=_key_filter(row), headers=_SHOW_WRITTEN)
        if not _came_to_nothing(answer):
            yield f"deleted: {words(answer)}"


def words(answer: httpx.Response) -> str:
    """Say what was answered."""
    return f"HTTP {answer.status_code} {answer.text[:200]}"


def _inserts(client: httpx.Client, table: str, row: Row) -> Iterator[str]:
    answer = client.post(f"/{table}", json=row)
    if _is_not_for_anybody(answer) and len(row) > 1:
        for name, value in row.items():
            yield from _inserts(client, table, {name: value})
    elif answer.status_code not in {401, 403} and not _is_not_for_anybody(answer) and not _is_not_found(answer):
        yield f"inserted: {words(answer)}"


def _key_filter(row: Row) -> dict[str, str]:
    """Return the filter that finds a row: by its id, or by all ids it consists of."""
    ids = ["id"] if "id" in row else [name for name in row if name.endswith("_id") and row[name] is not None]
    return {name: f"eq.{row[name]}" for name in ids if row[name] is not None} or {next(iter(row)): "is.null"}


def _came_to_nothing(answer: httpx.Response) -> bool:
    """Tell whether a write was refused or reached no row."""
    refused = answer.status_code in {401, 403} or _is_not_for_anybody(answer)
    return refused or (answer.is_success and answer.json() == [])


def _is_not_found(answer: httpx.Response) -> bool:
    """Tell whether what the row names is not there for who writes it, which some tables say first."""
    return answer.status_code == 404 and str(answer.json().get("details")).endswith("_not_found")


def _is_not_for_anybody(answer: httpx.Response) -> bool:
    return answer.status_code == 400 and answer.json().get("code") in _NOT_FOR_ANYBODY
