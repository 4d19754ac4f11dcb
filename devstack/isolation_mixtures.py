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


def sessions(attacker: Reader, victim: Reader) -> Iterator[str]:
    """See whether anybody is shown where somebody else is signed in."""
    one, another = ({row["id"] for row in _json(reader.call("my_sessions"))} for reader in (attacker, victim))
    if one & another:
        yield "they read the same sessions"


def api_key(target: Target, tables: Tables, own: Belongings, victim: Reader) -> Iterator[str]:
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
    answer = attacker.call("kpi_summary", p_org_id=attacker.org_id, **_week(), **narrowed)
    counted = [row for row in _json(answer) if row["total"]]
    if counted:
        yield f"counted its calls: {counted[0]}"


def _week() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"p_from": (now - timedelta(days=7)).isoformat(), "p_to": now.isoformat()}


def _json(answer: httpx.Response) -> list[dict[str, object]]:
    answer.raise_for_status()
    rows: list[dict[str, object]] = answer.json()
    return rows
