"""Tries to get at the rows of one organization as people of another: on a running stack, with people to throw away.

An attempt that fails, as it should, leaves nothing behind. One that succeeds writes what is there already, or ends a
single thing, and is reported. Admins make an invitation and an API key to try with, and take both back at the end.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import httpx
from supabase_auth.errors import AuthError

from devstack import isolation_mixtures as mixtures
from devstack.checks import Check
from devstack.isolation_calls import ABOUT_NO_ORGANIZATION, COMPUTED, OPEN_TO_ALL, Attempt, attempts, unknown_attempt
from devstack.isolation_people import Belongings, Reader, belongings, sign_in
from devstack.isolation_tables import TOLD_TO_ALL, Tables, words
from devstack.layout import REPOSITORY
from devstack.target import Target

_MATRIX: Final = REPOSITORY / "supabase/tests/isolation/matrix.toml"
_UNDONE_BY: Final = {"deactivate_members": "reactivate_members", "disable_integration": "enable_integration"}
_PROBLEMS: Final = (AuthError, httpx.HTTPError, ValueError)


@dataclass(frozen=True)
class _Api:
    """What there is to try."""

    tables: Tables
    functions: Mapping[str, Sequence[str]]
    """The names of their arguments."""


def verify_isolation(target: Target) -> Iterator[Check]:
    """Try every table and function, as each person and as nobody, one check after the other."""
    with ExitStack() as opened:
        readers = []
        for person in target.people:
            try:
                readers.append(sign_in(target, person, opened))
            except _PROBLEMS as error:
                yield Check(f"{person.email} signs in", str(error))
        if not readers:
            return
        api = _api(readers[0].client)
        things = {}
        for reader in readers:
            try:
                if reader.organizations:
                    things[reader.name] = opened.enter_context(belongings(reader))
            except _PROBLEMS as error:
                yield Check(f"{reader.name} reads what is theirs", f"{error}")
        victims = _victims([reader for reader in readers if reader.name in things])
        for victim in victims:
            yield _check(f"{victim.name} reads their own organization", _own_rows(api, victim))
        pairs = [
            (one, other) for other in victims for one in readers if not one.organizations.keys() & other.organizations
        ]
        if not pairs:
            yield Check("two of the people are of different organizations", "none are")
        door_is_there = target.has_door()
        for attacker, victim in pairs:
            own, other = things.get(attacker.name), things[victim.name]
            yield from _attacks(api, attacker, victim, other)
            if other.recording_id:
                what = f"{attacker.name} hears nothing of {_names(victim)}"
                yield _check(what, mixtures.audio(target, attacker, other.recording_id))
            if other.contact_number:
                what = f"{attacker.name} is told no name of a contact of {_names(victim)}"
                yield _check(what, mixtures.contact_name(attacker, other, other.contact_number))
            if own:
                what = f"{attacker.name} brings nothing of {_names(victim)} into their own organization"
                yield _check(what, mixtures.own_organization(attacker, own, other))
            if own and own.api_key_secret and door_is_there:
                what = f"an API key of {attacker.name} gets at nothing of {_names(victim)}"
                yield _check(what, mixtures.api_key(target, api.tables, own, victim, other))
        if victims:
            anonymous = opened.enter_context(target.rest())
            yield from _anonymous_attempts(api, anonymous, victims[0], things[victims[0].name])


def _victims(readers: Sequence[Reader]) -> list[Reader]:
    """Return the first of each organization, who is named first because they read most of it."""
    victims: dict[str, Reader] = {}
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
        definitions = answer.json()["definitions"]
        columns = {
            path[1:]: list(definitions[path[1:]]["properties"])
            for path in paths
            if path != "/" and not path.startswith("/rpc/")
        }
        return _Api(Tables(columns, insert_columns), functions)
    functions = {name: entry["arguments"] for name, entry in matrix["functions"].items()}
    columns = {name: entry["columns"] for name, entry in matrix["tables"].items()}
    return _Api(Tables(columns, insert_columns), functions)


def _argument_names(operation: Mapping[str, Any]) -> list[str]:
    schemas = (parameter.get("schema", {}) for parameter in operation["parameters"])
    return [name for schema in schemas for name in schema.get("properties", {})]


def _own_rows(api: _Api, victim: Reader) -> Iterator[str]:
    tables = (table for table in api.tables.columns if table not in {"profiles", "profile_settings"})
    if not any(victim.rows_of_their_own(table) for table in tables):
        yield "they read nothing, so that nothing is proven"


def _attacks(api: _Api, attacker: Reader, victim: Reader, other: Belongings) -> Iterator[Check]:
    names = _names(victim)
    for table in (name for name in api.tables.columns if name not in TOLD_TO_ALL):
        try:
            rows = [row for row in victim.rows_of_their_own(table) if row.get("user_id") != attacker.user_id]
        except _PROBLEMS as error:
            yield Check(f"{victim.name} reads {table}", str(error))
            continue
        what = f"{attacker.name} gets at none of {len(rows)} {table} of {names}"
        yield _check(what, api.tables.attempts(attacker, victim, table, rows))
    known = attempts(other)
    for function, arguments in api.functions.items():
        if function in ABOUT_NO_ORGANIZATION | COMPUTED or known.get(function) == []:
            continue
        what = f"{attacker.name} does not {function} for {names}"
        tried = known.get(function, [unknown_attempt(arguments, other)])
        yield _check(what, _function_attempts(attacker, victim, function, tried))
    what = f"{attacker.name} is not shown where {victim.name} is signed in"
    yield _check(what, mixtures.sessions(attacker, victim))


def _function_attempts(attacker: Reader, victim: Reader, function: str, tried: Sequence[Attempt]) -> Iterator[str]:
    for attempt in tried:
        answer = attacker.call(function, **attempt.arguments)
        if not attempt.is_refused(answer):
            yield words(answer)
            if function in _UNDONE_BY:
                victim.call(_UNDONE_BY[function], **attempt.arguments)


def _anonymous_attempts(api: _Api, anonymous: httpx.Client, victim: Reader, other: Belongings) -> Iterator[Check]:
    listed = anonymous.get("/")
    listed_names = set(listed.json()["paths"]) - {"/"} if listed.is_success else set()
    open_names = {f"/rpc/{name}" for name in OPEN_TO_ALL}
    yield Check("nobody is shown what there is", ", ".join(sorted(listed_names - open_names)) or None)
    for table in api.tables.columns:
        yield _check(f"nobody gets at {table}", api.tables.anonymous_attempts(anonymous, victim, table))
    known = attempts(other)
    for function, arguments in api.functions.items():
        what = f"nobody guesses for {function}" if function in OPEN_TO_ALL else f"nobody executes {function}"
        tried = known.get(function) or [unknown_attempt(arguments, other)]
        yield _check(what, _anonymous_function_attempts(anonymous, function, tried))
    yield _check("a token that was altered is refused", _altered_token(anonymous, victim))
    yield _check("a grant that was made up is refused", _made_up_grant(anonymous))


def _anonymous_function_attempts(anonymous: httpx.Client, function: str, tried: Sequence[Attempt]) -> Iterator[str]:
    for attempt in tried:
        answer = anonymous.post(f"/rpc/{function}", json=attempt.arguments)
        refused = attempt.is_refused(answer) if function in OPEN_TO_ALL else answer.status_code == 401
        if not refused:
            yield words(answer)


def _altered_token(anonymous: httpx.Client, reader: Reader) -> Iterator[str]:
    head, _, signature = reader.token.rpartition(".")
    altered = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    answer = anonymous.get("/organizations", headers={"authorization": f"Bearer {altered}"})
    if answer.status_code != 401:
        yield words(answer)


def _made_up_grant(anonymous: httpx.Client) -> Iterator[str]:
    answer = anonymous.get("/organizations", headers={"x-api-grant": "A" * 43})
    if answer.status_code != 401:
        yield words(answer)


def _names(victim: Reader) -> str:
    return ", ".join(victim.organizations.values())


def _check(what: str, holes: Iterator[str]) -> Check:
    """Make the attempts, each of which tells of the hole it found."""
    try:
        return Check(what, "; ".join(holes) or None)
    except _PROBLEMS as error:
        return Check(what, f"could not be tried: {error}")
