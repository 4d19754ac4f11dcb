import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from devstack import programs
from devstack.ports import HOST, Ports
from tests.integration.devstack.upstream import Upstream, upstream
from tests.support.programs import LIMITS, Stack
from tests.support.tokens import Tokens
from tools.scratch import ScratchCluster


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.gateway.client() as client:
        yield client


@pytest.fixture
def keyed(stack: Stack) -> Iterator[httpx.Client]:
    with stack.gateway.client({"apikey": stack.keys.publishable_key}) as client:
        yield client


@pytest.fixture(scope="module")
def request_seen(stack: Stack) -> Iterator[str]:
    """An RPC that tells what PostgREST was sent and as whom."""
    with stack.database.connect() as connection:
        connection.execute(
            """
            create function public.request_seen() returns json language sql volatile as $$
              select json_build_object(
                'role', current_user, 'headers', current_setting('request.headers')::json
              )
            $$;
            grant execute on function public.request_seen() to anon, authenticated, service_role;
            notify pgrst, 'reload schema'
            """
        )
    deadline = time.monotonic() + 60
    with stack.gateway.client({"apikey": stack.keys.publishable_key}) as client:
        while client.post("/rest/v1/rpc/request_seen").status_code == 404:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield "/rest/v1/rpc/request_seen"
    with stack.database.connect() as connection:
        connection.execute("drop function public.request_seen(); notify pgrst, 'reload schema'")


def sign_up(client: httpx.Client) -> dict[str, str]:
    person = {"email": f"{uuid4()}@people.example", "password": "long enough"}
    answer = client.post("/auth/v1/signup", json=person)
    assert answer.status_code == 200
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def test_without_a_key_nothing_is_served(client: httpx.Client) -> None:
    answer = client.get("/rest/v1/organizations")
    assert (answer.status_code, answer.json()["message"]) == (401, "No API key found in request")


def test_an_unknown_key_is_refused(client: httpx.Client) -> None:
    answer = client.get("/rest/v1/organizations", headers={"apikey": "sb_publishable_unknown"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid API key")


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString"])
def test_a_key_that_is_a_word_of_javascript_is_unknown(client: httpx.Client, name: str) -> None:
    assert client.get("/rest/v1/organizations", headers={"apikey": name}).status_code == 401


def test_the_publishable_key_is_anonymous(keyed: httpx.Client, request_seen: str) -> None:
    assert keyed.post(request_seen).json()["role"] == "anon"


def test_a_key_sent_as_bearer_too_is_the_same(stack: Stack, keyed: httpx.Client, request_seen: str) -> None:
    bearer = {"authorization": f"Bearer {stack.keys.publishable_key}"}
    assert keyed.post(request_seen, headers=bearer).json()["role"] == "anon"


def test_the_secret_key_is_the_service(stack: Stack, client: httpx.Client, request_seen: str) -> None:
    assert client.post(request_seen, headers={"apikey": stack.keys.secret_key}).json()["role"] == "service_role"


def test_a_key_may_stand_in_the_query(stack: Stack, keyed: httpx.Client, client: httpx.Client) -> None:
    path = f"/rest/v1/profiles?apikey={stack.keys.publishable_key}&select=user_id"
    assert len(client.get(path, headers=sign_up(keyed)).json()) == 1


def test_somebody_who_signs_up_reads_their_own_profile(keyed: httpx.Client) -> None:
    rows = keyed.get("/rest/v1/profiles", headers=sign_up(keyed)).json()
    assert len(rows) == 1


def test_a_password_of_seven_characters_is_refused(keyed: httpx.Client) -> None:
    answer = keyed.post("/auth/v1/signup", json={"email": f"{uuid4()}@people.example", "password": "7 chars"})
    assert answer.status_code == 422


def test_auth_wants_a_key_too(client: httpx.Client) -> None:
    answer = client.post("/auth/v1/token?grant_type=password", json={"email": "a@b.example", "password": "12345678"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b.c",
        Tokens("another secret, also long enough")(uuid4()),
        Tokens("").sign({"role": "service_role"}, "none"),
    ],
    ids=["garbage", "dots", "forged", "unsigned"],
)
def test_what_is_no_token_is_postgrests_to_refuse(keyed: httpx.Client, token: str) -> None:
    answer = keyed.get("/rest/v1/organizations", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST301")


def test_an_expired_token_is_postgrests_to_refuse(stack: Stack, keyed: httpx.Client) -> None:
    token = stack.gateway.tokens(uuid4(), exp=int(time.time()) - 60)
    answer = keyed.get("/rest/v1/organizations", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "PGRST301")


def test_only_the_gateway_says_where_a_request_came_from(keyed: httpx.Client, request_seen: str) -> None:
    lies = {
        "x-forwarded-for": "203.0.113.9",
        "x-real-ip": "203.0.113.9",
        "forwarded": "for=203.0.113.9",
        "x-api-grant": "stolen",
    }
    seen = keyed.post(request_seen, headers=lies).json()["headers"]
    assert seen["x-forwarded-for"] == HOST
    assert not {"x-real-ip", "forwarded", "x-api-grant"} & seen.keys()


def test_a_count_is_exposed_to_browsers(keyed: httpx.Client) -> None:
    headers = {"prefer": "count=exact", "origin": "https://app.example", **sign_up(keyed)}
    answer = keyed.get("/rest/v1/profiles", headers=headers)
    assert answer.headers["content-range"] == "0-0/1"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/rest/v1/profiles", "/auth/v1/token", "/storage/v1/bucket", "/api/v1/calls"])
def test_a_browser_may_ask_first(client: httpx.Client, path: str) -> None:
    question = {
        "origin": "https://app.example",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "apikey,authorization,prefer",
    }
    answer = client.options(path, headers=question)
    assert answer.status_code == 204
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "apikey,authorization,prefer"


def test_bytes_go_into_storage_and_come_out(stack: Stack, client: httpx.Client, keyed: httpx.Client) -> None:
    service = {"apikey": stack.keys.secret_key, "authorization": f"Bearer {stack.keys.secret_key}"}
    bucket = f"bucket-{uuid4()}"
    content = bytes(range(256)) * 4096
    assert client.post("/storage/v1/bucket", json={"id": bucket, "name": bucket}, headers=service).is_success
    path = f"/storage/v1/object/{bucket}/deep/sound.wav"
    client.post(path, content=content, headers={**service, "content-type": "audio/wav"}).raise_for_status()
    assert client.get(path, headers=service).content == content
    # No policy lets anybody else read it.
    assert not keyed.get(path, headers=sign_up(keyed)).is_success


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_health_is_the_webhook_apps(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("path", ["/", "/rest/v1x/profiles", "/healthy", "/admin"])
def test_other_paths_lead_nowhere(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_large_body_goes_through(keyed: httpx.Client) -> None:
    answer = keyed.post("/rest/v1/rpc/no_such_function", json={"text": "x" * 5_000_000})
    assert answer.json()["code"] == "PGRST202"


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture(scope="module")
def lonely(cluster: ScratchCluster, stack: Stack, behind: Upstream) -> Iterator[httpx.Client]:
    """A gateway with nothing where PostgREST should be, and a server that keeps what it gets for the webhook app."""
    directory = cluster.new_directory()
    ports = Ports.free()
    part = programs.gateway(
        directory,
        port=ports.api_port,
        keys=cluster.keys,
        postgrest_port=ports.postgrest_port,
        webhooks_port=behind.port,
        auth_database_url=stack.database.url("supabase_auth_admin"),
        storage_database_url=stack.database.url("supabase_storage_admin"),
        storage=directory,
    )
    try:
        part.start()
        with httpx.Client(
            base_url=f"http://{HOST}:{ports.api_port}", trust_env=False, timeout=60, limits=LIMITS
        ) as client:
            yield client
    finally:
        part.stop()


def test_a_part_that_is_down_is_named(lonely: httpx.Client, stack: Stack) -> None:
    answer = lonely.get("/rest/v1/profiles", headers={"apikey": stack.keys.publishable_key})
    assert (answer.status_code, answer.json()["part"]) == (502, "PostgREST")


def test_a_delivery_arrives_as_it_was_sent(lonely: httpx.Client, behind: Upstream) -> None:
    behind.may_finish.set()
    body = b'{"odd":  "spacing\\u0000", "bytes": "\xff\xfe"}'
    headers = [("x-signature", "one"), ("X-Signature", "two"), ("echo", "say"), ("content-type", "application/json")]
    answer = lonely.post("/webhooks/mightycall/some-id?x=%2F&y=a+b", content=body, headers=headers)
    assert (answer.status_code, answer.text, answer.headers["echo"]) == (202, "firstsecond", "heard")
    assert behind.path == "/webhooks/mightycall/some-id?x=%2F&y=a+b"
    assert behind.body == body
    assert ", ".join(behind.values("x-signature")) == "one, two"
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def test_an_answer_is_passed_on_while_it_comes(lonely: httpx.Client, behind: Upstream) -> None:
    behind.may_finish.clear()
    with lonely.stream("POST", "/webhooks/x", content=b"{}") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        behind.may_finish.set()
        assert b"".join(parts) == b"second"


def test_a_body_is_passed_on_in_pieces(lonely: httpx.Client, behind: Upstream) -> None:
    behind.may_finish.set()
    pieces = [b"x" * 100_000] * 20
    headers = {"content-length": str(sum(map(len, pieces)))}
    assert lonely.post("/webhooks/x", content=iter(pieces), headers=headers).status_code == 202
    assert len(behind.body) == 2_000_000
