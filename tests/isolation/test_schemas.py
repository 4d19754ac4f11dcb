"""What is not the API's contract is not there: other schemas, internals, the list of everything."""

import json
from typing import Any

import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.cases import CASES
from tests.isolation.cases.case import Attempt
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()

SCHEMAS = ("private", "auth", "storage", "extensions", "pg_catalog", "information_schema", "tests", "realtime", "vault")

each_caller = pytest.mark.parametrize("caller", ["anonymous", "org_admin", "platform_admin", "api_key", "service_key"])


@each_caller
@pytest.mark.parametrize("schema", SCHEMAS)
def test_another_schema_cannot_be_chosen(callers: Callers, caller: str, schema: str) -> None:
    client = callers.client(caller)
    reading, writing = {"accept-profile": schema}, {"content-profile": schema}
    statuses = {
        client.get("/platform_admins", headers=reading).status_code,
        client.get("/calls", headers=reading).status_code,
        client.get("/", headers=reading).status_code,
        client.post("/platform_admins", headers=writing, json={"user_id": None}).status_code,
        client.patch("/calls", headers=writing, json={"external_name": "x"}).status_code,
        client.delete("/webhook_events", headers=writing).status_code,
        client.post("/rpc/is_platform_admin", headers=writing, json={}).status_code,
        client.get("/rpc/is_platform_admin", headers=reading).status_code,
    }
    assert statuses == {406}


@each_caller
@pytest.mark.parametrize(
    "path",
    [
        *("/private.calls", "/private%2Eplatform_admins", "/%22private%22.%22platform_admins%22", "/platform_admins"),
        *("/integration_credentials", "/sync_cursors", "/pg_roles", "/webhook_tokens"),
        *("/recording_sources", "/play_grants", "/provider_items", "/outbox_requests", "/message_statements"),
        *("/idempotency_keys", "/provider_quota", "/integration_requests", "/call_snapshots", "/sync_lookbacks"),
        *("/api_grants", "/invitation_tokens", "/outbox_mails", "/audit_seals", "/sessions", "/api_key_minutes"),
        *("/rpc/is_platform_admin", "/rpc/my_memberships", "/rpc/ingest_webhook_events", "/rpc/webhook_secrets"),
        *("/rpc/private.is_platform_admin", "/rpc/pg_sleep", "/rpc/set_config", "/rpc/current_setting", "/rpc/version"),
        *("/rpc/sync_credentials", "/rpc/claim_sync_job", "/rpc/write_calls", "/rpc/rebuild_calls"),
        *(
            "/rpc/redeem_api_grant",
            "/rpc/open_api_request",
            "/rpc/record_export",
            "/rpc/all_users",
            "/rpc/set_archived",
        ),
        *("/rpc/claim_outbox_request", "/rpc/claim_recording", "/rpc/hearable_recording", "/rpc/my_playable_objects"),
        *("/rpc/integration_figures", "/rpc/cursors_of_mine", "/rpc/queue_replay_job", "/rpc/without_links"),
        *("/rpc/switch_integration", "/rpc/queue_test", "/rpc/test_delivery_target", "/rpc/keep_credential"),
        *("/rpc/claim_outbox_mail", "/rpc/seal_audit_entries", "/rpc/record_sign_in_attempt", "/rpc/api_org_ids"),
    ],
)
def test_an_internal_has_no_address(callers: Callers, caller: str, path: str) -> None:
    client = callers.client(caller)
    answers = [client.get(path)]
    # A POST to what is no function PostgREST answers as the database does.
    answers.append(client.post(path, json={}))
    assert {answer.status_code for answer in answers} == {404}, [answer.text for answer in answers]


@pytest.mark.parametrize("caller", MATRIX.callers.values(), ids=lambda caller: caller.name)
def test_the_list_of_everything_lists_what_the_caller_may_use(callers: Callers, caller: matrix.Caller) -> None:
    """The root (OpenAPI) lists the matrix's tables and functions that the caller's role has a privilege on."""
    answer = callers.client(caller).get("/")
    if caller.role == "rejected":
        assert answer.status_code == 401
        return
    assert answer.status_code == 200
    tables = {table.name for table in MATRIX.tables.values() if table.is_granted("select", caller)}
    functions = {function.name for function in MATRIX.functions.values() if function.is_granted(caller)}
    functions |= {column.name for column in MATRIX.computed.values() if caller.database_role in column.granted_to()}
    listed = answer.json()
    assert listed["paths"].keys() == {"/"} | {f"/{name}" for name in tables} | {f"/rpc/{name}" for name in functions}
    assert listed.get("definitions", {}).keys() == tables


@each_caller
def test_no_query_plan(callers: Callers, caller: str) -> None:
    answer = callers.client(caller).get("/calls", headers={"accept": "application/vnd.pgrst.plan+json"})
    assert answer.status_code in {401, 403, 406, 415}


@each_caller
@pytest.mark.parametrize("expression", ["id.count()", "count()", "talk_seconds.sum()"])
def test_no_aggregate_past_the_policies(callers: Callers, caller: str, expression: str) -> None:
    answer = callers.client(caller).get("/calls", params={"select": expression})
    assert answer.status_code in {400, 401, 403}


TAKES_AN_OBJECT = {"create_integration", "create_document"}


@pytest.mark.parametrize("function", MATRIX.functions)
def test_a_function_that_writes_is_not_got(function: str, callers: Callers, world: World, witness: Witness) -> None:
    """A GET could be sent by a link or an image; whatever comes back, it changes nothing."""
    case, caller = CASES[function], MATRIX.callers["platform_admin"]
    entry = MATRIX.functions[function]
    word = MATRIX.tables[entry.of].words[entry.execute.get(caller.role, "all")] if entry.of else "true"
    rows = witness.rows(entry.of or "profiles", f"({word}) and ({case.rows})", world.parameters(caller))
    attempt = Attempt(world, witness, caller, rows[max(rows)])
    arguments = case.arguments(attempt)
    params = {name: value if isinstance(value, str) else as_text(value) for name, value in arguments.items()}
    answer = callers.client(caller).get(f"/rpc/{function}", params=params)
    if case.changes(attempt):
        # An object cannot be said in an address.
        assert answer.status_code == (422 if function in TAKES_AN_OBJECT else 405), answer.text
    else:
        assert answer.status_code == 200, answer.text


def as_text(value: Any) -> str:
    """Return what an argument is in an address: an array as Postgres writes it, or JSON."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "{" + ",".join(value) + "}"
    return json.dumps(value)
