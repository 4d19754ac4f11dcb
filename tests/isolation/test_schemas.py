"""What is not the API's contract is not there: other schemas, internals, the list of everything."""

import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers

pytestmark = pytest.mark.usefixtures("nothing_changes")

MATRIX = matrix.load()

SCHEMAS = ("private", "auth", "storage", "extensions", "pg_catalog", "information_schema", "tests", "realtime", "vault")

each_caller = pytest.mark.parametrize("caller", ["anonymous", "org_admin", "platform_admin", "service_key"])


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
        *("/webhook_events", "/integration_credentials", "/staged_items", "/sync_cursors", "/users", "/pg_roles"),
        *("/rpc/is_platform_admin", "/rpc/my_memberships", "/rpc/ingest_webhook_events", "/rpc/webhook_secrets"),
        *("/rpc/private.is_platform_admin", "/rpc/pg_sleep", "/rpc/set_config", "/rpc/current_setting", "/rpc/version"),
        *("/rpc/sync_credentials", "/rpc/claim_sync_job", "/rpc/write_calls", "/rpc/rebuild_calls"),
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
    """The root (OpenAPI) tells anonymous callers of nothing, signed-in ones of the matrix's tables and functions."""
    answer = callers.client(caller).get("/")
    if caller.role == "rejected":
        assert answer.status_code == 401
        return
    assert answer.status_code == 200
    expected = {"/"}
    if caller.is_signed_in:
        expected |= {f"/{table}" for table in MATRIX.tables} | {f"/rpc/{function}" for function in MATRIX.functions}
    listed = answer.json()
    assert listed["paths"].keys() == expected
    assert listed.get("definitions", {}).keys() == (MATRIX.tables.keys() if caller.is_signed_in else set())


@each_caller
def test_no_query_plan(callers: Callers, caller: str) -> None:
    answer = callers.client(caller).get("/calls", headers={"accept": "application/vnd.pgrst.plan+json"})
    assert answer.status_code in {401, 403, 406, 415}


@each_caller
@pytest.mark.parametrize("expression", ["id.count()", "count()", "talk_seconds.sum()"])
def test_no_aggregate_past_the_policies(callers: Callers, caller: str, expression: str) -> None:
    answer = callers.client(caller).get("/calls", params={"select": expression})
    assert answer.status_code in {400, 401, 403}


def test_a_function_that_writes_is_not_got(callers: Callers) -> None:
    client = callers.client("platform_admin")
    assert client.get("/rpc/create_integration", params={"p_org_id": ""}).status_code >= 400
    arguments = {"p_phone_number_id": "00000000-0000-0000-0000-000000000000", "p_org_id": None}
    assert client.get("/rpc/assign_phone_number", params=arguments).status_code in {400, 405}
