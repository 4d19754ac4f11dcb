"""Tries to get at the rows of one organization as people of another: on a running stack, with people to throw away.

An attempt that fails, as it should, leaves nothing behind. One that succeeds writes what is there already or deletes a
single row, and is reported.
"""

import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from supabase_auth.errors import AuthError

from devstack.checks import Check
from devstack.layout import REPOSITORY
from devstack.target import Person, Target

Row = Mapping[str, Any]

_MATRIX: Final = REPOSITORY / "supabase/tests/isolation/matrix.toml"
_ROWS_TRIED: Final = 50
_SHOW_WRITTEN: Final = {"prefer": "return=representation"}
_PROBLEMS: Final = (AuthError, httpx.HTTPError, ValueError)


@dataclass(frozen=True)
class _Api:
    """What there is to try."""

    tables: Sequence[str]
    functions: Mapping[str, Sequence[str]]
    """The names of their arguments."""
    insert_columns: Mapping[str, Sequence[str]]
    """Those that some role may write, where there are any."""
    owned_tables: Set[str]
    """Those with an org_id."""


@dataclass(frozen=True)
class _Reader:
    """Somebody who is signed in."""

    name: str
    user_id: str
    token: str = field(repr=False)
    client: httpx.Client
    organizations: Mapping[str, str]
    """The names of those they see, by id."""

    def rows_of_their_own(self, table: str) -> list[Row]:
        """Read the rows that belong to their organizations, or to people there."""
        rows = _read(self.client, table)
        if table == "organizations":
            return rows
        return [row for row in rows if row.get("org_id") in self.organizations or "org_id" not in row]


def verify_isolation(target: Target) -> Iterator[Check]:
    """Try every table and function, as each person and as nobody, one check after the other."""
    with ExitStack() as opened:
        readers = []
        for person in target.people:
            try:
                readers.append(_signed_in(target, person, opened))
            except _PROBLEMS as error:
                yield Check(f"{person.email} signs in", str(error))
        if not readers:
            return
        api = _api(readers[0].client)
        victims = _victims(readers)
        for victim in victims:
            yield _check(f"{victim.name} reads their own organization", _own_rows(api, victim))
        pairs = [
            (one, other) for other in victims for one in readers if not one.organizations.keys() & other.organizations
        ]
        if not pairs:
            yield Check("two of the people are of different organizations", "none are")
        for attacker, victim in pairs:
            yield from _attacks(api, attacker, victim)
        anonymous = opened.enter_context(target.rest())
        yield from _anonymous_attempts(api, anonymous, readers[0])


def _signed_in(target: Target, person: Person, opened: ExitStack) -> _Reader:
    session = target.sign_in(person)
    client = opened.enter_context(target.rest(session.token))
    organizations = {row["id"]: row["name"] for row in _read(client, "organizations")}
    return _Reader(person.email, session.user_id, session.token, client, organizations)


def _victims(readers: Sequence[_Reader]) -> list[_Reader]:
    """Return the first of each organization, who is named first because they read most of it."""
    victims: dict[str, _Reader] = {}
    for reader in readers:
        for organization in reader.organizations:
            victims.setdefault(organization, reader)
    return list({reader.name: reader for reader in victims.values()}.values())


def _api(client: httpx.Client) -> _Api:
    """Return what the API lists to somebody signed in; hosted projects may list nothing, then what the matrix knows."""
    matrix = tomllib.loads(_MATRIX.read_text())
    insert_columns = {name: entry["insert_columns"] for name, entry in matrix["tables"].items() if entry["insert"]}
    answer = client.get("/")
    if answer.is_success:
        paths = answer.json()["paths"]
        functions = {
            path.removeprefix("/rpc/"): _argument_names(entry["post"])
            for path, entry in paths.items()
            if path.startswith("/rpc/")
        }
        tables = [path[1:] for path in paths if path != "/" and not path.startswith("/rpc/")]
        definitions = answer.json()["definitions"]
        owned = {name for name in tables if "org_id" in definitions[name]["properties"]}
        return _Api(tables, functions, insert_columns, owned)
    functions = {name: entry["arguments"] for name, entry in matrix["functions"].items()}
    owned = matrix["tables"].keys() - {"organizations", "profiles"}
    return _Api(list(matrix["tables"]), functions, insert_columns, owned)


def _argument_names(operation: Mapping[str, Any]) -> list[str]:
    schemas = (parameter.get("schema", {}) for parameter in operation["parameters"])
    return [name for schema in schemas for name in schema.get("properties", {})]


def _own_rows(api: _Api, victim: _Reader) -> Iterator[str]:
    if not any(victim.rows_of_their_own(table) for table in api.tables if table != "profiles"):
        yield "they read nothing, so that nothing is proven"


def _attacks(api: _Api, attacker: _Reader, victim: _Reader) -> Iterator[Check]:
    names = ", ".join(victim.organizations.values())
    for table in api.tables:
        try:
            rows = [row for row in victim.rows_of_their_own(table) if row.get("user_id") != attacker.user_id]
        except _PROBLEMS as error:
            yield Check(f"{victim.name} reads {table}", str(error))
            continue
        what = f"{attacker.name} gets at none of {len(rows)} {table} of {names}"
        yield _check(what, _table_attempts(api, attacker, victim, table, rows))
    for function, arguments in api.functions.items():
        what = f"{attacker.name} does not {function} for {names}"
        yield _check(what, _function_attempt(attacker.client, victim, function, arguments, {401, 403}))


def _table_attempts(api: _Api, attacker: _Reader, victim: _Reader, table: str, rows: Sequence[Row]) -> Iterator[str]:
    client = attacker.client
    filters = []
    if table in api.owned_tables:
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
            yield f"read: {_words(answer)}"
    if rows:
        yield from _writes(api, client, table, rows[0])


def _writes(api: _Api, client: httpx.Client, table: str, row: Row) -> Iterator[str]:
    for name in row:
        answer = client.patch(f"/{table}", params=_key_filter(row), json={name: row[name]}, headers=_SHOW_WRITTEN)
        if not _came_to_nothing(answer):
            yield f"updated {name}: {_words(answer)}"

    copy = {**row, **({"id": str(uuid.uuid4())} if "id" in row else {})}
    for columns in (list(row), api.insert_columns.get(table, ())):
        if columns:
            answer = client.post(f"/{table}", json={name: copy[name] for name in columns})
            if answer.status_code not in {401, 403}:
                yield f"inserted: {_words(answer)}"

    answer = client.delete(f"/{table}", params=_key_filter(row), headers=_SHOW_WRITTEN)
    if not _came_to_nothing(answer):
        yield f"deleted: {_words(answer)}"


def _function_attempt(
    client: httpx.Client, victim: _Reader, function: str, names: Sequence[str], refusals: set[int]
) -> Iterator[str]:
    """Call a function about an organization, with arguments that come to nothing should it let the caller in."""
    now = datetime.now(UTC)
    lines = _read(victim.client, "lines")
    known = {
        "p_org_id": next(iter(victim.organizations)),
        "p_phone_number_id": lines[0]["phone_number_id"] if lines else str(uuid.uuid4()),
        "p_from": (now - timedelta(days=7)).isoformat(),
        "p_to": now.isoformat(),
        "p_grain": "day",
    }
    answer = client.post(f"/rpc/{function}", json={name: known.get(name) for name in names})
    not_there = answer.status_code == 404 and answer.json().get("details") == "organization_not_found"
    if answer.status_code not in refusals and not not_there:
        yield _words(answer)


def _anonymous_attempts(api: _Api, anonymous: httpx.Client, victim: _Reader) -> Iterator[Check]:
    listed = anonymous.get("/")
    names = sorted(listed.json()["paths"].keys() - {"/"}) if listed.is_success else []
    yield Check("nobody is shown what there is", ", ".join(names) or None)
    for table in api.tables:
        yield _check(f"nobody gets at {table}", _anonymous_table_attempts(anonymous, victim, table))
    for function, arguments in api.functions.items():
        what = f"nobody executes {function}"
        yield _check(what, _function_attempt(anonymous, victim, function, arguments, {401}))
    yield _check("a token that was altered is refused", _altered_token(anonymous, victim))


def _anonymous_table_attempts(anonymous: httpx.Client, victim: _Reader, table: str) -> Iterator[str]:
    rows = _read(victim.client, table)
    row = rows[0] if rows else {"id": str(uuid.uuid4())}
    name = next(iter(row))
    for answer in (
        anonymous.get(f"/{table}"),
        anonymous.post(f"/{table}", json=row),
        anonymous.patch(f"/{table}", params=_key_filter(row), json={name: row[name]}),
        anonymous.delete(f"/{table}", params=_key_filter(row)),
    ):
        if answer.status_code != 401:
            yield f"{answer.request.method}: {_words(answer)}"


def _altered_token(anonymous: httpx.Client, reader: _Reader) -> Iterator[str]:
    head, _, signature = reader.token.rpartition(".")
    altered = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    answer = anonymous.get("/organizations", headers={"authorization": f"Bearer {altered}"})
    if answer.status_code != 401:
        yield _words(answer)


def _check(what: str, holes: Iterator[str]) -> Check:
    """Make the attempts, each of which tells of the hole it found."""
    try:
        return Check(what, "; ".join(holes) or None)
    except _PROBLEMS as error:
        return Check(what, f"could not be tried: {error}")


def _read(client: httpx.Client, table: str) -> list[Row]:
    answer = client.get(f"/{table}", params={"limit": _ROWS_TRIED})
    answer.raise_for_status()
    rows: list[Row] = answer.json()
    return rows


def _key_filter(row: Row) -> dict[str, str]:
    """Return the filter that finds a row: by its id, or by all ids it consists of."""
    names = ["id"] if "id" in row else [name for name in row if name.endswith("_id")]
    return {name: f"eq.{row[name]}" for name in names}


def _came_to_nothing(answer: httpx.Response) -> bool:
    """Tell whether a write was refused or reached no row."""
    return answer.status_code in {401, 403} or (answer.is_success and answer.json() == [])


def _words(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code} {answer.text[:200]}"
