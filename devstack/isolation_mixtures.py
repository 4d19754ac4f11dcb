"""Somebody else's things brought into one's own organization, and one's own API key used on somebody else's."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from devstack.answers import code_of
from devstack.isolation_people import Belongings, Reader
from devstack.isolation_tables import Tables, words
from devstack.target import Target

_SHOW_WRITTEN: Final = {"prefer": "return=representation"}


def own_organization(attacker: Reader, own: Belongings, other: Belongings) -> Iterator[str]:
    """Try to bring somebody else's things into one's own organization, as whatever one is there; yields each hole."""
    user = {"user_id": f"eq.{attacker.user_id}"}
    default = {"default_org_id": other.org_id}
    answer = attacker.client.patch("/profile_settings", params=user, json=default, headers=_SHOW_WRITTEN)
    if answer.is_success and answer.json():
        yield f"made it their default: {words(answer)}"
    if other.line_id:
        yield from _lines(attacker, own, other, other.line_id)
    if other.integration_id and own.own_member_id:
        answer = attacker.call(
            "set_member_extension",
            p_member_id=own.own_member_id,
            p_integration_id=other.integration_id,
            p_extension="",
        )
        if code_of(answer) not in {"integration_not_found", "member_not_found"}:
            yield f"took an extension of its account: {words(answer)}"
    if other.member_id:
        yield from _figures(attacker, {"p_member_ids": [other.member_id]})
    if other.contact_id:
        answer = attacker.call("save_contact", p_org_id=own.org_id, p_contact_id=other.contact_id)
        if code_of(answer) not in {"contact_not_found", "role_not_sufficient"}:
            yield f"changed its contact: {words(answer)}"
    if other.call_id:
        for org_id in (own.org_id, other.org_id):
            note = {"org_id": org_id, "call_id": other.call_id, "body": "Isolation check"}
            answer = attacker.client.post("/call_notes", json=note)
            if answer.status_code not in {401, 403}:
                yield f"wrote about its call: {words(answer)}"
    if own.conversation_id and other.member_id:
        conversation = {"id": f"eq.{own.conversation_id}"}
        answer = attacker.client.patch("/conversations", params=conversation, json={"owner_id": other.member_id})
        if code_of(answer) != "member_not_found":
            yield f"gave a conversation to its member: {words(answer)}"


def audio(target: Target, attacker: Reader, recording_id: str) -> Iterator[str]:
    """Ask Storage for somebody else's recording, as oneself and as nobody; yields each hole."""
    for token in (attacker.token, None):
        with target.storage(token) as storage:
            for path in ("object/authenticated", "object", "object/public"):
                answer = storage.get(f"/{path}/recordings/{recording_id}")
                if answer.status_code not in {400, 401, 403, 404}:
                    # What came is audio: nothing to be printed.
                    yield f"{path}: HTTP {answer.status_code}, {len(answer.content)} bytes"
            listed = storage.post("/object/list/recordings", json={"prefix": recording_id})
            if listed.is_success and listed.json() != []:
                yield f"listed: {words(listed)}"


def contact_name(attacker: Reader, other: Belongings, number: str) -> Iterator[str]:
    """Ask who has a number, with a call of theirs that one made up; yields the hole."""
    answer = attacker.call("contact_name", p_call={"org_id": other.org_id, "external_number": number})
    if not answer.is_success or answer.json() is not None:
        yield words(answer)


def sessions(attacker: Reader, victim: Reader) -> Iterator[str]:
    """See whether anybody is shown where somebody else is signed in."""
    one, another = ({row["id"] for row in _json(reader.call("my_sessions"))} for reader in (attacker, victim))
    if one & another:
        yield "they read the same sessions"


def api_key(target: Target, tables: Tables, own: Belongings, victim: Reader, other: Belongings) -> Iterator[str]:
    """Ask with an API key of one's own organization for somebody else's."""
    headers = {"authorization": f"Bearer {own.api_key_secret}"}
    theirs = ",".join(victim.organizations)
    with target.door(headers) as door:
        for table in tables.columns:
            column = "id" if table == "organizations" else "org_id"
            if table != "organizations" and table not in tables.owned:
                continue
            answer = door.get(f"/{table}", params={column: f"in.({theirs})", "limit": "1"})
            if answer.is_server_error or (answer.is_success and answer.json() != []):
                yield f"read {table}: {words(answer)}"
        answer = door.post("/rpc/kpi_summary", json={"p_org_id": victim.org_id, **_week()})
        if code_of(answer) != "organization_not_found":
            yield f"kpi_summary: {words(answer)}"
        if other.line_id:
            message = {"p_line_id": other.line_id, "p_to": [], "p_body": ""}
            answer = door.post("/rpc/send_message", json=message, headers={"idempotency-key": str(uuid.uuid4())})
            if code_of(answer) != "line_not_found":
                yield f"send_message: {words(answer)}"


def _lines(attacker: Reader, own: Belongings, other: Belongings, line_id: str) -> Iterator[str]:
    answer = attacker.call(
        "invite_member",
        p_org_id=own.org_id,
        p_email=f"isolation-check+{uuid.uuid4().hex[:8]}@people.example",
        p_role="agent",
        p_line_ids=[line_id],
    )
    if code_of(answer) not in {"invitation_not_allowed", "role_not_sufficient"}:
        yield f"invited somebody to its line: {words(answer)}"
    for org_id in (own.org_id, other.org_id):
        given = {"org_id": org_id, "member_id": own.own_member_id, "line_id": line_id}
        answer = attacker.client.post("/member_lines", json=given)
        if answer.status_code not in {401, 403, 409}:
            yield f"took its line: {words(answer)}"
    yield from _figures(attacker, {"p_line_ids": [line_id]})


def _figures(attacker: Reader, narrowed: dict[str, list[str]]) -> Iterator[str]:
    for function in ("kpi_summary", "kpi_by_line", "kpi_by_member"):
        answer = attacker.call(function, p_org_id=attacker.org_id, **_week(), **narrowed)
        counted = [row for row in _json(answer) if row["total"]]
        if counted:
            yield f"counted its calls by {function}: {counted[0]}"
    for function in ("callers", "report_calls"):
        listed = _json(attacker.call(function, p_org_id=attacker.org_id, **_week(), **narrowed))
        if listed:
            yield f"was told of its calls by {function}: {listed[0]}"


def _week() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"p_from": (now - timedelta(days=7)).isoformat(), "p_to": now.isoformat()}


def _json(answer: httpx.Response) -> list[dict[str, object]]:
    answer.raise_for_status()
    rows: list[dict[str, object]] = answer.json()
    return rows
