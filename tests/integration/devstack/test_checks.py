"""`smoke` and `verify-isolation` against a stack by its URL: they pass where all is well, and only there."""

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
from supabase.lib.client_options import SyncClientOptions
from supabase_auth.types import User

from credentials import KeyRing, seal
from devstack.layout import REPOSITORY
from supabase import Client, create_client
from tests.support.people import People
from tests.support.programs import LIMITS, Stack

PASSWORD = "long enough"
CALLER = "+12125550199"
SECRET = "what deliveries are signed with"


@dataclass(frozen=True)
class Admin:
    """An organization's admin, with an account, a line and a call."""

    email: str
    organization: UUID
    line: UUID


@dataclass(frozen=True)
class Scene:
    """Two organizations on the stack."""

    acme: Admin
    globex: Admin
    operator: str
    """Their address."""
    integration_id: UUID


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Scene:
    people = People(stack.database)
    shared = people.integration()
    integration_id = uuid4()

    def admin(name: str, e164: str, own_integration: bool) -> Admin:
        organization = people.organization(name)
        line = people.line(organization, people.phone_number(shared, e164))
        call = people.call(line, datetime.now(UTC))
        with signed_up(stack) as (client, user):
            people.join(UUID(user.id), organization, "org_admin", line)
            recorded(stack, call)
            message = {"p_line_id": str(line), "p_to": [CALLER], "p_body": "Hello"}
            client.rpc("send_message", message).execute()
            contact = {"p_org_id": str(organization), "p_name": "A customer", "p_numbers": [CALLER]}
            client.rpc("save_contact", contact).execute()
            if own_integration:
                client.rpc("create_integration", sealed_integration(stack, organization, integration_id)).execute()
            return Admin(str(user.email), organization, line)

    with signed_up(stack) as (_, operator), stack.database.connect() as connection:
        connection.execute("insert into private.platform_admins (user_id) values (%s)", [operator.id])
        connection.execute("update public.platform_settings set app_url = %s", [stack.gateway.url])
    return Scene(
        admin("Acme", "+12125550161", True),
        admin("Globex", "+12125550162", False),
        str(operator.email),
        integration_id,
    )


def recorded(stack: Stack, call: UUID) -> None:
    """Put a call's recording into Storage."""
    with stack.database.connect() as connection:
        row = connection.execute("select tests.stored(tests.recording(%s))", [call]).fetchone()
    assert row
    headers = {"apikey": stack.keys.secret_key, "x-upsert": "true", "content-type": "audio/wav"}
    with stack.gateway.client(headers) as service:
        service.post(f"/storage/v1/object/recordings/{row[0]}", content=b"audio").raise_for_status()


@contextmanager
def signed_up(stack: Stack) -> Iterator[tuple[Client, User]]:
    """Give a client of somebody who has just signed up."""
    with httpx.Client(timeout=60, limits=LIMITS, trust_env=False) as connections:
        options = SyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connections)
        client = create_client(stack.gateway.url, stack.keys.publishable_key, options)
        answer = client.auth.sign_up({"email": f"{uuid4()}@people.example", "password": PASSWORD})
        assert answer.user
        yield client, answer.user


def sealed_integration(stack: Stack, organization: UUID, integration_id: UUID) -> dict[str, object]:
    """Return the arguments of create_integration."""
    key = KeyRing.parse(stack.keys.credentials_key).current

    def sealed(purpose: str) -> str:
        wire = seal(
            SECRET.encode(), key.public, organization=str(organization), integration_id=integration_id, purpose=purpose
        )
        return b64encode(wire).decode()

    return {
        "p_org_id": str(organization),
        "p_name": "Acme's account",
        "p_account_type": "call_center",
        "p_webhook_mode": "signed",
        "p_key_id": key.key_id,
        "p_credentials": {purpose: sealed(purpose) for purpose in ("api_key", "user_key", "webhook_secret")},
        "p_id": str(integration_id),
    }


@pytest.fixture
def environment(stack: Stack, scene: Scene) -> dict[str, str]:
    """What describes the stack."""
    return {
        "CHECK_PUBLISHABLE_KEY": stack.keys.publishable_key,
        "CHECK_EMAIL": scene.acme.email,
        "CHECK_PASSWORD": PASSWORD,
        "CHECK_OTHER_EMAIL": scene.globex.email,
        "CHECK_OTHER_PASSWORD": PASSWORD,
        "CHECK_OPERATOR_EMAIL": scene.operator,
        "CHECK_OPERATOR_PASSWORD": PASSWORD,
        "CHECK_INTEGRATION_ID": str(scene.integration_id),
        "CHECK_WEBHOOK_SECRET": SECRET,
    }


Run = Callable[[str, Mapping[str, str]], subprocess.CompletedProcess[str]]


@pytest.fixture
def run(stack: Stack) -> Run:
    """Run a command against the stack as from a shell."""

    def run(command: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHECK_")}
        return subprocess.run(
            [sys.executable, "-m", "devstack", command, "--url", stack.gateway.url],
            cwd=REPOSITORY,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


UNGUARDED = {
    "public.invite_member(uuid, text, text, uuid[])": "select (private.invite($1, $2, $3, $4)).invitation_id",
    "public.set_member_role(uuid, text)": "update public.org_members set role = $2 where id = $1",
    "public.deactivate_members(uuid[])": """
        with changed as (update public.org_members set deactivated_at = now() where id = any ($1) returning 1)
        select count(*)::int from changed""",
    "public.revoke_api_key(uuid)": "update private.api_keys set name = name where id = $1",
    "public.verify_audit_chain(uuid)": "select * from private.check_audit_chain($1)",
    "public.my_sessions()": "select id, created_at, created_at, user_agent, ip, true from auth.sessions",
}
"""Functions of the API that forget to ask who calls."""


@contextmanager
def holes(stack: Stack) -> Iterator[None]:
    """Open holes in the stack for as long as it takes to find them."""
    with stack.database.connect() as connection:
        guarded = {
            name: connection.execute("select pg_get_functiondef(%s::regprocedure)", [name]).fetchone()
            for name in UNGUARDED
        }
        connection.execute(
            """
            create policy hole_select on public.calls for select to authenticated using (true);
            create policy hole_select on public.lines for select to authenticated using (true);
            create policy hole_update on public.lines for update to authenticated using (true);
            create policy hole_insert on public.member_lines for insert to authenticated with check (true);
            create policy hole_select on public.audit_entries for select to authenticated using (true);
            create policy hole_select on private.api_keys for select to authenticated using (true);
            create policy hole_select on public.contact_numbers for select to authenticated using (true);
            create policy hole_recording on storage.objects for select to authenticated using (true);
            create policy hole_api_key on public.calls for select to api_reader using (true);
            alter function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) security definer;
            alter function public.live_summary(uuid, uuid[]) security definer;
            create policy hole_select on public.alert_rules for select to authenticated using (true);
            create policy hole_select on public.documents for select to authenticated using (true);
            grant select on public.organizations to anon;
            create policy hole_anonymous on public.organizations for select to anon using (true);
            grant execute on function public.support_contacts(), private.support_contacts() to anon;
            """
        )
        for name, definition in guarded.items():
            assert definition
            head = definition[0].partition("AS $function$")[0]
            connection.execute(f"{head} AS $function${UNGUARDED[name]}$function$".encode())
            connection.execute(f"alter function {name} security definer volatile".encode())
        try:
            yield
        finally:
            for definition in guarded.values():
                assert definition
                connection.execute(definition[0])
            connection.execute(
                """
                drop policy hole_select on public.calls;
                drop policy hole_select on public.lines;
                drop policy hole_select on public.contact_numbers;
                drop policy hole_recording on storage.objects;
                drop policy hole_update on public.lines;
                drop policy hole_insert on public.member_lines;
                drop policy hole_select on public.audit_entries;
                drop policy hole_select on private.api_keys;
                drop policy hole_api_key on public.calls;
                alter function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean)
                security invoker;
                alter function public.live_summary(uuid, uuid[]) security invoker;
                drop policy hole_select on public.alert_rules;
                drop policy hole_select on public.documents;
                revoke select on public.organizations from anon;
                drop policy hole_anonymous on public.organizations;
                revoke execute on function public.support_contacts(), private.support_contacts() from anon;
                """
            )


def failed(output: str) -> list[str]:
    return [line.removeprefix("FAIL  ") for line in output.splitlines() if line.startswith("FAIL")]


def left(stack: Stack) -> list[tuple[object, ...]]:
    """Organizations that the smoke check may have left, with what is still open in them."""
    with stack.database.connect() as connection:
        return connection.execute(
            """
            select
              o.archived_at is not null,
              (select count(*) from public.org_members m where m.org_id = o.id and m.removed_at is null),
              (select count(*) from public.api_keys k where k.org_id = o.id and k.state = 'active'),
              (select count(*) from public.invitations i where i.org_id = o.id and i.state = 'pending')
            from public.organizations o
            where o.name = 'Smoke check'
            """
        ).fetchall()


def test_a_sound_stack_passes_the_smoke_check(run: Run, stack: Stack, environment: dict[str, str]) -> None:
    done = run("smoke", environment)
    assert (failed(done.stdout), done.stderr, done.returncode) == ([], "", 0)
    assert done.stdout.count("PASS") == 23
    assert "23 checks, 0 failed" in done.stdout
    assert left(stack) == [(True, 0, 0, 0)]


def test_it_opens_its_own_organization_again_and_nobody_elses_of_that_name(
    run: Run, stack: Stack, environment: dict[str, str]
) -> None:
    people = People(stack.database)
    organization = people.organization("Smoke check")
    people.member(organization, "org_admin")
    try:
        for _ in range(2):
            assert run("smoke", environment).returncode == 0
        assert sorted(left(stack)) == [(False, 1, 0, 0), (True, 0, 0, 0)]
    finally:
        with stack.database.connect() as connection:
            connection.execute("update public.organizations set name = 'Smoke' where id = %s", [organization])


def test_without_a_secret_the_signed_deliveries_are_left_out(run: Run, environment: dict[str, str]) -> None:
    del environment["CHECK_WEBHOOK_SECRET"], environment["CHECK_INTEGRATION_ID"]
    done = run("smoke", environment)
    assert (done.stdout.count("PASS"), done.returncode) == (21, 0)


def test_without_a_platform_admin_no_organization_is_opened(run: Run, environment: dict[str, str]) -> None:
    del environment["CHECK_OPERATOR_EMAIL"], environment["CHECK_OPERATOR_PASSWORD"]
    done = run("smoke", environment)
    assert (done.stdout.count("PASS"), done.returncode) == (12, 0)


@pytest.mark.parametrize(
    ("broken", "mended", "expected"),
    [
        (
            "update public.platform_settings set app_url = null",
            "update public.platform_settings set app_url = 'https://app.example.com'",
            ("the link tells its holder", "app_url_missing"),
        ),
        (
            "revoke execute on function public.set_member_role(uuid, text) from authenticated",
            "grant execute on function public.set_member_role(uuid, text) to authenticated",
            ("a member gets another role", "set_member_role was refused: 42501"),
        ),
        (
            "alter table private.api_keys disable trigger tg_api_keys__audit",
            "alter table private.api_keys enable trigger tg_api_keys__audit",
            ("the audit trail tells it all", "api_keys"),
        ),
    ],
)
def test_an_organization_that_cannot_be_used_is_closed_all_the_same(
    run: Run, stack: Stack, environment: dict[str, str], broken: str, mended: str, expected: tuple[str, str]
) -> None:
    with stack.database.connect() as connection:
        connection.execute(broken.encode())
        try:
            done = run("smoke", environment)
        finally:
            connection.execute(mended.encode())
    (line,) = failed(done.stdout)
    assert all(words in line for words in expected)
    assert done.returncode == 1
    assert left(stack) == [(True, 0, 0, 0)]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("CHECK_PASSWORD", "another one", {"somebody signs in"}),
        ("CHECK_WEBHOOK_SECRET", "another one", {"a signed delivery is accepted"}),
        ("CHECK_PUBLISHABLE_KEY", "sb_publishable_unknown", {"Auth is healthy", "somebody signs in"}),
        ("CHECK_WEBHOOKS_URL", "http://127.0.0.1:9", {"the webhook app is healthy", "an unsigned delivery is refused"}),
    ],
)
def test_what_does_not_work_fails_the_smoke_check(
    run: Run, environment: dict[str, str], variable: str, value: str, expected: set[str]
) -> None:
    done = run("smoke", {**environment, variable: value})
    assert done.returncode == 1
    assert expected <= {line.split(":")[0] for line in failed(done.stdout)}
    assert "PASS" in done.stdout


@pytest.mark.parametrize("command", ["smoke", "verify-isolation"])
def test_what_is_missing_is_named_at_once(run: Run, command: str) -> None:
    done = run(command, {})
    assert done.returncode == 2
    for variable in ("CHECK_PUBLISHABLE_KEY", "CHECK_EMAIL", "CHECK_PASSWORD"):
        assert f"{variable} is missing" in done.stderr
    assert ("CHECK_OTHER_EMAIL is missing" in done.stderr) == (command == "verify-isolation")


@pytest.mark.parametrize("variable", ["CHECK_INTEGRATION_ID", "CHECK_OPERATOR_EMAIL"])
def test_half_of_what_goes_together_is_no_description(run: Run, environment: dict[str, str], variable: str) -> None:
    del environment[variable]
    done = run("smoke", environment)
    assert (done.returncode, "go together" in done.stderr) == (2, True)


def test_a_sound_stack_passes_the_isolation_check(
    run: Run, stack: Stack, environment: dict[str, str], scene: Scene
) -> None:
    done = run("verify-isolation", environment)
    assert (failed(done.stdout), done.stderr, done.returncode) == ([], "", 0)
    for one, other in ((scene.acme, "Globex"), (scene.globex, "Acme")):
        assert f"PASS  {one.email} gets at none of 1 calls of {other}" in done.stdout
        assert f"PASS  {one.email} gets at none of 1 member_lines of {other}" in done.stdout
        assert f"PASS  {one.email} does not kpi_summary for {other}" in done.stdout
        assert f"PASS  {one.email} does not revoke_api_key for {other}" in done.stdout
        assert f"PASS  {one.email} brings nothing of {other} into their own organization" in done.stdout
        assert f"PASS  an API key of {one.email} gets at nothing of {other}" in done.stdout
        assert f"PASS  {one.email} gets at none of 1 recordings of {other}" in done.stdout
        assert f"PASS  {one.email} gets at none of 1 conversations of {other}" in done.stdout
        assert f"PASS  {one.email} does not play_recording for {other}" in done.stdout
        assert f"PASS  {one.email} does not send_message for {other}" in done.stdout
        assert f"PASS  {one.email} hears nothing of {other}" in done.stdout
        assert f"PASS  {one.email} is told no name of a contact of {other}" in done.stdout
    assert "PASS  nobody gets at calls" in done.stdout
    # What it made to try with it has taken back.
    organizations = [scene.acme.organization, scene.globex.organization]
    with stack.database.connect() as connection:
        made = connection.execute(
            """
            select
              (select array_agg(distinct k.state) from public.api_keys k where k.org_id = any (%(ids)s)),
              (select array_agg(distinct i.state) from public.invitations i where i.org_id = any (%(ids)s)),
              (select array_agg(distinct c.name) from public.contacts c where c.org_id = any (%(ids)s)),
              (select bool_or(r.is_held) from public.recordings r where r.org_id = any (%(ids)s))
            """,
            {"ids": organizations},
        ).fetchone()
    assert made == (["revoked"], ["revoked"], ["A customer"], False)


def test_every_kind_of_hole_is_found(run: Run, stack: Stack, environment: dict[str, str], scene: Scene) -> None:
    with holes(stack):
        done = run("verify-isolation", environment)
    assert done.returncode == 1
    found = failed(done.stdout)
    for words in (
        ("gets at none of 1 calls of Acme", "read"),
        ("gets at none of 1 lines of Acme", "updated label"),
        ("gets at none of 1 member_lines of Acme", "inserted"),
        ("does not kpi_summary for Acme", "HTTP 200"),
        ("does not live_summary for Acme", "HTTP 200"),
        ("gets at none of 1 alert_rules of Acme", "read"),
        ("gets at none of 1 documents of Acme", "read"),
        ("api_keys of Acme", "read"),
        ("audit_entries of Acme", "read"),
        ("does not invite_member for Acme", "HTTP 200"),
        ("does not set_member_role for Acme", "HTTP 20"),
        ("does not deactivate_members for Acme", "last_org_admin"),
        ("does not revoke_api_key for Acme", "HTTP 20"),
        ("does not verify_audit_chain for Acme", "HTTP 200"),
        (f"is not shown where {scene.acme.email} is signed in", "same sessions"),
        ("an API key of", "gets at nothing of Acme", "read calls"),
        ("hears nothing of Acme", "object/authenticated: HTTP 200", "listed"),
        ("is told no name of a contact of Acme", "A customer"),
        ("nobody gets at organizations", "GET"),
        ("nobody executes support_contacts", "HTTP 200"),
    ):
        assert any(all(word in line for word in words) for line in found), (words, done.stdout)


def test_somebody_of_no_organization_gets_at_nothing_either(
    run: Run, stack: Stack, environment: dict[str, str], scene: Scene
) -> None:
    with signed_up(stack) as (_, user):
        done = run("verify-isolation", {**environment, "CHECK_OTHER_EMAIL": str(user.email)})
    assert (failed(done.stdout), done.returncode) == ([], 0)
    assert f"PASS  {user.email} gets at none of 1 calls of Acme" in done.stdout
    assert f"{scene.acme.email} gets at" not in done.stdout


def test_people_of_one_organization_prove_nothing(run: Run, environment: dict[str, str]) -> None:
    done = run("verify-isolation", {**environment, "CHECK_OTHER_EMAIL": environment["CHECK_EMAIL"]})
    assert done.returncode == 1
    assert "FAIL  two of the people are of different organizations: none are" in done.stdout
