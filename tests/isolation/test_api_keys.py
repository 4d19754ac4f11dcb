"""API keys over HTTP: while it and its key last, a grant opens what the key's scopes say, and nothing else."""

from collections.abc import Iterator

import httpx
import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.cases.case import SOMEBODY
from tests.isolation.maker import Maker
from tests.isolation.witness import Witness
from tests.isolation.world import World

MATRIX = matrix.load()

OPENED_BY = {
    "calls:read": {
        *("calls", "counted_calls", "live_calls", "legs", "lines"),
        *("call_notes", "call_annotations", "outcome_codes", "placed_calls"),
    },
    "contacts:read": {"contacts", "contact_numbers"},
    "members:read": {
        *("org_members", "member_lines", "member_extensions", "profiles"),
        *("extensions", "agent_statuses", "current_agent_status"),
    },
    "messages:read": {"messages", "conversations"},
    "messages:send": set(),
    "recordings:read": {"recordings", "voicemails"},
    "sync:read": {"integrations", "sync_jobs"},
    "audit:read": {"audit_entries"},
    "sync:request": set(),
}
OPENED_IN_PART = {
    "timeline": {"calls:read": {"call", "note"}, "messages:read": {"message"}, "recordings:read": {"voicemail"}},
}
"""By which scopes which kinds of rows."""
OPENED_BY_ANY = {"organizations", "organization_settings", "holidays", "kpi_definitions"}


@pytest.fixture
def maker(world: World, witness: Witness) -> Iterator[Maker]:
    """Makes keys and grants for the length of a test."""
    with world.edit() as connection:
        yield Maker(connection)
    witness.effects_undone()


def with_grant(callers: Callers, grant: str) -> httpx.Client:
    """Return a client that comes with a grant and nothing else."""
    client = callers.client("anonymous")
    return httpx.Client(base_url=client.base_url, headers={"x-api-grant": grant}, timeout=30, trust_env=False)


def test_every_readable_table_has_its_scope() -> None:
    readable = {table.name for table in MATRIX.tables.values() if "api_reader" in table.granted_to("select")}
    assert readable == OPENED_BY_ANY.union(OPENED_IN_PART, *OPENED_BY.values())


@pytest.mark.parametrize("scope", OPENED_BY)
def test_a_scope_opens_its_tables(scope: str, callers: Callers, world: World, witness: Witness, maker: Maker) -> None:
    grant = maker.grant(maker.api_key(world.organizations["Acme"].id, "One scope", [scope]))
    parameters = world.parameters(MATRIX.callers["api_key"])
    with with_grant(callers, grant) as client:
        for table in OPENED_BY_ANY.union(*OPENED_BY.values()):
            answer = client.get(f"/{table}")
            assert answer.status_code == 200, answer.text
            condition = MATRIX.tables[table].condition("select", "api_key")
            expected = witness.rows(table, condition, parameters) if table in OPENED_BY[scope] | OPENED_BY_ANY else {}
            found = {witness.key(table, row) for row in answer.json()}
            assert found == expected.keys(), table
        for table, kinds in OPENED_IN_PART.items():
            expected = witness.rows(table, MATRIX.tables[table].condition("select", "api_key"), parameters)
            meant = {key for key, row in expected.items() if row["kind"] in kinds.get(scope, set())}
            assert {witness.key(table, row) for row in client.get(f"/{table}").json()} == meant
        kpis = client.post("/rpc/kpi_summary", json={"p_org_id": None, "p_from": "2026-01-01", "p_to": "2026-01-02"})
        assert kpis.status_code == (200 if scope == "calls:read" else 403)
        asked = client.post("/rpc/request_sync", json={"p_org_id": str(world.organizations["Acme"].id)})
        assert asked.status_code == (200 if scope == "sync:request" else 403)
        message = {"p_line_id": str(world.organizations["Acme"].lines["given"]), "p_to": [SOMEBODY], "p_body": "Hello"}
        sent = client.post("/rpc/send_message", json=message, headers={"idempotency-key": scope})
        assert sent.status_code == (200 if scope == "messages:send" else 403)


@pytest.mark.parametrize("grant", ["nothing", "", "null", "0" * 43, "x" * 4000])
@pytest.mark.parametrize("caller", ["anonymous", "org_admin", "platform_admin", "service_key"])
def test_a_grant_that_never_was_opens_nothing(callers: Callers, caller: str, grant: str) -> None:
    """Not even what the caller could do without it: something is wrong."""
    for path in ("/calls", "/", "/rpc/support_contacts"):
        answer = callers.client(caller).get(path, headers={"x-api-grant": grant})
        assert (answer.status_code, answer.json()["details"]) == (401, "api_grant_unknown")


def test_a_grant_runs_out(callers: Callers, world: World, maker: Maker) -> None:
    grant = maker.grant(world.api_keys["api_key"])
    with with_grant(callers, grant) as client:
        assert client.get("/calls").status_code == 200
        maker.execute("update private.api_grants set expires_at = now()")
        answer = client.get("/calls")
        assert (answer.status_code, answer.json()["details"]) == (401, "api_grant_unknown")


@pytest.mark.parametrize(
    "ended",
    [
        "update private.api_keys set revoked_at = now()",
        "update private.api_keys set expires_at = now()",
        "update public.organizations set archived_at = now() where id <> private.holding_org_id()",
    ],
)
def test_a_key_that_has_ended_reads_nothing_through_a_grant_that_lasts(
    callers: Callers, world: World, maker: Maker, ended: str
) -> None:
    maker.execute(ended)
    client = callers.client("api_key")
    for table in OPENED_BY_ANY.union(OPENED_IN_PART, *OPENED_BY.values()):
        assert client.get(f"/{table}").json() == []
    asked = client.post("/rpc/request_sync", json={"p_org_id": str(world.organizations["Acme"].id)})
    assert (asked.status_code, asked.json()["details"]) == (404, "organization_not_found")
    message = {"p_line_id": str(world.organizations["Acme"].lines["given"]), "p_to": [SOMEBODY], "p_body": "Hello"}
    sent = client.post("/rpc/send_message", json=message, headers={"idempotency-key": "once"})
    assert (sent.status_code, sent.json()["details"]) == (404, "line_not_found")


def test_a_key_plays_nothing(callers: Callers, world: World, witness: Witness) -> None:
    """It reads what recordings there are, and no more."""
    client = callers.client("api_key")
    recordings = client.get("/recordings", params={"state": "eq.stored"}).json()
    assert recordings
    for function in ("play_recording", "delete_recording"):
        answer = client.post(f"/rpc/{function}", json={"p_recording_id": recordings[0]["id"]})
        assert (answer.status_code, answer.json()["code"]) == (401, "42501")
    assert witness.effects_undone() == {}


@pytest.mark.parametrize("user", ["platform_admin", "other_admin", "outsider", "service_key"])
def test_a_grant_beside_a_token_is_the_keys_alone(
    callers: Callers, world: World, witness: Witness, maker: Maker, user: str
) -> None:
    """Neither reads more with the other: the request is the key's, whoever's token comes along."""
    client = callers.client(user)
    grant = {"x-api-grant": maker.grant(world.api_keys["api_key_narrow"])}
    acme = str(world.organizations["Acme"].id)
    assert {row["org_id"] for row in client.get("/calls", headers=grant).json()} == {acme}
    assert client.get("/audit_entries", headers=grant).json() == []
    assert client.get("/users", headers=grant).status_code == 403
    assert client.patch("/lines", headers=grant, json={"label": "Mine"}).status_code == 403
    answer = client.post("/rpc/archive_organization", headers=grant, json={"p_org_id": acme})
    assert answer.status_code == 403
