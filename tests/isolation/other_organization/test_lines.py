"""Lines, and the members who have them: nobody takes one, and none goes to another organization."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.isolation.callers import Callers
from tests.isolation.other_organization.strangers import MATRIX, Ids
from tests.isolation.trail import TRAIL, UNSEALED
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")


def test_a_bulk_with_one_foreign_row_does_nothing(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    mine = {"org_id": globex.org, "member_id": globex.member("colleague"), "line_id": globex.line("given")}
    foreign = {"org_id": acme.org, "member_id": acme.member("colleague"), "line_id": acme.line("given")}
    for rows in ([mine, foreign], [foreign, mine]):
        assert stranger.post("/member_lines", json=rows).status_code == 403


@pytest.mark.parametrize(
    ("org", "member", "line", "status"),
    [
        ("acme", "acme", "acme", 403),
        ("acme", "globex", "globex", 403),
        ("acme", "globex", "acme", 403),
        ("globex", "acme", "globex", 409),
        ("globex", "globex", "acme", 409),
        ("globex", "acme", "acme", 409),
    ],
)
def test_a_line_and_a_member_of_two_organizations_never_meet(
    stranger: httpx.Client, world: World, org: str, member: str, line: str, status: int
) -> None:
    """The policy refuses another's organization, the composite keys what is not of the organization named."""
    ids = {name.lower(): Ids(organization) for name, organization in world.organizations.items()}
    row = {"org_id": ids[org].org, "member_id": ids[member].member("colleague"), "line_id": ids[line].line("given")}
    for headers in ({}, {"prefer": "return=representation"}, {"prefer": "missing=default"}):
        answer = stranger.post("/member_lines", json=row, headers=headers)
        assert answer.status_code == status, answer.text
    assert (
        stranger.post("/member_lines", params={"columns": "org_id,member_id,line_id"}, json=row).status_code == status
    )


@pytest.mark.parametrize("caller", ["viewer", "agent"])
def test_nobody_gives_themselves_a_line(callers: Callers, world: World, acme: Ids, caller: str) -> None:
    me = MATRIX.callers[caller]
    for line in world.organizations["Acme"].lines.values():
        row = {"org_id": acme.org, "member_id": str(world.member(me).id), "line_id": str(line)}
        answer = callers.client(caller).post("/member_lines", json=row)
        assert answer.status_code == 403, answer.text


def test_a_manager_gives_own_lines_to_agents_alone(callers: Callers, acme: Ids) -> None:
    client = callers.client("manager")
    for member, line in (
        *(("manager", "other"), ("manager", "moved"), ("viewer", "given"), ("org_admin", "given")),
        *(("agent", "other"), ("colleague", "moved"), ("deactivated", "own")),
    ):
        row = {"org_id": acme.org, "member_id": acme.member(member), "line_id": acme.line(line)}
        assert client.post("/member_lines", json=row).status_code == 403, f"{line} to {member}"
    # Not even to take it from a colleague who is no agent.
    params = {"member_id": f"eq.{acme.member('deactivated')}", "line_id": f"eq.{acme.line('given')}"}
    gone = client.delete("/member_lines", params=params, headers={"prefer": "return=representation"})
    assert (gone.status_code, gone.json()) == (200, [])


def test_a_line_is_not_moved_to_another_organization(callers: Callers, acme: Ids, globex: Ids) -> None:
    client = callers.client("org_admin")
    params = {"id": f"eq.{acme.line('given')}"}
    for body in ({"org_id": globex.org}, {"label": "x", "org_id": globex.org}, {"period": "empty"}):
        assert client.patch("/lines", params=params, json=body).status_code == 403


def test_each_has_the_calls_of_their_time_with_a_number(callers: Callers, acme: Ids, globex: Ids) -> None:
    """A number that moved: Acme keeps what was, Globex sees what came after, and neither the other's."""
    for caller, mine, foreign in (("org_admin", acme, globex), ("other_admin", globex, acme)):
        client = callers.client(caller)
        here = client.get("/calls", params={"select": "line_id", "line_id": f"eq.{mine.line('moved')}"}).json()
        there = client.get("/calls", params={"select": "line_id", "line_id": f"eq.{foreign.line('moved')}"}).json()
        assert (len(here), there) == (1, [])
        number = client.get("/lines", params={"select": "phone_number_id", "id": f"eq.{mine.line('moved')}"}).json()[0]
        calls = client.get("/calls", params={"select": "org_id", "phone_number_id": f"eq.{number['phone_number_id']}"})
        assert calls.json() == [{"org_id": mine.org}]


def test_two_memberships_add_up_and_do_not_mix(callers: Callers, world: World, witness: Witness) -> None:
    """An agent of Acme who is a viewer at Globex: lines here, everything there."""
    acme, globex = world.organizations["Acme"], world.organizations["Globex"]
    person = world.organizations["Acme"].members["agent"]
    with world.edit() as edit:
        edit.execute("select tests.join(%s, %s, 'viewer')", [person.user, globex.id])
    token = callers.tokens(person.user)
    client = callers.client("anonymous")
    read = {
        table: {witness.key(table, row) for row in client.get(f"/{table}", headers=bearer(token)).json()}
        for table in ("calls", "lines", "org_members", "member_lines")
    }
    as_agent = {"org": acme.id, "member": person.id, "lines": person.lines, "user": person.user}
    as_viewer: dict[str, Any] = {"org": globex.id, "member": None, "lines": [], "user": person.user}
    expected = {}
    for table in read:
        entry = MATRIX.tables[table]
        agent = witness.rows(table, entry.condition("select", "agent"), as_agent)
        viewer = witness.rows(table, entry.condition("select", "viewer"), as_viewer)
        expected[table] = agent.keys() | {key for key, row in viewer.items() if row["org_id"] == str(globex.id)}
    assert witness.effects_undone().keys() - {TRAIL, UNSEALED} == {"public.org_members"}
    assert read == expected


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"authorization": f"Bearer {token}"}


def test_what_a_stranger_can_tell_of_ids(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    """Another's id and one that never was are answered alike."""
    never = str(uuid4())

    def give(member: str, line: str) -> tuple[int, str]:
        row = {"org_id": globex.org, "member_id": member, "line_id": line}
        answer = stranger.post("/member_lines", json=row)
        return answer.status_code, answer.json()["code"]

    assert give(globex.member("agent"), acme.line("given")) == give(globex.member("agent"), never)
    assert give(acme.member("viewer"), globex.line("own")) == give(never, globex.line("own"))
    for line in (acme.line("given"), never):
        params = {"id": f"eq.{line}"}
        assert stranger.get("/lines", params=params).json() == []
        assert stranger.get("/calls", params={"line_id": f"eq.{line}"}).json() == []
        assert stranger.patch("/lines", params=params, json={"label": "x"}).text == ""
        assert stranger.delete("/member_lines", params={"line_id": f"eq.{line}"}).text == ""
