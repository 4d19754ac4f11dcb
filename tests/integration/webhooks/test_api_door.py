"""A key from its making to its end, before a real PostgREST."""

import base64
import csv
import io
import json
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from tests.integration.sync.processes import until
from tests.integration.webhooks.api_world import ApiWorld, Key, Organization, digest
from tests.support import programs
from tests.support.programs import Door, Stack
from tools.scratch import Database, ScratchCluster

MIB = 1024 * 1024
REFUSAL = {"error": "unauthorized", "message": "The API key is missing or not valid."}
LIMITS = {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}


@pytest.fixture(scope="module")
def rest(cluster: ScratchCluster, app_database: Database) -> Iterator[Door]:
    with programs.postgrest(cluster, app_database) as door:
        yield door


@pytest.fixture(scope="module")
def api(cluster: ScratchCluster, app_database: Database, rest: Door) -> Iterator[Door]:
    with programs.webhook_app(cluster, app_database, rest) as door:
        yield door


@pytest.fixture(scope="module")
def world(app_database: Database, rest: Door, api: Door) -> ApiWorld:
    return ApiWorld(app_database, rest, api)


@pytest.fixture(scope="module")
def acme(world: ApiWorld) -> Organization:
    return world.organization()


@pytest.fixture(scope="module")
def key(world: ApiWorld, acme: Organization) -> Key:
    """A key that lasts for all tests of this module; those that end one make their own."""
    return world.key(acme, "calls:read")


def _ids(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()}


def _refused(answer: httpx.Response) -> bool:
    if answer.status_code != 401:
        return False
    assert answer.json() == REFUSAL
    assert not LIMITS & answer.headers.keys()
    return True


def test_a_key_reads_its_organization_until_it_is_revoked(world: ApiWorld) -> None:
    acme, other = world.organization(), world.organization()
    key = world.key(acme, "calls:read")
    with world.holding(key) as program:
        assert _ids(program.get("calls?select=id")) == acme.calls
        assert _ids(program.get(f"calls?select=id&org_id=eq.{other.id}")) == set()
        assert _ids(program.get("organizations?select=id")) == {str(acme.id)}
        assert [row["org_id"] for row in program.get("lines?select=org_id").json()] == [str(acme.id)]
        with world.rest.as_user(other.admin) as stranger:
            assert stranger.post("/rpc/revoke_api_key", json={"p_api_key_id": str(key.id)}).status_code == 404
        assert program.get("calls?select=id").status_code == 200
        with world.rest.as_user(acme.admin) as admin:
            admin.post("/rpc/revoke_api_key", json={"p_api_key_id": str(key.id)}).raise_for_status()
        assert _refused(program.get("calls?select=id"))


def test_a_platform_wide_key_reads_every_organization(world: ApiWorld, acme: Organization) -> None:
    other = world.organization()
    with world.holding(world.key(None, "calls:read")) as program:
        assert _ids(program.get("organizations?select=id")) >= {str(acme.id), str(other.id)}
        assert _ids(program.get("calls?select=id")) >= acme.calls | other.calls


def test_a_key_reads_what_its_scopes_name(world: ApiWorld, acme: Organization) -> None:
    read = {"calls:read": "calls", "members:read": "org_members", "sync:read": "integrations"}
    for scope in read:
        with world.holding(world.key(acme, scope)) as program:
            for other, table in read.items():
                rows = program.get(table, params={"select": "org_id"})
                assert rows.status_code == 200
                assert ({row["org_id"] for row in rows.json()} == {str(acme.id)}) == (scope == other), (scope, table)


def test_what_is_not_for_keys_is_postgrests_to_refuse(world: ApiWorld, key: Key) -> None:
    with world.holding(key) as program:
        for path in ("api_keys", "profile_settings", "no_such_table"):
            answer = program.get(path)
            assert answer.status_code in {403, 404}, path
            assert answer.json().keys() >= {"code", "message"}
            assert answer.headers.keys() >= LIMITS
        assert program.post(
            "rpc/create_api_key", json={"p_org_id": None, "p_name": "x", "p_scopes": []}
        ).is_client_error
        assert program.post("rpc/no_such_function", json={}).status_code == 404


def test_an_expired_key_is_unknown(world: ApiWorld, acme: Organization) -> None:
    key = world.key(acme, "calls:read", expires_at=datetime.now(UTC) + timedelta(hours=1))
    with world.holding(key) as program:
        assert program.get("calls").status_code == 200
        used = world.used(key)
        world.query("update private.api_keys set expires_at = now() - interval '1 second' where id = %s", key.id)
        assert _refused(program.get("calls"))
    assert world.used(key) == used


def test_the_keys_of_an_archived_organization_are_unknown_until_it_is_back(world: ApiWorld) -> None:
    acme = world.organization()
    with world.holding(world.key(acme, "calls:read")) as program:
        for archived_at, is_refused in ((None, False), (datetime.now(UTC), True), (None, False)):
            world.query("update public.organizations set archived_at = %s where id = %s", archived_at, acme.id)
            assert _refused(program.get("calls?select=id")) == is_refused


def test_unknown_keys_are_refused_alike_and_write_nothing(world: ApiWorld, key: Key, acme: Organization) -> None:
    def kept() -> list[dict[str, object]]:
        return world.query(
            "select (select count(*) from private.api_grants), (select sum(used) from private.api_key_minutes)"
        )

    before = kept()
    unknown = f"{key.secret[:-43]}{'x' * 43}"
    user = world.rest.tokens(acme.admin)
    bad: list[dict[str, str]] = [
        *({}, {"authorization": f"Bearer {unknown}"}, {"x-api-key": unknown}, {"authorization": "Bearer"}),
        *({"authorization": f"Bearer {user}"}, {"x-api-key": user}, {"apikey": key.secret}),
        *({"authorization": f"Basic {key.secret}"}, {"cookie": f"x-api-key={key.secret}"}),
        {"authorization": f"Bearer {user}", "x-api-key": key.secret},
        {"authorization": f"Bearer {key.secret}", "x-api-key": unknown},
    ]
    with world.door.client() as client:
        answers = [client.get("/api/v1/calls", headers=headers) for headers in bad]
        answers.append(client.get(f"/api/v1/calls?apikey={key.secret}&x-api-key={key.secret}"))
    assert all(map(_refused, answers))
    assert len({(answer.content, frozenset(answer.headers) - {"date"}) for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"].startswith("Bearer ")
    assert kept() == before


def test_a_key_sent_twice_is_none(world: ApiWorld, key: Key) -> None:
    with world.door.client() as client:
        for names in (["authorization", "authorization"], ["x-api-key", "x-api-key"]):
            value = f"Bearer {key.secret}" if names[0] == "authorization" else key.secret
            assert _refused(client.get("/api/v1/calls", headers=[(name, value) for name in names]))


def test_the_requests_of_a_minute_are_told_and_counted(world: ApiWorld, acme: Organization) -> None:
    key = world.key(acme)
    with world.holding(key) as program:
        answers = [program.get("calls?limit=0"), program.get("no_such_table"), program.head("calls")]
    assert {int(answer.headers["ratelimit-limit"]) for answer in answers} == {1000}
    for answer in answers:
        assert 0 < int(answer.headers["ratelimit-reset"]) <= 60
        assert int(answer.headers["ratelimit-remaining"]) <= 999
    assert world.used(key) == 3


# What PostgREST offers.


def test_a_page_its_count_and_its_head(world: ApiWorld, key: Key) -> None:
    with world.holding(key) as program:
        page = program.get("calls?select=id&order=id", headers={"range": "0-1", "prefer": "count=exact, tx=rollback"})
        assert (page.status_code, page.headers["content-range"], len(page.json())) == (206, "0-1/3", 2)
        rest = program.get("calls?select=id&order=id&offset=2")
        assert len(rest.json()) == 1
        assert program.get("calls", headers={"range": "7-9", "prefer": "count=exact"}).status_code == 416
        head = program.head("calls", headers={"prefer": "count=exact"})
        assert (head.status_code, head.content, head.headers["content-range"]) == (200, b"", "0-2/3")
        assert head.headers["content-type"].startswith("application/json")
        again = program.get("calls?limit=1")
        assert again.status_code == 200, "nothing was left on the connection"


def test_a_table_for_a_spreadsheet(world: ApiWorld, key: Key, acme: Organization) -> None:
    with world.holding(key, accept="text/csv") as program:
        answer = program.get("calls?select=id,org_id,started_at,lines(label)")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["id"] for row in rows} == acme.calls


def test_figures_are_asked_for_either_way(world: ApiWorld, key: Key, acme: Organization) -> None:
    asked = {
        "p_org_id": str(acme.id),
        "p_from": (datetime.now(UTC) - timedelta(days=1)).isoformat(),
        "p_to": datetime.now(UTC).isoformat(),
    }
    with world.holding(key) as program:
        posted = program.post("rpc/kpi_summary", json=asked)
        assert posted.status_code == 200, posted.text
        assert {row["kpi"]: row["value"] for row in posted.json()}["offered"] == 3
        assert program.get("rpc/kpi_summary", params=asked).json() == posted.json()
        in_chunks = program.post("rpc/kpi_summary", content=iter([json.dumps(asked).encode()]))
        assert in_chunks.json() == posted.json()
        stranger = world.organization()
        refused = program.post("rpc/kpi_summary", json=asked | {"p_org_id": str(stranger.id)})
        assert (refused.status_code, refused.json()["details"]) == (404, "organization_not_found")
        assert program.post("rpc/kpi_summary", content=b"{").status_code == 400
    with world.holding(world.key(acme, "members:read")) as program:
        refused = program.post("rpc/kpi_summary", json=asked)
        assert (refused.status_code, refused.json()["details"]) == (403, "scope_missing")


def test_a_pull_may_be_asked_for(world: ApiWorld, acme: Organization) -> None:
    asked = {"p_org_id": str(acme.id), "p_resource": "calls"}
    with world.holding(world.key(acme, "sync:request")) as program:
        answer = program.post("rpc/request_sync", json=asked)
        assert answer.status_code == 200, answer.text
        [job] = answer.json()
        assert world.query("select kind from public.sync_jobs where id = %s", job["job_id"]) == [{"kind": "requested"}]
        assert program.get("rpc/request_sync", params=asked).status_code in {400, 405}, "a reading writes nothing"
    with world.holding(world.key(acme, "calls:read")) as program:
        assert program.post("rpc/request_sync", json=asked).json()["details"] == "scope_missing"


def test_functions_without_arguments_and_large_ones(world: ApiWorld, key: Key) -> None:
    with world.holding(key) as program:
        assert program.post("rpc/kpi_summary").status_code in {400, 404}
        fits = program.post("rpc/no_such_function", json={"p": "x" * (MIB - 100)})
        assert (fits.status_code, fits.json()["code"]) == (404, "PGRST202")
        used = world.used(key)
        for content in (b"x" * (MIB + 1), b"x" * (5 * MIB)):
            answer = program.post("rpc/kpi_summary", content=content)
            assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
        assert world.used(key) == used
        answer = program.post("rpc/kpi_summary", content=iter([b"x" * 65536] * 20))
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
        assert answer.headers.keys() >= LIMITS
        assert program.get("calls?limit=0").status_code == 200


# What is not passed on.


@pytest.fixture(scope="module")
def request_seen(world: ApiWorld) -> str:
    """An RPC that tells what PostgREST was sent and as whom."""
    with world.database.connect() as connection:
        connection.execute(
            """
            create function public.request_seen() returns json language sql volatile as $$
              select json_build_object(
                'role', current_user, 'headers', current_setting('request.headers')::json,
                'cookies', current_setting('request.cookies', true), 'schema', current_schema
              )
            $$;
            grant execute on function public.request_seen() to api_reader, authenticated;
            notify pgrst, 'reload schema'
            """
        )
    with world.rest.as_user(world.people.user()) as user:
        until(lambda: user.post("/rpc/request_seen").status_code == 200, "PostgREST to know the function")
    return "rpc/request_seen"


def test_what_a_program_says_of_itself_is_left_outside(world: ApiWorld, key: Key, request_seen: str) -> None:
    lies = {
        "x-api-grant": "stolen",
        "x_api_grant": "stolen",
        "apikey": "service",
        "cookie": "a=b",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-host": "elsewhere.example",
        "x-real-ip": "203.0.113.9",
        "forwarded": "for=203.0.113.9",
        "prefer": "tx=rollback, handling=lenient",
        "accept-profile": "private",
        "content-profile": "private",
        "x-http-method-override": "DELETE",
        "connection": "keep-alive, x-api-grant",
        "user-agent": "somebody",
    }
    with world.holding(key, **lies) as program:
        seen = program.post(request_seen, json={}).json()
    assert seen["role"] == "api_reader"
    assert seen["headers"].keys() == {
        *("host", "user-agent", "x-api-grant", "accept", "accept-encoding", "content-type", "content-length", "prefer"),
    }
    assert seen["headers"]["prefer"] == "handling=lenient"
    assert seen["headers"]["user-agent"] == "victorysync-api"
    assert seen["headers"]["x-api-grant"] != "stolen"
    assert not seen["cookies"] or seen["cookies"] == "{}"


def test_a_preference_to_roll_back_is_not_heard(world: ApiWorld, acme: Organization) -> None:
    with world.holding(world.key(acme, "sync:request"), prefer="tx=rollback") as program:
        answer = program.post("rpc/request_sync", json={"p_org_id": str(acme.id), "p_resource": "phone_numbers"})
        assert answer.status_code == 200, answer.text
        [job] = answer.json()
    assert world.query("select 1 as found from public.sync_jobs where id = %s", job["job_id"])


def test_the_answers_headers_are_those_that_describe_it(world: ApiWorld, key: Key) -> None:
    with world.holding(key) as program:
        answer = program.get("calls?select=id")
    assert answer.headers.keys() <= LIMITS | {
        *("server", "date", "connection", "cache-control", "transfer-encoding"),
        *("content-type", "content-range", "content-length"),
    }
    assert answer.headers["server"] == "gunicorn"
    assert answer.headers["cache-control"] == "private, no-cache"


# One thing for another.


def _seen_grant(world: ApiWorld, key: Key, request_seen: str) -> str:
    with world.holding(key) as program:
        grant: str = program.post(request_seen, json={}).json()["headers"]["x-api-grant"]
    return grant


def test_a_key_and_a_grant_are_no_tokens(world: ApiWorld, key: Key, request_seen: str) -> None:
    grant = _seen_grant(world, key, request_seen)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", grant)
    for secret in (key.secret, grant):
        with world.rest.with_token(secret) as client:
            answer = client.get("/calls")
            assert (answer.status_code, answer.json()["code"]) == (401, "PGRST301")
    with world.rest.client({"x-api-key": key.secret, "x-api-grant": key.secret}) as client:
        answer = client.get("/calls")
        assert (answer.status_code, answer.json()["details"]) == (401, "api_grant_unknown")
    with world.door.client({"authorization": f"Bearer {grant}"}) as client:
        assert _refused(client.get("/api/v1/calls"))


def test_a_grant_is_good_for_a_minute(world: ApiWorld, key: Key, acme: Organization, request_seen: str) -> None:
    grant = _seen_grant(world, key, request_seen)
    kept = world.query("select expires_at - now() as left from private.api_grants where grant_hash = %s", digest(grant))
    assert timedelta(0) < kept[0]["left"] <= timedelta(minutes=1)
    with world.rest.client({"x-api-grant": grant}) as client:
        assert _ids(client.get("/calls?select=id")) == acme.calls
        world.query("update private.api_grants set expires_at = now() where grant_hash = %s", digest(grant))
        answer = client.get("/calls?select=id")
        assert (answer.status_code, answer.json()["code"]) == (401, "PT401")
        assert answer.json()["details"] == "api_grant_unknown"


def test_a_grant_outlives_no_key(world: ApiWorld, acme: Organization) -> None:
    key, grant = world.key(acme), secrets.token_urlsafe(32)
    world.query(
        "select * from private.open_api_request(%s, %s, now())", digest(key.secret), digest(grant), role="webhooks"
    )
    with world.rest.client({"x-api-grant": grant}) as client:
        assert _ids(client.get("/calls?select=id")) == acme.calls
        world.query("update private.api_keys set revoked_at = now() where id = %s", key.id)
        assert _ids(client.get("/calls?select=id")) == set()


def test_a_users_token_and_a_grant_do_not_add_up(
    world: ApiWorld, key: Key, acme: Organization, request_seen: str
) -> None:
    grant, other = _seen_grant(world, key, request_seen), world.organization()
    with world.rest.client(
        {"x-api-grant": grant, "authorization": f"Bearer {world.rest.tokens(other.admin)}"}
    ) as client:
        assert _ids(client.get("/calls?select=id")) <= acme.calls
        assert client.post("/rpc/request_seen").json()["role"] == "api_reader"


# The path and the bytes before it.


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/rpc%2fkpi_summary", "/api/v1/../rest/v1/calls", "/api/v1/rpc/../calls", "/api/v1//calls"),
        *(
            "/api/v1/%2e%2e/calls",
            "/api/v1/Calls",
            "/api/v1/c%61lls",
            "/api/v1/c\u0430lls",
            "/api/v1/calls/",
            "/api/v1/",
        ),
        *("/api/v1/calls%00", "/api/v1/calls;a=b", "/api/v1/rpc//kpi_summary", "/api/v1/calls%3fselect=id", "/api/v1"),
    ],
)
def test_a_path_has_one_spelling(world: ApiWorld, key: Key, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Key: {key.secret}\r\n\r\n"
    answer = world.send(head.encode())
    # What is not ASCII is no request at all to the server.
    assert answer.split(b" ")[1] == (b"404" if path.isascii() else b"400")
    assert not path.isascii() or json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "not_found"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "OPTIONS"])
def test_nothing_is_written_through_a_table(world: ApiWorld, key: Key, method: str) -> None:
    with world.holding(key) as program:
        answer = program.request(method, "calls", json={"outcome": "missed"})
        assert (answer.status_code, answer.json()["error"]) == (405, "method_not_allowed")


def _head(key: Key, *lines: str, method: str = "POST", path: str = "/api/v1/rpc/request_seen") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: x", f"X-Api-Key: {key.secret}", *lines, "", ""]
    return "\r\n".join(head).encode("latin-1")


SMUGGLED = b"GET /api/v1/calls HTTP/1.1\r\nHost: x\r\nX-Api-Grant: stolen\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 5, 6"],
        ["Content-Length: +5"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked, identity"],
        ["Transfer-Encoding : chunked"],
        ["Accept: a", " x-api-grant: stolen"],
        ["Accept: a\rx-api-grant: stolen"],
        ["Accept: a\0b"],
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(
    world: ApiWorld, key: Key, request_seen: str, lines: list[str]
) -> None:
    used = world.used(key)
    answers = world.send(_head(key, *lines) + b"0\r\n\r\n" + SMUGGLED)
    assert re.match(rb"HTTP/1\.1 (400|501) ", answers), answers
    assert answers.count(b"HTTP/1.1 ") == 1
    assert world.used(key) == used


def test_a_body_that_looks_like_a_request_is_a_body(world: ApiWorld, key: Key, request_seen: str) -> None:
    used = world.used(key)
    answers = world.send(_head(key, f"Content-Length: {len(SMUGGLED)}", "Connection: close") + SMUGGLED)
    assert answers.startswith(b"HTTP/1.1 400 ")
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
    assert world.send(_head(key, "Transfer-Encoding: chunked", "Connection: close") + chunk).startswith(
        b"HTTP/1.1 400 "
    )
    reading = _head(
        key, f"Content-Length: {len(SMUGGLED)}", "Connection: close", method="GET", path="/api/v1/calls?limit=0"
    )
    assert world.send(reading + SMUGGLED).count(b"HTTP/1.1 ") == 1
    assert world.used(key) == used + 3


def test_two_requests_in_one_breath_have_two_answers(world: ApiWorld, key: Key) -> None:
    one = _head(key, method="GET", path="/api/v1/calls?select=id&limit=1")
    two = _head(key, "Connection: close", method="GET", path="/api/v1/organizations?select=id")
    answers = world.send(one + two)
    assert answers.count(b"HTTP/1.1 200 OK") == 2


def test_a_name_in_any_alphabet_is_found(world: ApiWorld, key: Key, acme: Organization) -> None:
    named = min(acme.calls)
    world.query("update public.calls set external_name = 'Jürgen & Søn ☎' where id = %s", named)
    with world.holding(key) as program:
        assert _ids(program.get("calls", params={"select": "id", "external_name": "eq.Jürgen & Søn ☎"})) == {named}


def test_a_long_question_is_asked(world: ApiWorld, key: Key, acme: Organization) -> None:
    ids = ",".join(sorted(acme.calls) * 60)
    with world.holding(key) as program:
        assert _ids(program.get(f"calls?select=id&id=in.({ids})")) == acme.calls
        assert program.get(f"calls?select=id&id=in.({ids},{ids})").status_code == 414


def test_the_log_holds_no_secret_no_grant_and_no_question(world: ApiWorld, key: Key, request_seen: str) -> None:
    grant = _seen_grant(world, key, request_seen)
    with world.holding(key) as program:
        program.get("calls?external_number=eq.%2B12125550111")
        program.get("calls?no_such_column=eq.whispered")
    for head in (
        f"GET /api/v1/calls?external_name=eq.whispered HTTP/9\r\nX-Api-Key: {key.secret}\r\n\r\n",
        f"GET /api/v1/calls?a=whispered b HTTP/1.1\r\nX-Api-Key: {key.secret}\r\n\r\n",
        f"GET /api/v1/calls HTTP/1.1\r\nX-Api-Key {key.secret}\r\n\r\n",
        f"GET /api/v1/calls HTTP/1.1\r\nX-Api-Key\0: {key.secret}\r\n\r\n",
    ):
        assert b" 400 " in world.send(head.encode()).partition(b"\r\n")[0]
    log = world.door.part.daemon.log.read_text()
    assert "Invalid request" in log
    for secret in (key.secret, key.secret[13:], grant, "whispered", "2125550111", "external_n", "no_such_column"):
        assert secret not in log
    assert base64.b64encode(digest(key.secret)).decode() not in log


def test_the_api_is_well_and_says_so(world: ApiWorld) -> None:
    with world.door.client() as client:
        for path in ("/health", "/api/health", "/readyz", "/healthz"):
            assert client.get(path).json()["status"] == "ok"


def test_without_postgrest_there_is_no_door(app: Door) -> None:
    with app.client({"x-api-key": "vsk_aaaaaaaa_" + "x" * 43}) as client:
        for path in ("/api/v1/calls", "/api/v1/rpc/kpi_summary", "/api/v1"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
        assert client.get("/health").json().keys() == {"status", "timestamp"}


def test_the_one_origin_leads_to_the_door(stack: Stack) -> None:
    world = ApiWorld(stack.database, stack.postgrest, stack.gateway)
    acme = world.organization()
    key = world.key(acme)
    with world.holding(key, **{"x-api-grant": "stolen", "prefer": "count=exact"}) as program:
        answer = program.get("calls?select=id")
        assert _ids(answer) == acme.calls
        assert answer.headers["content-range"] == "0-2/3"
        assert answer.headers.keys() >= LIMITS
        assert program.post("rpc/kpi_summary", json={}).status_code == 404
        assert program.get("calls/").status_code == 404
    with stack.gateway.client(
        {"apikey": stack.keys.publishable_key, "authorization": f"Bearer {key.secret}"}
    ) as client:
        assert client.get("/rest/v1/calls").status_code == 401


def test_an_id_is_what_the_admin_sees(world: ApiWorld, acme: Organization, key: Key) -> None:
    with world.rest.as_user(acme.admin) as admin:
        listed = {UUID(row["id"]): row for row in admin.get("/api_keys").json()}
    assert listed[key.id]["prefix"] == key.secret[:12]
    assert listed[key.id]["last_used_at"] is not None
