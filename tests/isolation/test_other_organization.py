"""Globex's admin, and Acme's less mighty members, at what is not theirs: ids are known to them, nothing else helps."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.cases import CASES, SOMEBODY, Attempt
from tests.isolation.contents import MISSED_CALLER
from tests.isolation.doors import COMPUTED_COLUMN
from tests.isolation.refusals import NEVER, Names
from tests.isolation.trail import TRAIL, UNSEALED
from tests.isolation.witness import Key, Witness
from tests.isolation.world import LONG_AGO, Organization, World, day

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()

each_table = pytest.mark.parametrize("table", MATRIX.tables)
each_stranger = pytest.mark.parametrize(
    "caller", ["other_admin", "outsider", "deactivated", "removed", "archived", "one_factor", "other_key"]
)

OF_ACME = {
    "phone_numbers": "id in (select l.phone_number_id from public.lines l where l.org_id = %(org)s)",
    "profile_settings": "user_id in (select m.user_id from public.org_members m where m.org_id = %(org)s)",
    "users": "user_id in (select m.user_id from public.org_members m where m.org_id = %(org)s)",
    "fleet": "org_id = %(org)s",
    "platform_settings": "true",
    "saved_views": "org_id = %(org)s",
    "notifications": "org_id = %(org)s",
}
"""What strangers are after, where Acme's admin does not read it either."""

TOLD_TO_ALL = {"kpi_definitions"}
"""What figures mean is the same for everybody."""

NOBODY = "00000000-0000-0000-0000-000000000000"

GLOBEX = {"p_org_id": "@org Globex"}
GUEST_ROW = {"email": "new@example.com"}
GUEST = {**GLOBEX, "p_email": "new@example.com", "p_role": "agent"}
EXTENSION = {"p_member_id": "@member Globex agent", "p_integration_id": "@integration Globex", "p_extension": "new"}

MISSED = {**GLOBEX, "p_external_number": MISSED_CALLER}
LATELY = {
    "p_from": (datetime.now(UTC) - timedelta(days=9)).isoformat(),
    "p_to": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}

REPRESENTED = {"prefer": "return=representation"}


@dataclass(frozen=True)
class Ids:
    """An organization's ids as JSON takes them."""

    organization: Organization

    @property
    def org(self) -> str:
        """The organization's."""
        return str(self.organization.id)

    @property
    def integration(self) -> str:
        """Its own account's."""
        return str(self.organization.integration)

    def member(self, name: str) -> str:
        """A member's."""
        return str(self.organization.members[name].id)

    def line(self, name: str) -> str:
        """A line's."""
        return str(self.organization.lines[name])


@pytest.fixture
def acme(world: World) -> Ids:
    """Whose rows are attacked."""
    return Ids(world.organizations["Acme"])


@pytest.fixture
def globex(world: World) -> Ids:
    """Whose admin attacks."""
    return Ids(world.organizations["Globex"])


@pytest.fixture
def stranger(callers: Callers) -> httpx.Client:
    """Globex's admin."""
    return callers.client("other_admin")


def of_acme(table: str, world: World, witness: Witness) -> list[dict[str, Any]]:
    """Return Acme's rows of a table, which its admin would read."""
    condition = OF_ACME.get(table) or MATRIX.tables[table].condition("select", "org_admin")
    return list(witness.rows(table, condition, world.parameters(MATRIX.callers["org_admin"])).values())


def own_keys(table: str, caller: str, world: World, witness: Witness) -> set[Key]:
    """Return the keys of the rows that a caller may read."""
    condition = MATRIX.tables[table].condition("select", MATRIX.callers[caller].role)
    return set(witness.rows(table, condition, world.parameters(MATRIX.callers[caller])))


def in_json(value: Any) -> str:
    """Return a value as filters are given it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def nothing_like(value: Any) -> str:
    """Return a value of the same kind that no row has."""
    if isinstance(value, bool):
        return str(not value).lower()
    return "0" if isinstance(value, int) else NOBODY


@each_stranger
@each_table
def test_no_filter_finds_a_row(
    table: str, caller: str, callers: Callers, world: World, witness: Witness, acme: Ids
) -> None:
    client = callers.client(caller)
    key = witness.key_columns(table)[0]
    theirs = of_acme(table, world, witness)
    ids = ",".join(in_json(row[key]) for row in theirs)
    filters = [
        {key: f"in.({ids})"},
        {"or": f"({key}.in.({ids}),{key}.not.is.null)"},
        {"not.and": f"({key}.eq.{nothing_like(theirs[0][key])},{key}.is.null)"},
        {"or": f"(and({key}.in.({ids}),{key}.not.is.null),or({key}.in.({ids})))"},
    ]
    if "org_id" in MATRIX.tables[table].columns:
        filters += [{"org_id": f"eq.{acme.org}"}, {"or": f"(org_id.eq.{acme.org},org_id.neq.{acme.org})"}]
    columns = ",".join(witness.key_columns(table))
    for filter_ in filters:
        answer = client.get(f"/{table}", params={"select": columns, **filter_})
        if not MATRIX.tables[table].is_granted("select", MATRIX.callers[caller]):
            assert (answer.status_code, answer.json()["code"]) == (401, "42501")
            continue
        assert answer.status_code == 200, answer.text
        assert {witness.key(table, row) for row in answer.json()} <= own_keys(table, caller, world, witness)


@each_stranger
@each_table
def test_no_count_counts_a_row(table: str, caller: str, callers: Callers, world: World, witness: Witness) -> None:
    client = callers.client(caller)
    key = witness.key_columns(table)[0]
    # A person may be in both, and reads their own profile.
    mine = own_keys(table, caller, world, witness)
    theirs = [row for row in of_acme(table, world, witness) if witness.key(table, row) not in mine]
    ids = ",".join(in_json(row[key]) for row in theirs)
    for method, headers in (
        ("HEAD", {"prefer": "count=exact"}),
        ("GET", {"prefer": "count=exact", "range": "0-0"}),
        ("GET", {"prefer": "count=exact", "range": "1000-1001"}),
    ):
        answer = client.request(method, f"/{table}", params={"select": key, key: f"in.({ids})"}, headers=headers)
        assert answer.headers.get("content-range", "*/0") == "*/0", f"{method} {headers}"
        is_granted = MATRIX.tables[table].is_granted("select", MATRIX.callers[caller])
        assert answer.status_code in ({200, 416} if is_granted else {401})


@pytest.mark.parametrize("accept", ["text/csv", "application/vnd.pgrst.object+json", "application/geo+json", "*/*"])
def test_no_other_form_of_answer_shows_a_row(stranger: httpx.Client, acme: Ids, accept: str) -> None:
    answer = stranger.get("/calls", params={"org_id": f"eq.{acme.org}"}, headers={"accept": accept})
    assert answer.status_code in {200, 404, 406}
    assert acme.org not in answer.text


@pytest.mark.parametrize("caller", ["outsider", "deactivated"])
@pytest.mark.parametrize(
    "params",
    [
        {"select": "external_name::int"},
        {"select": "id", "external_number": "like.\\"},
        {"select": "provider_call_id::numeric"},
        {"select": "id", "order": "external_number"},
    ],
)
def test_no_error_tells_that_there_is_a_row(callers: Callers, caller: str, params: dict[str, str]) -> None:
    """A cast or a pattern that fails on the first row it meets must meet none."""
    answer = callers.client(caller).get("/calls", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.json() == []


@each_stranger
@pytest.mark.parametrize("table", [name for name in MATRIX.tables if name not in TOLD_TO_ALL])
def test_no_write_by_id(table: str, caller: str, callers: Callers, world: World, witness: Witness) -> None:
    """Changing, upserting, replacing and deleting a row whose primary key is known."""
    entry, asker = MATRIX.tables[table], MATRIX.callers[caller]
    client = callers.client(caller)
    mine = own_keys(table, caller, world, witness)
    row = next(row for row in of_acme(table, world, witness) if witness.key(table, row) not in mine)
    key = witness.key_columns(table)
    columns = entry.insert_columns or (key if entry.is_view else tuple(row.keys() - witness.generated(table)))
    body = {name: row[name] for name in columns}
    params = {column: f"eq.{in_json(row[column])}" for column in key}
    change = entry.update_columns or {min(entry.columns - witness.generated(table)): None}
    refused = 401 if asker.is_key else 403

    def has_no_effect(answer: httpx.Response) -> bool:
        # A column of a view that is computed cannot be written by anybody.
        if answer.is_error:
            return answer.status_code == refused or (entry.is_view and answer.json()["code"] == COMPUTED_COLUMN)
        return answer.status_code == 200 and answer.json() == []

    assert has_no_effect(client.patch(f"/{table}", params=params, json=change, headers=REPRESENTED))
    assert has_no_effect(client.delete(f"/{table}", params=params, headers=REPRESENTED))
    for resolution in ("merge-duplicates", "ignore-duplicates"):
        for rows in (body, [body]):
            upserted = client.post(f"/{table}", json=rows, headers={"prefer": f"resolution={resolution}"})
            assert upserted.status_code == refused, upserted.text
    replaced = client.put(f"/{table}", params=params, json=body)
    assert replaced.status_code in {400, refused, 405}, replaced.text


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


@pytest.mark.parametrize(
    ("name", "caller"),
    [
        (name, caller)
        for name, entry in MATRIX.functions.items()
        for caller in ("other_admin", "other_key")
        # A new organization is about the caller alone, and an invitation is found by a token that nobody else has.
        if entry.of not in {None, "profiles"}
        and name not in {"preview_invitation", "accept_invitation"}
        and entry.is_granted(MATRIX.callers[caller])
    ],
)
def test_anothers_row_is_answered_as_one_that_never_was(
    name: str, caller: str, callers: Callers, world: World, witness: Witness, acme: Ids
) -> None:
    """Whatever a function says about an id of Acme's, it says about one that nothing has: message and all."""
    table = MATRIX.functions[name].of
    assert table
    row = of_acme(table, world, witness)[0]
    arguments = CASES[name].arguments(Attempt(world, witness, MATRIX.callers[caller], row))
    text, key = json.dumps(arguments), witness.key(table, row)[0]
    assert key in text
    never = str(2**62) if isinstance(row.get("id"), int) else str(uuid4())
    theirs = callers.client(caller).post(f"/rpc/{name}", json=arguments)
    nobodys = callers.client(caller).post(f"/rpc/{name}", json=json.loads(text.replace(key, never)))
    assert theirs.is_error
    assert (theirs.status_code, theirs.text.replace(key, never)) == (nobodys.status_code, nobodys.text)


@pytest.mark.parametrize(
    ("function", "usual", "parameter", "theirs", "never"),
    [
        ("invite_member", GUEST, "p_line_ids", ["@line Acme given"], [NEVER]),
        (
            "invite_member",
            GUEST,
            "p_line_ids",
            ["@line Globex given", "@line Acme given"],
            ["@line Globex given", NEVER],
        ),
        (
            "invite_members",
            GLOBEX,
            "p_rows",
            [{**GUEST_ROW, "lines": ["@line Acme given"]}],
            [{**GUEST_ROW, "lines": [NEVER]}],
        ),
        (
            "invite_members",
            GLOBEX,
            "p_rows",
            [{**GUEST_ROW, "lines": ["@e164 Acme given"]}],
            [{**GUEST_ROW, "lines": ["+12125550198"]}],
        ),
        ("set_member_extension", EXTENSION, "p_integration_id", "@integration Acme", NEVER),
        ("set_member_extension", EXTENSION, "p_integration_id", "@integration platform", NEVER),
        ("set_member_extension", EXTENSION, "p_member_id", "@member Acme agent", NEVER),
        (
            "deactivate_members",
            {},
            "p_member_ids",
            ["@member Globex agent", "@member Acme agent"],
            ["@member Globex agent", NEVER],
        ),
        (
            "reactivate_members",
            {},
            "p_member_ids",
            ["@member Globex dormant", "@member Acme dormant"],
            ["@member Globex dormant", NEVER],
        ),
        ("assign_phone_number", GLOBEX, "p_phone_number_id", "@number Acme given", NEVER),
        ("save_contact", {**GLOBEX, "p_name": "Mine"}, "p_contact_id", "@contact Acme own", NEVER),
        ("save_contact", {**GLOBEX, "p_name": "Mine"}, "p_contact_id", "@contact Acme provider", NEVER),
        ("assign_missed_caller", MISSED, "p_owner_id", "@member Acme org_admin", NEVER),
        ("email_document", {"p_recipients": ["me@example.com"]}, "p_document_id", "@document Acme org_admin", NEVER),
    ],
)
def test_anothers_id_among_the_arguments_is_as_good_as_none(
    function: str,
    usual: dict[str, Any],
    parameter: str,
    theirs: Any,
    never: Any,
    stranger: httpx.Client,
    world: World,
    witness: Witness,
) -> None:
    names = Names(world, witness)
    answers = [
        stranger.post(f"/rpc/{function}", json=names.resolved({**usual, parameter: value})) for value in (theirs, never)
    ]
    assert len({answer.status_code for answer in answers}) == 1
    assert answers[0].json() == answers[1].json()


def test_anothers_outcome_codes_are_none(stranger: httpx.Client, world: World, witness: Witness) -> None:
    call = Names(world, witness).call("Globex", "given")
    told = {
        code: stranger.post("/rpc/annotate_call", json={"p_call_id": call, "p_outcome_code": code})
        for code in ("only_acme", "only_nobody")
    }
    assert {answer.json()["details"] for answer in told.values()} == {"outcome_code_unknown"}
    assert len({answer.text.replace(code, "it") for code, answer in told.items()}) == 1


def test_a_conversation_is_given_to_nobody_of_anothers(stranger: httpx.Client, world: World, witness: Witness) -> None:
    names = Names(world, witness)
    params = {"id": f"eq.{names.conversation('Globex', 'given')}"}
    answers = [
        stranger.patch("/conversations", params=params, json={"owner_id": owner})
        for owner in (names.member("Acme", "agent"), names.member("Globex", "removed"), NEVER)
    ]
    assert [answer.json()["details"] for answer in answers] == ["member_not_found"] * 3
    assert len({answer.text for answer in answers}) == 1


def test_a_note_is_about_a_call_of_the_organization_it_names(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    mine, theirs = (str(ids.organization.calls["given", None]) for ids in (globex, acme))
    for org_id, call in ((acme.org, theirs), (globex.org, theirs), (acme.org, mine), (globex.org, str(uuid4()))):
        answer = stranger.post("/call_notes", json={"org_id": org_id, "call_id": call, "body": "Mine"})
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")


@pytest.mark.parametrize("caller", ["viewer", "agent", "manager"])
def test_outcome_codes_are_the_admins(callers: Callers, acme: Ids, caller: str) -> None:
    row = {"org_id": acme.org, "code": "mine", "label": "Mine"}
    client = callers.client(caller)
    assert client.post("/outcome_codes", json=row).status_code == 403
    for answer in (
        client.patch("/outcome_codes", params={"code": "eq.sale"}, json={"label": "Mine"}, headers=REPRESENTED),
        client.delete("/outcome_codes", params={"code": "eq.sale"}, headers=REPRESENTED),
    ):
        assert (answer.status_code, answer.json()) == (200, [])


def test_nobody_meets_anothers_idempotency_key(callers: Callers, acme: Ids, globex: Ids, witness: Witness) -> None:
    """Several send with the same key, each their own message, and each gets their own answer again."""
    senders = {"org_admin": acme, "agent": acme, "api_key": acme, "other_admin": globex, "other_key": globex}

    def send(caller: str, body: str) -> Any:
        message = {"p_line_id": senders[caller].line("given"), "p_to": [SOMEBODY], "p_body": body}
        answer = callers.client(caller).post("/rpc/send_message", json=message, headers={"idempotency-key": "the same"})
        return answer.json()

    sent = {caller: send(caller, caller) for caller in senders}
    again = {caller: send(caller, caller) for caller in senders}
    other = {send(caller, "another")["details"] for caller in senders}
    messages = witness.effects_undone()["public.messages"].rows.values()
    assert sent == again
    assert other == {"idempotency_key_reused"}
    assert {(row["body"], row["org_id"]) for row in messages} == {(who, ids.org) for who, ids in senders.items()}
    assert len(messages) == len(senders)


def test_a_number_of_anothers_is_a_number_like_any(stranger: httpx.Client, world: World, witness: Witness) -> None:
    """Who sends to it learns nothing of whose it is."""
    names = Names(world, witness)
    to = [names.e164("Acme", "given"), SOMEBODY]
    answer = stranger.post(
        "/rpc/send_message", json={"p_line_id": names.line("Globex", "given"), "p_to": to, "p_body": "Hello"}
    )
    assert [(row["recipient"], row["state"]) for row in answer.json()] == [(number, "queued") for number in to]
    assert {row["org_id"] for row in witness.effects_undone()["public.messages"].rows.values()} == {names.org("Globex")}


def test_recordings_are_asked_for_anew_for_oneself_alone(
    stranger: httpx.Client, world: World, globex: Ids, witness: Witness
) -> None:
    answer = stranger.post("/rpc/request_sync", json={"p_org_id": globex.org, "p_resource": "recordings"})
    assert answer.status_code == 200, answer.text
    effects = witness.effects_undone()
    assert {row["org_id"] for row in effects["public.recordings"].rows.values()} == {globex.org}
    mine = witness.rows("recordings", "org_id = %(org)s", {"org": globex.org}).keys()
    assert {(row["recording_id"],) for row in effects["private.recording_sources"].rows.values()} <= mine


def test_an_events_links_are_not_told(callers: Callers, world: World, witness: Witness) -> None:
    """A link opens the audio to whoever has it: not even who administers the organization reads it."""
    link = "https://audio.example.com/secret"
    with world.edit() as edit:
        edit.execute(
            "update private.webhook_events"
            " set recording_url = %s, payload = payload || jsonb_build_object('Link', %s::text)",
            [link, link],
        )
        edit.execute("update private.rejected_items set item = %s", [f'{{"uri": "{link}"}}'])
    answers = [callers.client("platform_admin").get(f"/{view}") for view in ("webhook_events", "rejected_items")]
    witness.effects_undone()
    for answer in answers:
        assert answer.json()
        assert link not in answer.text
        assert "[link]" in answer.text


def test_nobody_learns_who_else_is_a_customer(stranger: httpx.Client, world: World, witness: Witness) -> None:
    """A person of another organization is invited like anybody else."""
    elsewhere = world.organizations["Vault"].members["agent"].user
    rows = [{"email": f"{elsewhere}@example.com"}, {"email": "nobody.at.all@example.com"}]
    globex = str(world.organizations["Globex"].id)
    answer = stranger.post("/rpc/invite_members", json={"p_org_id": globex, "p_rows": rows})
    assert [row["result"] for row in answer.json()] == ["invited", "invited"]
    assert witness.effects_undone()


def test_no_default_is_anothers_organization(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    for org_id in (acme.org, NOBODY, str(uuid4())):
        answer = stranger.patch("/profile_settings", json={"default_org_id": org_id})
        assert (answer.status_code, answer.json()["details"]) == (404, "organization_not_found")


def test_anothers_holiday_is_in_nobodys_way(stranger: httpx.Client, world: World, acme: Ids) -> None:
    """A day that Acme has already, one that it has not, and one of nobody's: all the same."""
    for org_id, ahead in ((acme.org, 30), (acme.org, 31), (str(uuid4()), 30)):
        row = {"org_id": org_id, "day": day(ahead), "name": "Mine"}
        for headers in ({}, {"prefer": "resolution=merge-duplicates"}, {"prefer": "resolution=ignore-duplicates"}):
            answer = stranger.post("/holidays", json=row, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "42501")


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


def test_kpis_with_anothers_arguments(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    period = {"p_from": LONG_AGO.isoformat(), "p_to": "2030-01-01"}

    def ask(function: str, **arguments: Any) -> httpx.Response:
        more = {"p_grain": "month"} if function == "kpi_series" else {}
        return stranger.post(
            f"/rpc/{function}",
            params={"kpi": "eq.offered", "value": "gt.0"},
            json={**period, **more, **arguments},
        )

    for function in (
        "kpi_summary",
        "kpi_series",
        "kpi_by_line",
        "kpi_by_member",
        "kpi_by_organization",
        "kpi_comparison",
    ):
        assert ask(function, p_org_id=globex.org).json() != []
        for arguments in (
            {"p_org_id": globex.org, "p_line_ids": [acme.line("given")]},
            {"p_org_id": globex.org, "p_member_ids": [acme.member("agent")]},
            {"p_org_id": None, "p_line_ids": [acme.line("given")]},
            {"p_org_id": None, "p_member_ids": [acme.member("agent"), acme.member("manager")]},
        ):
            answer = ask(function, **arguments)
            assert (answer.status_code, answer.json()) == (200, []), arguments
        for foreign in (acme.org, NOBODY, str(uuid4())):
            answer = ask(function, p_org_id=foreign)
            assert (answer.status_code, answer.json()["details"]) == (404, "organization_not_found")


@pytest.mark.parametrize(
    "function",
    ["callers", "report_calls", "report_lines", "report_members", "callbacks", "peak_concurrency", "kpi_messages"],
)
def test_nothing_is_listed_by_anothers_arguments(stranger: httpx.Client, acme: Ids, globex: Ids, function: str) -> None:
    """Asked for a line or a member of Acme's, it answers as if they had never called."""

    def ask(**arguments: Any) -> list[dict[str, Any]]:
        answer = stranger.post(f"/rpc/{function}", json={"p_org_id": globex.org, **LATELY, **arguments})
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()
        return [{name: value for name, value in row.items() if name != "data_through"} for row in rows]

    for parameter, theirs in (("p_line_ids", acme.line("given")), ("p_member_ids", acme.member("colleague"))):
        assert ask(**{parameter: [theirs]}) == ask(**{parameter: [NEVER]})
        assert ask(**{parameter: [theirs]}) != ask()


def test_a_rule_is_about_lines_of_its_organization(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    rule = {"org_id": globex.org, "name": "Mine", "kind": "queue", "threshold": 5}
    answers = [
        stranger.post("/alert_rules", json={**rule, "line_ids": [globex.line("given"), line]})
        for line in (acme.line("given"), NEVER)
    ]
    assert [answer.json()["details"] for answer in answers] == ["line_not_found"] * 2
    assert answers[0].text == answers[1].text


@pytest.mark.parametrize("table", ["report_schedules", "alert_rules", "saved_views"])
def test_nothing_is_made_for_anothers_organization(stranger: httpx.Client, world: World, acme: Ids, table: str) -> None:
    [row, *_] = [row for row in world.candidates(table) if str(row["org_id"]) == acme.org]
    for org_id in (acme.org, str(uuid4())):
        answer = stranger.post(f"/{table}", json={**row, "org_id": org_id})
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")


def test_a_document_of_anothers_lines_is_empty(
    stranger: httpx.Client, acme: Ids, globex: Ids, witness: Witness
) -> None:
    """Also one that leaves as CSV: no calls, and no names."""
    asked = {"from": LATELY["p_from"], "to": LATELY["p_to"]}
    export = {"p_org_id": globex.org, "p_report": "calls"}

    def lines(**more: Any) -> list[str]:
        answer = stranger.post("/rpc/export_report", json={**export, "p_parameters": {**asked, **more}})
        assert answer.status_code == 200, answer.text
        text: str = answer.json()
        return text.splitlines()

    assert len(lines()) > 1
    assert len(lines(line_ids=[acme.line("given")])) == len(lines(member_ids=[acme.member("colleague")])) == 1
    assert {row["org_id"] for row in witness.effects_undone()[TRAIL].rows.values()} == {globex.org}


def test_an_agent_asks_for_all_lines_and_gets_their_own(callers: Callers, acme: Ids) -> None:
    arguments = {
        "p_org_id": acme.org,
        "p_from": LONG_AGO.isoformat(),
        "p_to": "2030-01-01",
        "p_line_ids": [acme.line("other"), acme.line("own")],
    }
    answer = callers.client("agent").post("/rpc/kpi_summary", params={"kpi": "eq.offered"}, json=arguments)
    # Those that they handled.
    assert [row["value"] for row in answer.json()] == [2]


def test_an_integration_is_not_put_on_anothers(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    sealed = {"api_key": "A" * 128, "user_key": "A" * 128}
    arguments = {
        "p_org_id": globex.org,
        "p_name": "Mine now",
        "p_account_type": "call_center",
        "p_webhook_mode": "signed",
        "p_key_id": "key",
        "p_credentials": sealed,
        "p_id": acme.integration,
    }
    answer = stranger.post("/rpc/create_integration", json=arguments)
    assert (answer.status_code, answer.json()["details"]) == (409, "integration_exists")
    for foreign, refusal in (
        (acme.org, (404, "organization_not_found")),
        (NOBODY, (404, "organization_not_found")),
        (None, (403, "platform_admin_required")),
    ):
        answer = stranger.post("/rpc/create_integration", json={**arguments, "p_org_id": foreign, "p_id": str(uuid4())})
        assert (answer.status_code, answer.json()["details"]) == refusal


def test_a_number_is_not_taken(stranger: httpx.Client, world: World, globex: Ids, witness: Witness) -> None:
    for number in witness.rows("phone_numbers").values():
        answer = stranger.post(
            "/rpc/assign_phone_number", json={"p_phone_number_id": number["id"], "p_org_id": globex.org}
        )
        assert (answer.status_code, answer.json()["details"]) == (403, "platform_admin_required")


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
