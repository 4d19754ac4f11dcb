"""What the other tests stand on stands."""

from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.people import People
from tests.support.pgtap import TapRunner
from tests.support.programs import Door
from tests.support.tokens import Tokens
from tools.scratch import Database, ScratchCluster

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_each_of_our_roles_signs_in_and_none_is_a_superuser(database: Database) -> None:
    for role in ("postgres", "authenticator", "webhooks", "sync"):
        with database.connect(role) as connection:
            row = connection.execute("select session_user, current_setting('is_superuser')").fetchone()
        assert row == (role, "off")


def test_a_database_starts_empty(database: Database) -> None:
    with database.connect() as connection:
        assert connection.execute("select count(*) from public.calls").fetchone() == (0,)


def test_postgrest_shows_each_their_own(postgrest: Door, people: People) -> None:
    acme, other = people.organization("Acme"), people.organization("Other")
    line = people.line(acme, people.phone_number(people.integration(), "+12125550101"))
    call = people.call(line, NOW)
    seen = {}
    for who, user in {
        "admin": people.member(acme, "org_admin"),
        "agent": people.member(acme, "agent", line),
        "agent without lines": people.member(acme, "agent"),
        "somebody else": people.member(other, "org_admin"),
        "operator": people.platform_admin(),
    }.items():
        with postgrest.as_user(user) as client:
            seen[who] = [row["id"] for row in client.get("/calls?select=id").raise_for_status().json()]
    assert seen == {
        "admin": [str(call)],
        "agent": [str(call)],
        "agent without lines": [],
        "somebody else": [],
        "operator": [str(call)],
    }
    with postgrest.client() as client:
        assert client.get("/calls").status_code == 401


@pytest.mark.parametrize("kind", ["expired", "unsigned", "signed by somebody else"])
def test_postgrest_believes_no_other_token(postgrest: Door, people: People, jwt: Tokens, kind: str) -> None:
    user = people.user()
    token = {
        "expired": jwt(user, exp=1),
        "unsigned": jwt.sign({"sub": str(user), "role": "authenticated"}, "none"),
        "signed by somebody else": Tokens("not the stack's secret, but long enough")(user),
    }[kind]
    with postgrest.with_token(token) as client:
        assert client.get("/profiles").status_code == 401


def test_what_a_story_selects_is_no_tap(migrated: Database, cluster: ScratchCluster) -> None:
    """A value that looks like a plan to the parser, as one UUID in thirty does, is left out."""
    with cluster.database(migrated.name) as database, psycopg.connect(database.url()) as connection:
        connection.execute("set search_path = public, extensions")
        story = b"select plan(1); select '1ab5c2d0'; select pass('it ran'); select * from finish();"
        lines = TapRunner(connection).run(story)

    assert [line.split("\n")[0] for line in lines] == ["1..1", "ok 1 - it ran"]
