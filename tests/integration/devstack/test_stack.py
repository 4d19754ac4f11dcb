"""The whole stack, started and stopped on ports of its own."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from rich.console import Console

from devstack.__main__ import main
from devstack.daemon import State
from devstack.demo import demo
from devstack.demo_accounts import HARBOR, NORTHWIND
from devstack.demo_move import show_move
from devstack.layout import REPOSITORY, Layout
from devstack.narration import Narrator
from devstack.people import ADMINS, OPERATOR, demo_users, signed_in
from devstack.ports import Ports
from devstack.rows import rows
from devstack.stack import Stack
from devstack.up import up
from tests.integration.sync.processes import until
from tools.scratch import ScratchCluster


@pytest.fixture(scope="module")
def own_stack(cluster: ScratchCluster) -> Iterator[Stack]:
    directory = cluster.new_directory()
    directory.chmod(0o755)
    stack = Stack(Layout(directory), Ports.free(), live_calls_per_minute=120)
    try:
        up(stack, Narrator(Console(quiet=True)))
        yield stack
    finally:
        stack.down()


@pytest.fixture
def environment(own_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_STATE", str(own_stack.layout.state))
    monkeypatch.setenv("DEVSTACK_LIVE_CALLS_PER_MINUTE", str(own_stack.live_calls_per_minute))
    for field, port in own_stack.ports.model_dump().items():
        monkeypatch.setenv(own_stack.ports.variable(field), str(port))


def test_every_part_is_healthy(own_stack: Stack) -> None:
    until(lambda: not any(part.trouble() for part in own_stack.parts.values()), "every part to be well")


def test_everybody_signs_in_and_reads_their_organization(own_stack: Stack) -> None:
    for user in demo_users(own_stack):
        with signed_in(own_stack, user.email) as client:
            names = {row["name"] for row in rows(client, "organizations", "name")}
        assert user.organization is None or names == {user.organization}


def test_the_history_reaches_back_thirty_days(own_stack: Stack) -> None:
    with own_stack.cluster.connect() as connection:
        row = connection.execute("select min(started_at) < now() - interval '28 days' from public.calls").fetchone()
    assert row == (True,)


def test_starting_again_leaves_what_runs_alone(own_stack: Stack) -> None:
    before = {name: part.daemon.pid for name, part in own_stack.parts.items()}
    up(own_stack, Narrator(Console(quiet=True)))
    assert {name: part.daemon.pid for name, part in own_stack.parts.items()} == before


def printed_demo(stack: Stack, patience: float = 15) -> str:
    console = Console(file=io.StringIO(), width=160)
    demo(stack, console, patience=patience, seconds=240)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def moved_things(stack: Stack) -> list[tuple[object, ...]]:
    """What the demo moves, and has to put back."""
    with stack.cluster.connect() as connection:
        return connection.execute(
            """
            select 'line', l.org_id::text, l.e164, l.label, array_agg(g.member_id::text order by g.member_id)
            from public.lines l
            left join public.member_lines g on g.line_id = l.id
            where l.period @> now()
            group by l.id
            union all
            select 'member', m.org_id::text, p.email, m.role, null
            from public.org_members m
            join public.profiles p on p.user_id = m.user_id
            where m.deactivated_at is null
            union all
            select 'key', k.org_id::text, k.name, null, null from private.api_keys k where k.revoked_at is null
            union all
            select 'invitation', i.org_id::text, i.email, null, null from public.invitations i where i.state = 'pending'
            order by 1, 2, 3
            """
        ).fetchall()


@pytest.fixture
def given_billing(own_stack: Stack) -> None:
    """Somebody has the line that the demo moves."""
    with own_stack.cluster.connect() as connection:
        connection.execute(
            """
            insert into public.member_lines (org_id, member_id, line_id)
            select m.org_id, m.id, l.id
            from public.org_members m
            join public.profiles p on p.user_id = m.user_id
            join public.lines l on l.org_id = m.org_id and l.e164 = '+12125550112' and l.period @> now()
            where p.email = 'agent@northwind.example'
            on conflict do nothing
            """
        )


@pytest.mark.usefixtures("given_billing")
def test_the_demo_shows_what_each_reads_and_does_and_puts_back_what_it_moved(own_stack: Stack) -> None:
    before = moved_things(own_stack)
    printed = printed_demo(own_stack)
    for words in (
        "refused: permission denied",
        "after the first webhook was sent",
        "A letter comes (make logs PART=mail): Dana Whitfield invites you to join Northwind Dental",
        "Northwind Dental, agent, invited by Dana Whitfield, pending until",
        '[{"name":"Northwind Dental"}]',
        "401  The API key is missing or not valid.",
        "seals hold",
        "The same on every surface",
    ):
        assert words in printed
    # Live traffic may bring the number calls before the one that is waited for, and after it; of its history come none.
    rows_of = {who: re.search(rf"org admin of {who}((?: +no line| +[\d,]+)+)", printed) for who in (NORTHWIND, HARBOR)}
    history, moved = (row[1].replace(",", "").split() for row in rows_of.values() if row)
    assert moved[:2] == ["no", "line"]
    assert int(moved[2]) <= int(moved[3]) <= int(moved[4])
    assert 1 <= int(moved[3]) < int(history[0])
    for who, action, resource in (
        ("admin@northwind.example", "insert", "invitations"),
        ("operator@victorysync.example", "insert", "lines"),
        ("admin@northwind.example", "update", "api_keys"),
    ):
        assert re.search(rf"{who} +{action} +{resource}\b", printed)
    assert moved_things(own_stack) == before


@pytest.mark.usefixtures("given_billing")
def test_a_demo_that_breaks_off_puts_the_number_back(own_stack: Stack) -> None:
    before = moved_things(own_stack)
    simulator = own_stack.parts["simulator"]
    console = Console(quiet=True)
    simulator.stop()
    try:
        with (
            signed_in(own_stack, OPERATOR) as operator,
            signed_in(own_stack, ADMINS[NORTHWIND]) as admin,
            signed_in(own_stack, ADMINS[HARBOR]) as neighbour,
            pytest.raises(httpx.ConnectError),
        ):
            show_move(own_stack, operator, admin, neighbour, console, seconds=10)
    finally:
        simulator.start()
    assert moved_things(own_stack) == before


def test_the_demo_has_somebody_call_when_nobody_does(own_stack: Stack) -> None:
    with httpx.Client(base_url=f"{own_stack.simulator_url}/__simulator__", trust_env=False, timeout=30) as control:
        control.post("/pause").raise_for_status()
        try:
            # Calls that were under way may still be told of.
            printed = printed_demo(own_stack, patience=0)
        finally:
            control.post("/resume").raise_for_status()
    assert "after the first webhook was sent" in printed


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("command", ["smoke", "verify-isolation"])
def test_it_passes_its_own_checks(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command]) == 0
    printed = capsys.readouterr().out
    assert ("PASS" in printed, "FAIL" in printed) == (True, False)


@pytest.mark.usefixtures("environment")
def test_status_is_told_to_programs(own_stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is True
    assert told["api_url"] == own_stack.api_url
    assert told["mail_folder"] == str(own_stack.layout.mail)
    assert {"email", "password", "role", "organization"} == told["users"][0].keys()
    assert [part["name"] for part in told["parts"]] == list(own_stack.parts)


@pytest.mark.usefixtures("environment")
def test_status_tells_where_api_keys_are_taken_and_letters_land(
    own_stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0
    printed = capsys.readouterr().out
    assert f"{own_stack.api_url}/api/v1; letters land in {own_stack.layout.mail}" in printed


@pytest.mark.usefixtures("environment")
def test_a_part_that_died_is_named_with_its_last_lines_and_started_again(
    own_stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    part = own_stack.parts["postgrest"]
    pid = part.daemon.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while part.daemon.state is State.RUNNING:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert main(["status"]) == 1
    printed = capsys.readouterr().out
    assert "postgrest is dead. Its last lines:" in printed
    assert part.daemon.log.read_text().splitlines()[-1] in printed.splitlines()[-1]
    up(own_stack, Narrator(Console(quiet=True)))
    assert part.trouble() is None


@pytest.mark.usefixtures("environment")
def test_the_programs_can_be_run_by_hand(own_stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    script = f'{capsys.readouterr().out}\n"$0" -m admin verify-audit >&2\nexec "$0" -m sync status --json'
    status = subprocess.run(
        ["bash", "-c", script, sys.executable], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True
    )
    resources = {"phone_numbers", "team", "calls", "messages", "voicemails", "agent_status", "contacts"}
    assert resources == {row["resource"] for row in json.loads(status.stdout)}
    assert "ok  Northwind Dental" in status.stderr


@pytest.mark.usefixtures("environment")
def test_logs_are_shown_by_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "gateway"]) == 0
    printed = capsys.readouterr().out
    assert "listening on" in printed
    assert all(line.split()[0] == "gateway" for line in printed.splitlines())


@pytest.mark.usefixtures("environment")
def test_an_invitation_becomes_a_letter_to_read(own_stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    with signed_in(own_stack, "admin@northwind.example") as admin:
        org_id = rows(admin, "organizations", "id")[0]["id"]
        invited = {"p_org_id": org_id, "p_email": "new.colleague@northwind.example", "p_role": "agent"}
        admin.rpc("invite_member", invited).execute()
    deadline = time.monotonic() + 120
    recipient = "To: new.colleague@northwind.example"
    while main(["logs", "mail"]) == 0 and recipient not in (printed := capsys.readouterr().out):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert f"{own_stack.api_url}/invitation#token=" in printed
    assert "to join Northwind" in printed


@pytest.mark.usefixtures("environment")
def test_an_unknown_part_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "mailer"]) == 1
    assert "postgrest" in capsys.readouterr().err


def test_without_a_stack_one_is_told_how_to_start_it(
    own_stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEVSTACK_STATE", str(own_stack.layout.state / "nothing"))
    assert main(["status"]) == 1
    assert "make up" in capsys.readouterr().err
    assert main(["down"]) == 0
