"""The two ways to the rows: HTTP by way of PostgREST, and SQL as PostgREST itself would speak it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import httpx
import psycopg
from postgrest.exceptions import APIError
from postgrest.types import CountMethod
from psycopg import sql

from tests.isolation.callers import Callers
from tests.isolation.matrix import Caller, Table
from tests.isolation.results import Results
from tests.isolation.world import World
from tools.scratch import Database

NO_PRIVILEGE: Final = "42501"
REJECTED: Final = "PGRST301"
COMPUTED_COLUMN: Final = "0A000"


@dataclass(frozen=True)
class Answer:
    """What came of an attempt, whichever way it was made."""

    code: str | None = None
    """Why not: an SQLSTATE, or PostgREST's own code; None: it was done."""
    details: str | None = None
    """With an error of ours, its lasting code."""
    value: Any = None
    """Rows that were read, or what a function returned."""
    count: int | None = None
    """How many rows there are to read."""

    @property
    def error(self) -> tuple[str | None, str | None]:
        """What an error of ours is told by."""
        return self.code, self.details


def refusal(caller: Caller) -> Answer:
    """Return the answer to what a caller has no privilege for."""
    return Answer(NO_PRIVILEGE if caller.database_role else REJECTED)


def is_refused(answer: Answer, caller: Caller, table: Table) -> bool:
    """Tell whether this is how a write is answered for which a caller has no privilege."""
    # Whether a column of a view can be written at all comes before whose right it would be.
    return answer == refusal(caller) or (table.is_view and answer.code == COMPUTED_COLUMN)


class Door(Protocol):
    """A way to try what a caller may do."""

    name: str

    def read(self, caller: Caller, table: Table) -> Answer:
        """Read every row, and count them."""

    def insert(self, caller: Caller, table: Table, row: Mapping[str, Any]) -> Answer:
        """Add a row."""

    def update(self, caller: Caller, table: Table, values: Mapping[str, Any]) -> Answer:
        """Change every row that can be reached."""

    def delete(self, caller: Caller, table: Table) -> Answer:
        """Remove every row that can be reached."""

    def call(self, caller: Caller, function: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a function."""


class HttpDoor:
    """PostgREST. Its status must say what the error's code says."""

    name = "http"

    def __init__(self, world: World, callers: Callers) -> None:
        self._world = world
        self._callers = callers

    def read(self, caller: Caller, table: Table) -> Answer:
        query = self._callers.postgrest(caller).from_(table.name).select("*", count=CountMethod.exact)
        try:
            answer = query.execute()
        except APIError as error:
            return Answer(error.code, error.details)
        return Answer(value=answer.data, count=answer.count)

    def insert(self, caller: Caller, table: Table, row: Mapping[str, Any]) -> Answer:
        return self._answer(caller, self._callers.client(caller).post(f"/{table.name}", json=row), 201)

    def update(self, caller: Caller, table: Table, values: Mapping[str, Any]) -> Answer:
        return self._answer(caller, self._callers.client(caller).patch(f"/{table.name}", json=values), 204)

    def delete(self, caller: Caller, table: Table) -> Answer:
        return self._answer(caller, self._callers.client(caller).delete(f"/{table.name}"), 204)

    def call(self, caller: Caller, function: str, arguments: Mapping[str, Any]) -> Answer:
        return self._answer(caller, self._callers.client(caller).post(f"/rpc/{function}", json=arguments), 200)

    def _answer(self, caller: Caller, response: httpx.Response, status: int) -> Answer:
        if response.is_success:
            # What returns nothing is answered with 204.
            assert response.status_code == (status if response.content else status if status != 200 else 204)
            return Answer(value=response.json() if response.content else None)
        error = response.json()
        code = error["code"]
        if code.startswith("PT"):
            assert response.status_code == int(code[2:]), response.text
        elif code == NO_PRIVILEGE:
            # To PostgREST whoever sends no token is anonymous, also with a grant.
            assert response.status_code == (403 if self._world.claims(caller) else 401), response.text
        elif code == REJECTED:
            assert response.status_code == 401, response.text
        else:
            assert 400 <= response.status_code < 500, response.text
        return Answer(code, error["details"])


class SqlDoor:
    """Postgres, as whom PostgREST would become for the caller, with what it sets before each request."""

    name = "sql"

    def __init__(self, world: World, database: Database, results: Results) -> None:
        self._world = world
        self._results = results
        self._connection = database.connect("authenticator", options="-c search_path=public,extensions")
        row = self._connection.execute(
            "select split_part(s, '=', 2) from pg_catalog.pg_db_role_setting, unnest(setconfig) s"
            " where setrole = 'authenticator'::regrole and s like 'pgrst.db_pre_request=%'"
        ).fetchone()
        self._pre_request = sql.SQL("select {}()").format(sql.Identifier(*row[0].split("."))) if row else None
        self._signatures = {
            name: (dict(zip(names or (), types, strict=True)), result, is_set)
            for name, names, types, result, is_set in self._connection.execute(
                "select proname, proargnames[:pronargs], array(select format_type(t, null) from unnest(proargtypes) t),"
                " format_type(prorettype, null), proretset from pg_catalog.pg_proc"
                " where pronamespace = 'public'::regnamespace"
            )
        }

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def read(self, caller: Caller, table: Table) -> Answer:
        # Of a private table some columns are granted, of a public one all or none.
        columns = sql.SQL(", ").join(map(sql.Identifier, sorted(table.columns))) if table.is_private else sql.SQL("*")
        answer = self._try(
            caller, sql.SQL("select to_jsonb(t) from (select {} from {}) t").format(columns, _name(table.name))
        )
        counted = self._try(caller, sql.SQL("select to_jsonb(count(*)) from {}").format(_name(table.name)))
        return Answer(answer.code, answer.details, answer.value, counted.value and counted.value[0])

    def insert(self, caller: Caller, table: Table, row: Mapping[str, Any]) -> Answer:
        columns = sql.SQL(", ").join(map(sql.Identifier, row))
        query = sql.SQL("insert into {0} ({1}) select {1} from jsonb_populate_record(null::{0}, %s)")
        return self._try(caller, query.format(_name(table.name), columns), [json.dumps(row)])

    def update(self, caller: Caller, table: Table, values: Mapping[str, Any]) -> Answer:
        columns = sql.SQL(", ").join(sql.SQL("{0} = new.{0}").format(sql.Identifier(column)) for column in values)
        query = sql.SQL("update {0} set {1} from jsonb_populate_record(null::{0}, %s) as new")
        return self._try(caller, query.format(_name(table.name), columns), [json.dumps(values)])

    def delete(self, caller: Caller, table: Table) -> Answer:
        return self._try(caller, sql.SQL("delete from {}").format(_name(table.name)))

    def call(self, caller: Caller, function: str, arguments: Mapping[str, Any]) -> Answer:
        parameters, result, is_set = self._signatures[function]
        given = [name for name in parameters if name in arguments]
        assert len(given) == len(arguments), f"{function} has no {', '.join(arguments.keys() - parameters.keys())}"
        call = sql.SQL("{}({}) as the_answer").format(
            _name(function),
            sql.SQL(", ").join(sql.SQL("{0} => arguments.{0}").format(sql.Identifier(name)) for name in given),
        )
        if given:
            columns = (sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(parameters[name])) for name in given)
            record = sql.SQL("json_to_record({}) as arguments ({})")
            source = record.format(sql.Literal(json.dumps(arguments)), sql.SQL(", ").join(columns))
            call = sql.SQL("{} cross join lateral {}").format(source, call)
        value = sql.SQL("null" if result == "void" else "to_jsonb(the_answer)")
        answer = self._try(caller, sql.SQL("select {} from {}").format(value, call))
        return answer if is_set or answer.value is None else replace(answer, value=answer.value[0])

    def _try(self, caller: Caller, query: sql.Composed, parameters: list[str] | None = None) -> Answer:
        self._results.statements += 1
        try:
            with self._connection.transaction():
                self._become(caller)
                cursor = self._connection.execute(query, parameters)
                rows = [value for (value,) in cursor.fetchall()] if cursor.description else None
        except psycopg.Error as error:
            if error.sqlstate is None:
                raise
            return Answer(error.sqlstate, error.diag.message_detail)
        return Answer(value=rows)

    def _become(self, caller: Caller) -> None:
        role = "anon" if caller.is_key else caller.database_role
        claims, headers = json.dumps(self._world.claims(caller)), json.dumps(self._world.headers(caller))
        self._connection.execute(
            "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),"
            " set_config('request.headers', %s, true)",
            [role, claims, headers],
        )
        if self._pre_request:
            self._connection.execute(self._pre_request)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split(".")) if "." in name else sql.Identifier("public", name)
