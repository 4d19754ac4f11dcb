"""`python -m admin` on the real database."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from admin.__main__ import main
from devstack.layout import REPOSITORY
from tests.support.people import People
from tools.scratch import Database

HOLDING = UUID(int=0)

Said = tuple[int, str, str]
Admin = Callable[..., Said]
SignUp = Callable[..., UUID]


@pytest.fixture
def admin(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Admin:
    """Run a command; gives its exit code and what it said."""
    monkeypatch.setenv("ADMIN_DATABASE_URL", database.url())

    def run(*arguments: str) -> Said:
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def sign_up(database: Database) -> SignUp:
    """Let somebody sign up."""

    def sign_up(email: str, *, confirmed: bool = True) -> UUID:
        (user_id,) = select(database, "select tests.user_at(%s, %s)", email, confirmed)[0]
        assert isinstance(user_id, UUID)
        return user_id

    return sign_up


def select(database: Database, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(statement, arguments).fetchall()


def platform_admins(database: Database) -> set[UUID]:
    return {row[0] for row in select(database, "select user_id from private.platform_admins")}


def test_the_first_platform_admin_is_made(database: Database, admin: Admin, sign_up: SignUp) -> None:
    user_id = sign_up("robin@operator.example")
    assert admin("grant", "Robin@Operator.example") == (0, "robin@operator.example is a platform admin now.\n", "")
    assert platform_admins(database) == {user_id}


def test_granting_again_changes_nothing(database: Database, admin: Admin, sign_up: SignUp) -> None:
    sign_up("robin@operator.example")
    admin("grant", "robin@operator.example")
    assert admin("grant", "robin@operator.example") == (0, "robin@operator.example is a platform admin already.\n", "")
    assert len(platform_admins(database)) == 1


def test_the_audit_trail_names_a_process(database: Database, admin: Admin, sign_up: SignUp) -> None:
    user_id, _ = sign_up("robin@operator.example"), sign_up("second@operator.example")
    admin("grant", "robin@operator.example")
    admin("grant", "second@operator.example")
    admin("revoke", "robin@operator.example")
    entries = select(
        database,
        "select org_id, actor_kind, actor, action from public.audit_entries"
        " where resource = 'platform_admins' and row_key ->> 'user_id' = %s order by id",
        str(user_id),
    )
    assert entries == [(HOLDING, "process", "postgres", "insert"), (HOLDING, "process", "postgres", "delete")]


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_who_has_not_signed_up_is_told_to(admin: Admin, command: str) -> None:
    code, out, err = admin(command, "nobody@operator.example")
    assert (code, out) == (1, "")
    assert "nobody@operator.example. Sign up first" in err


def test_an_unconfirmed_address_may_be_somebody_elses(database: Database, admin: Admin, sign_up: SignUp) -> None:
    sign_up("robin@operator.example", confirmed=False)
    code, _, err = admin("grant", "robin@operator.example")
    assert (code, platform_admins(database)) == (1, set())
    assert "has not confirmed the address" in err


def test_of_several_with_an_address_one_is_chosen_by_id(database: Database, admin: Admin, sign_up: SignUp) -> None:
    with database.connect("supabase_admin") as connection:
        # Hosted Auth's index leaves out who signs in by single sign-on.
        connection.execute("drop index if exists auth.users_email_partial_key")
        connection.execute("alter table auth.users drop constraint if exists users_email_key")
    ids = [sign_up("robin@operator.example"), sign_up("robin@operator.example")]
    code, _, err = admin("grant", "robin@operator.example")
    assert (code, platform_admins(database)) == (1, set())
    assert all(str(user_id) in err for user_id in ids)
    assert admin("grant", str(ids[1]).upper())[0] == 0
    assert platform_admins(database) == {ids[1]}


def test_a_platform_admin_is_one_no_more(database: Database, admin: Admin, sign_up: SignUp, people: People) -> None:
    sign_up("robin@operator.example")
    other = people.platform_admin()
    admin("grant", "robin@operator.example")
    assert admin("revoke", "robin@operator.example") == (
        0,
        "robin@operator.example is no platform admin any more.\n",
        "",
    )
    assert platform_admins(database) == {other}


def test_the_last_platform_admin_stays(database: Database, admin: Admin, sign_up: SignUp) -> None:
    user_id = sign_up("robin@operator.example")
    admin("grant", "robin@operator.example")
    code, _, err = admin("revoke", "robin@operator.example")
    assert (code, platform_admins(database)) == (1, {user_id})
    assert "robin@operator.example is the last platform admin" in err


def test_who_is_none_can_be_revoked_without_harm(admin: Admin, sign_up: SignUp) -> None:
    sign_up("robin@operator.example")
    assert admin("revoke", "robin@operator.example") == (0, "robin@operator.example is no platform admin.\n", "")


def test_platform_admins_are_listed_with_who_made_them(database: Database, admin: Admin, sign_up: SignUp) -> None:
    assert admin("list")[:2] == (0, "There are no platform admins yet. python -m admin grant E-MAIL makes one.\n")
    first, second = sign_up("robin@operator.example"), sign_up("second@operator.example")
    admin("grant", "robin@operator.example")
    with database.connect() as connection:
        connection.execute("insert into private.platform_admins (user_id, granted_by) values (%s, %s)", [second, first])
    code, out, _ = admin("list")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 2)
    assert lines[0].startswith("robin@operator.example  since 20")
    assert lines[1].endswith(", by robin@operator.example")


@pytest.fixture
def trails(database: Database, people: People) -> dict[str, UUID]:
    """Two organizations with sealed trails."""
    organizations = {name: people.organization(name) for name in ("Acme", "Globex")}
    with database.connect() as connection:
        connection.execute("update public.organizations set time_zone = 'Europe/Paris' where id <> %s", [HOLDING])
        connection.execute("select private.seal_audit_entries(now())")
    return organizations


def tamper(database: Database, statement: str, org_id: UUID) -> None:
    """Change a trail as somebody who owns the database can."""
    with database.connect() as connection:
        for table in ("public.audit_entries", "private.audit_seals"):
            connection.execute(f"alter table {table} disable trigger user".encode())
        connection.execute(statement.encode(), [org_id])


@pytest.mark.usefixtures("trails")
def test_untouched_trails_verify_the_platforms_own_first(admin: Admin) -> None:
    code, out, _ = admin("verify-audit")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 3)
    assert [line.split(" (")[0] for line in lines] == ["ok  the platform", "ok  Acme", "ok  Globex"]
    assert all(" 0 wait to be, head " in line and "none yet" not in line for line in lines)


def test_what_waits_for_its_seal_is_counted(database: Database, admin: Admin, trails: dict[str, UUID]) -> None:
    with database.connect() as connection:
        connection.execute("update public.organizations set name = 'Acme again' where id = %s", [trails["Acme"]])
    assert " 1 wait to be" in admin("verify-audit", "--org", str(trails["Acme"]))[1]


def test_a_changed_trail_is_found_and_named(database: Database, admin: Admin, trails: dict[str, UUID]) -> None:
    tamper(database, "update public.audit_entries set actor = 'nobody' where org_id = %s", trails["Acme"])
    code, out, _ = admin("verify-audit")
    assert code == 1
    assert f"BROKEN  Acme ({trails['Acme']}): the entry or its seal was changed (seal 1, entry " in out
    assert "ok  Globex" in out
    assert admin("verify-audit", "--org", str(trails["Globex"]))[0] == 0


def test_an_entry_that_nobody_seals_is_found(database: Database, admin: Admin, trails: dict[str, UUID]) -> None:
    tamper(database, "delete from private.audit_seals where org_id = %s and position > 1", trails["Acme"])
    code, out, _ = admin("verify-audit", "--org", str(trails["Acme"]))
    assert code == 1
    assert "the entry was never sealed, and nothing waits to seal it (entry " in out


def test_a_name_does_not_command_the_terminal(database: Database, admin: Admin, people: People) -> None:
    org_id = people.organization("Acme \x1b[2J")
    assert "ok  Acme ?[2J" in admin("verify-audit", "--org", str(org_id))[1]


def test_an_unknown_organization_is_named(admin: Admin) -> None:
    org_id = uuid4()
    assert admin("verify-audit", "--org", str(org_id)) == (1, "", f"There is no organization {org_id}.\n")


def test_another_role_is_told_which_one_it_takes(
    database: Database, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_DATABASE_URL", database.url("sync"))
    code, _, err = admin("list")
    assert (code, "has to connect as postgres" in err) == (1, True)


def test_a_database_that_is_away_fails(database: Database, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_DATABASE_URL", "postgresql://postgres:hush@127.0.0.1:9/postgres")
    code, _, err = admin("list")
    assert (code, "OperationalError" in err, "hush" in err) == (1, True, False)


def test_it_is_a_program(database: Database) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "admin", "list"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "ADMIN_DATABASE_URL": database.url()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


CALLS = """
  insert into public.calls (
    id, org_id, integration_id, provider_call_id, direction, started_at, outcome, wait_seconds, talk_seconds
  )
  select
    gen_random_uuid(), o.id, i.id, 'call-' || n, 'inbound', now() - make_interval(hours => 2 + n), 'answered', n, 60
  from public.organizations o
  cross join (select id from public.integrations limit 1) i
  cross join generate_series(1, 100) n
  where o.id = %s
"""


@pytest.fixture
def counted(database: Database, sign_up: SignUp) -> UUID:
    """An organization with a hundred calls that are counted."""
    with database.connect() as connection:
        [(org_id,)] = connection.execute(
            "insert into public.organizations (name, time_zone) values ('Acme', 'Asia/Kathmandu') returning id"
        ).fetchall()
        connection.execute(
            "insert into public.integrations (org_id, name) values (private.holding_org_id(), 'MightyCall')"
        )
        connection.execute(CALLS, [org_id])
        while connection.execute("select private.fold_rollups(31, now())").fetchall() != [(0,)]:
            pass
    assert isinstance(org_id, UUID)
    return org_id


def test_rollups_that_hold_what_the_calls_give_are_well(admin: Admin, counted: UUID) -> None:
    code, out, err = admin("verify-rollups")
    assert (code, err) == (0, "")
    assert f"ok  Acme ({counted})" in out


def test_a_rollup_that_was_tampered_with_is_found_and_rebuilt(database: Database, admin: Admin, counted: UUID) -> None:
    select(database, "update private.call_rollups set answered = answered + 1 where level = 'line' returning 1")
    code, out, _ = admin("verify-rollups", "--org", str(counted))
    assert code == 1
    assert f"DIFFERS  Acme ({counted})" in out
    assert "missing: " in out
    code, out, _ = admin("rebuild-rollups", "--org", str(counted))
    assert code == 0
    assert "days" in out
    assert admin("verify-rollups", "--org", str(counted))[0] == 0


def test_rollups_of_an_unknown_organization(admin: Admin) -> None:
    org_id = uuid4()
    assert admin("verify-rollups", "--org", str(org_id)) == (1, "", f"There is no organization {org_id}.\n")
