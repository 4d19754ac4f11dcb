"""Tokens that are not Auth's, or not any more, open nothing: never an answer, never a server error."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.isolation.callers import Callers
from tests.isolation.matrix import load
from tests.isolation.world import World
from tests.support.tokens import Tokens

pytestmark = pytest.mark.usefixtures("nothing_changes")

DAY = 86_400

Status = Callable[[str | bytes], int]


@pytest.fixture
def admin(world: World) -> UUID:
    """Somebody who would read a lot."""
    return world.user(load().callers["org_admin"])


@pytest.fixture
def status(callers: Callers, world: World) -> Status:
    """Ask for calls, for a line's new label and for KPIs with an Authorization header; answers with the one status."""

    def status(authorization: str | bytes) -> int:
        value = authorization.encode() if isinstance(authorization, str) else authorization
        client, headers = callers.client("anonymous"), {b"authorization": value}
        acme = str(world.organizations["Acme"].id)
        arguments = {"p_org_id": acme, "p_from": "2020-01-01", "p_to": "2030-01-01"}
        statuses = {
            client.get("/calls", headers=headers).status_code,
            client.head("/calls", headers=headers).status_code,
            client.patch("/lines", headers=headers, json={"label": "Mine"}).status_code,
            client.post("/rpc/kpi_summary", headers=headers, json=arguments).status_code,
            client.get("/rpc/kpi_summary", headers=headers, params=arguments).status_code,
        }
        assert len(statuses) == 1, statuses
        return statuses.pop()

    return status


def test_a_good_token_opens(status: Status, callers: Callers, admin: UUID) -> None:
    """What the others are compared with; the line's label is put back by the fixture's failing otherwise."""
    answer = callers.client("anonymous").get("/calls", headers={"authorization": f"Bearer {callers.tokens(admin)}"})
    assert (answer.status_code, len(answer.json())) == (200, 16)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60},
        {"exp": 0},
        {"exp": -1},
        {"nbf": int(time.time()) + DAY},
        {"iat": int(time.time()) + DAY},
    ],
    ids=["expired", "expired at the epoch", "expired before it", "not yet valid", "issued in the future"],
)
def test_a_token_of_another_time(status: Status, callers: Callers, admin: UUID, claims: dict[str, int]) -> None:
    assert status(f"Bearer {callers.tokens(admin, **claims)}") == 401


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "HS512", "RS256", "ES256", ""])
def test_a_token_that_names_another_algorithm(status: Status, callers: Callers, admin: UUID, algorithm: str) -> None:
    claims = {"sub": str(admin), "role": "authenticated", "exp": int(time.time()) + DAY}
    assert status(f"Bearer {callers.tokens.sign(claims, algorithm)}") == 401


@pytest.mark.parametrize("secret", ["", "secret", "super-secret-jwt-token-with-at-least-32-characters-long"])
def test_a_token_signed_by_somebody_else(status: Status, admin: UUID, secret: str) -> None:
    assert status(f"Bearer {Tokens(secret)(admin)}") == 401


@pytest.mark.parametrize("role", ["authenticated", "postgres", "service_role", "supabase_admin", "webhooks", "sync"])
def test_a_forged_role(status: Status, admin: UUID, role: str) -> None:
    assert status(f"Bearer {Tokens('guessed')(admin, role=role)}") == 401


@pytest.mark.parametrize("part", ["header", "claims", "signature"])
def test_a_token_altered_on_the_way(status: Status, callers: Callers, admin: UUID, world: World, part: str) -> None:
    token = callers.tokens(admin).split(".")
    other = callers.tokens(world.platform_admin, typ="JWT").split(".")
    other[0] = callers.tokens.sign({}, "HS384").split(".")[0]
    position = ["header", "claims", "signature"].index(part)
    token[position] = other[position]
    assert status(f"Bearer {'.'.join(token)}") == 401


@pytest.mark.parametrize(
    "token", ["x", "x.y", "x.y.z", "e30.e30.", "e30.e30.e30", "....", "null", "undefined", "\xff\xfe", "a" * 9000]
)
def test_garbage(status: Status, token: str) -> None:
    assert status(f"Bearer {token}".encode("latin-1")) == 401


@pytest.mark.parametrize("header", ["Bearer", "Basic dXNlcjpwYXNzd29yZA==", "Token abc", ""])
def test_no_token_at_all_is_anonymous(status: Status, header: str) -> None:
    assert status(header) == 401


@pytest.mark.parametrize(
    "role",
    [
        *("postgres", "supabase_admin", "webhooks", "sync", "authenticator", "supabase_auth_admin", "pg_read_all_data"),
        "api_reader",
        *("nobody at all", "", "authenticated; set role postgres", 'authenticated"', "AUTHENTICATED", "public", "none"),
    ],
)
def test_a_role_that_auth_never_gives(status: Status, callers: Callers, admin: UUID, role: str) -> None:
    """Even signed with the right secret: PostgREST may be no other role than the API's."""
    assert status(f"Bearer {callers.tokens(admin, role=role)}") in {400, 401, 403}


@pytest.mark.parametrize("role", ["service_role", "anon"])
def test_the_api_roles_other_than_authenticated_read_nothing(
    status: Status, callers: Callers, admin: UUID, role: str
) -> None:
    assert status(f"Bearer {callers.tokens(admin, role=role)}") in {401, 403}


@pytest.mark.parametrize("role", [None, 1, ["authenticated"], {"name": "authenticated"}, True])
def test_a_role_that_is_no_word(status: Status, callers: Callers, admin: UUID, role: Any) -> None:
    assert status(f"Bearer {callers.tokens(admin, role=role)}") in {400, 401}


@pytest.mark.parametrize("sub", ["", "somebody", "00000000-0000-0000-0000-000000000000", None, 1, ["x"]])
def test_a_user_that_there_is_not(callers: Callers, admin: UUID, sub: Any) -> None:
    token = callers.tokens(admin, sub=sub)
    answer = callers.client("anonymous").get("/calls", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code in {200, 400, 401}
    assert answer.status_code != 200 or answer.json() == []


@pytest.mark.parametrize(
    "header", ["x-user-id", "x-hasura-user-id", "x-forwarded-user", "x-api-grant", "role", "cookie"]
)
def test_a_header_makes_nobody_a_user(callers: Callers, admin: UUID, header: str) -> None:
    answer = callers.client("anonymous").get("/calls", headers={header: str(admin)})
    assert answer.status_code == 401


def test_a_token_in_the_query_is_no_token(callers: Callers, admin: UUID) -> None:
    token = callers.tokens(admin)
    assert callers.client("anonymous").get("/calls", params={"access_token": token}).status_code in {400, 401}
    assert callers.client("anonymous").get("/calls", params={"apikey": token}).status_code in {400, 401}


def test_claims_that_look_like_privileges_give_none(callers: Callers, world: World) -> None:
    """What a user may do is asked of the tables; what their token says of roles counts for nothing."""
    claims = {
        "app_metadata": {"role": "platform_admin", "org_id": str(world.organizations["Acme"].id)},
        "user_metadata": {"role": "org_admin"},
        "platform_admin": True,
        "is_super_admin": True,
        "org_id": str(world.organizations["Acme"].id),
    }
    token = callers.tokens(world.outsider, **claims)
    for table, entry in load().tables.items():
        if "outsider" in entry.verbs["select"]:
            continue
        answer = callers.client("anonymous").get(f"/{table}", headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()) == (200, [])
