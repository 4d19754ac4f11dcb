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

from credentials import KeyRing, seal
from devstack.layout import REPOSITORY
from supabase import create_client
from tests.support.people import People
from tests.support.programs import Stack

PASSWORD = "long enough"
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
    integration_id: UUID


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Scene:
    people = People(stack.database)
    shared = people.integration()
    integration_id = uuid4()

    def admin(name: str, e164: str, own_integration: bool) -> Admin:
        organization = people.organization(name)
        line = people.line(organization, people.phone_number(shared, e164))
        people.call(line, datetime.now(UTC))
        email = f"{uuid4()}@people.example"
        with httpx.Client(timeout=30, trust_env=False) as connections:
            options = SyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connections)
            client = create_client(stack.gateway.url, stack.keys.publishable_key, options)
            answer = client.auth.sign_up({"email": email, "password": PASSWORD})
            assert answer.user
            people.join(UUID(answer.user.id), organization, "org_admin", line)
            if own_integration:
                client.rpc("create_integration", sealed_integration(stack, organization, integration_id)).execute()
        return Admin(email, organization, line)

    return Scene(admin("Acme", "+12125550161", True), admin("Globex", "+12125550162", False), integration_id)


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
            timeout=120,
            check=False,
        )

    return run


@contextmanager
def holes(stack: Stack) -> Iterator[None]:
    """Open holes in the stack for as long as it takes to find them."""
    with stack.database.connect() as connection:
        connection.execute(
            """
            create policy hole_select on public.calls for select to authenticated using (true);
            create policy hole_select on public.lines for select to authenticated using (true);
            create policy hole_update on public.lines for update to authenticated using (true);
            create policy hole_insert on public.member_lines for insert to authenticated with check (true);
            alter function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean) security definer;
            grant select on public.organizations to anon;
            create policy hole_anonymous on public.organizations for select to anon using (true);
            """
        )
        try:
            yield
        finally:
            connection.execute(
                """
                drop policy hole_select on public.calls;
                drop policy hole_select on public.lines;
                drop policy hole_update on public.lines;
                drop policy hole_insert on public.member_lines;
                alter function public.kpi_summary(uuid, timestamptz, timestamptz, uuid[], uuid[], boolean)
                security invoker;
                revoke select on public.organizations from anon;
                drop policy hole_anonymous on public.organizations;
                """
            )


def failed(output: str) -> list[str]:
    return [line.removeprefix("FAIL  ") for line in output.splitlines() if line.startswith("FAIL")]


def test_a_sound_stack_passes_the_smoke_check(run: Run, environment: dict[str, str]) -> None:
    done = run("smoke", environment)
    assert (failed(done.stdout), done.stderr, done.returncode) == ([], "", 0)
    assert done.stdout.count("PASS") == 9
    assert "9 checks, 0 failed" in done.stdout


def test_without_a_secret_the_signed_deliveries_are_left_out(run: Run, environment: dict[str, str]) -> None:
    del environment["CHECK_WEBHOOK_SECRET"], environment["CHECK_INTEGRATION_ID"]
    done = run("smoke", environment)
    assert (done.stdout.count("PASS"), done.returncode) == (7, 0)


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


def test_a_secret_without_its_integration_is_no_description(run: Run, environment: dict[str, str]) -> None:
    del environment["CHECK_INTEGRATION_ID"]
    done = run("smoke", environment)
    assert (done.returncode, "go together" in done.stderr) == (2, True)


def test_a_sound_stack_passes_the_isolation_check(run: Run, environment: dict[str, str], scene: Scene) -> None:
    done = run("verify-isolation", environment)
    assert (failed(done.stdout), done.stderr, done.returncode) == ([], "", 0)
    for one, other in ((scene.acme, "Globex"), (scene.globex, "Acme")):
        assert f"PASS  {one.email} gets at none of 1 calls of {other}" in done.stdout
        assert f"PASS  {one.email} gets at none of 1 member_lines of {other}" in done.stdout
        assert f"PASS  {one.email} does not kpi_summary for {other}" in done.stdout
    assert "PASS  nobody gets at calls" in done.stdout


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
        ("nobody gets at organizations", "GET"),
    ):
        assert any(all(word in line for word in words) for line in found), (words, done.stdout)


def test_people_of_one_organization_prove_nothing(run: Run, environment: dict[str, str]) -> None:
    done = run("verify-isolation", {**environment, "CHECK_OTHER_EMAIL": environment["CHECK_EMAIL"]})
    assert done.returncode == 1
    assert "FAIL  two of the people are of different organizations: none are" in done.stdout
