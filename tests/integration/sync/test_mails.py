import re
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from simulator.accounts import Account
from sync.errors import DatabaseAway, MailServerUnusable
from sync.sideline import Turn
from sync.store import Store
from tests.integration.sync import world as worlds
from tests.integration.sync.mails import Interrupted, Post, through
from tests.integration.sync.processes import Process, until
from tests.integration.sync.world import World
from tests.support.programs import Door
from tests.unit.sync.mailserver import HOST, Certificate, MailServer, mail_server, saying, talker
from tools.scratch import Database

DONE, FAILED = Turn.DONE, Turn.FAILED
WORDLESS = "no mail server takes letters at the moment"


@pytest.fixture
def world(database: Database, acme: Account) -> Iterator[World]:
    """A world on the system's clock: invitations are made by the database's."""
    with worlds.world(database, acme, clock=worlds.Clock(datetime.now(UTC))) as world:
        yield world


@pytest.fixture
def post(world: World, postgrest: Door) -> Post:
    return Post.open(world, postgrest)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port where nobody answers."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]


def settings(port: int, **more: str) -> dict[str, str]:
    return {
        "SYNC_SMTP_HOST": HOST,
        "SYNC_SMTP_PORT": str(port),
        "SYNC_SMTP_SECURITY": "none",
        "SYNC_MAIL_SENDER": "VictorySync <no-reply@example.com>",
        **more,
    }


def test_an_invitation_becomes_a_letter_whose_link_is_accepted(post: Post, tmp_path: Path) -> None:
    guest = post.guest()
    invitation = post.invite(f"{guest}@example.com")
    certificate = Certificate.make(tmp_path)
    logs = tmp_path / "logs"
    logs.mkdir()
    with mail_server(certificate, mailer="the-password") as server:
        secure = settings(
            server.port,
            SYNC_SMTP_SECURITY="starttls",
            SYNC_SMTP_USERNAME="mailer",
            SYNC_SMTP_PASSWORD="the-password",
            SSL_CERT_FILE=str(certificate.path),
        )
        with Process(post.world, logs, "run", **secure) as run:
            assert run.wait() == 0, run.errors
            assert run.errors == ""
        (letter,) = server.letters
        assert (letter.is_encrypted, letter.username) == (True, "mailer")
        assert letter.recipients == [f"{guest}@example.com"]
        assert letter.message["subject"] == "Org_Admin invites you to join Northwind on VictorySync"
        assert f"https://app.example/invitation#token={letter.token}" in letter.text.splitlines()

        assert [line["attempt"] for line in run.said("mail_sent")] == [1]
        for secret in (str(guest), letter.token, "the-password", str(invitation)):
            assert secret not in run.output
        with Process(post.world, logs, "run", **secure) as run:
            assert run.wait() == 0
        assert len(server.letters) == 1

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", letter.token)
    kept = post.world.query("select token_hash from private.invitation_tokens")
    assert kept == [{"token_hash": sha256(letter.token.encode()).digest()}]
    assert post.mail()["mail_state"] == "sent"
    (preview,) = post.call("preview_invitation", None, p_token=letter.token)
    assert (preview["organization"], preview["state"]) == ("Northwind", "pending")
    post.accept(letter.token, guest)


def test_a_letter_can_be_a_file(post: Post, tmp_path: Path) -> None:
    guest = post.guest()
    post.invite(f"{guest}@example.com")
    folder, logs = tmp_path / "mails", tmp_path / "logs"
    logs.mkdir()
    into = {"SYNC_MAIL_FOLDER": str(folder), "SYNC_MAIL_SENDER": "no-reply@example.com"}
    with Process(post.world, logs, "run", **into) as run:
        assert run.wait() == 0, run.errors
    (file,) = folder.iterdir()
    message = message_from_bytes(file.read_bytes(), policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert part is not None
    post.accept(part.get_content().partition("#token=")[2].split()[0], guest)
    with Process(post.world, logs, "status", COLUMNS="200", **into) as status:
        assert status.wait() == 0
        assert f"Mails are written into {folder}" in status.output


def test_without_a_mail_server_mails_wait_and_the_status_says_so(post: Post, tmp_path: Path) -> None:
    post.invite("jane@example.com")
    with Process(post.world, tmp_path, "run") as run:
        assert run.wait() == 0
    assert (post.mail()["state"], post.mail()["attempt"]) == ("queued", 0)
    with Process(post.world, tmp_path, "status") as status:
        assert status.wait() == 0
        assert "No mail server is configured (SYNC_SMTP_HOST): mails stay queued" in status.output.splitlines()
    with Process(post.world, tmp_path, "status", **settings(2525)) as status:
        assert status.wait() == 0
        assert "Mails are sent through 127.0.0.1:2525" in status.output.splitlines()


def test_half_a_mail_server_is_a_misconfiguration(post: Post, tmp_path: Path) -> None:
    with Process(post.world, tmp_path, "run", SYNC_SMTP_HOST="smtp.example.com") as run:
        assert run.wait() == 2
        assert "SYNC_MAIL_SENDER is missing" in run.errors


def test_while_nobody_answers_calls_are_pulled_and_mails_wait(
    post: Post, acme: Account, tmp_path: Path, nobody: int, server: MailServer
) -> None:
    integration_id = post.world.integrate(acme)
    for name in ("jane", "john", "june"):
        post.invite(f"{name}@example.com")
    with Process(post.world, tmp_path, "run", **settings(nobody)) as run:
        assert run.wait() == 1
        assert [line["error"] for line in run.said("post_failed")] == [
            "the mail server cannot be reached: Connection refused"
        ]
        assert len(run.said("mail_deferred")) == 1
        assert run.errors == ""
    post.world.assert_whole(integration_id, acme)
    states = [(mail["state"], mail["attempt"], mail["mail_error"]) for mail in post.mails()]
    assert sorted(states, key=str) == [("queued", 0, None), ("queued", 0, None), ("queued", 1, WORDLESS)]

    post.world.query("update private.outbox_mails set run_after = now()")
    with Process(post.world, tmp_path, "run", **settings(server.port)) as run:
        assert run.wait() == 0
    assert {mail["mail_state"] for mail in post.mails()} == {"sent"}
    assert {mail["mail_error"] for mail in post.mails()} == {None}
    assert len(server.letters) == 3


def test_a_server_that_hangs_holds_nothing_up(post: Post, acme: Account, tmp_path: Path) -> None:
    integration_id = post.world.integrate(acme)
    post.invite("jane@example.com")
    with (
        talker(saying()) as port,
        Process(post.world, tmp_path, "watch", **settings(port, SYNC_SMTP_TIMEOUT_SECONDS="30")) as watch,
    ):
        until(lambda: post.mail()["state"] == "sending", "the postman")
        until(lambda: len(watch.said("job_done")) == 2, "the calls")
        assert post.mail()["state"] == "sending"
        assert watch.said("mail_deferred") == []
        post.world.assert_whole(integration_id, acme)
        watch.signal(signal.SIGTERM)
        assert watch.wait() == 0
        assert watch.said("sideline_left_behind")


def test_what_a_killed_worker_had_in_hand_is_sent_when_its_lease_is_over(
    post: Post, tmp_path: Path, server: MailServer
) -> None:
    guest = post.guest()
    post.invite(f"{guest}@example.com")
    with talker(saying()) as port, Process(post.world, tmp_path, "run", **settings(port)) as run:
        until(lambda: post.mail()["state"] == "sending", "the postman")
        run.signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
    assert post.deliver(through(server)) == [], "the lease was not respected"
    post.world.clock.now = post.world.value("select lease_until from private.outbox_mails")
    assert post.deliver(through(server)) == [DONE]
    assert (post.mail()["state"], post.mail()["attempt"]) == ("sent", 2)
    post.accept(server.letters[0].token, guest)


def test_a_letter_whose_sending_could_not_be_noted_goes_twice_and_both_links_work(
    post: Post, server: MailServer
) -> None:
    class Forgetful(Store):
        """Whose database is away whenever a mail is to be finished."""

        def finish_mail(self, *_: object) -> None:
            raise DatabaseAway("gone")

    guest = post.guest()
    post.invite(f"{guest}@example.com")
    with pytest.raises(DatabaseAway):
        post.deliver(through(server), store=Forgetful(post.world.database.url("sync")))
    post.world.clock.advance(minutes=3)
    assert post.deliver(through(server)) == [DONE]
    first, second = server.letters
    assert first.message["message-id"] != second.message["message-id"]
    assert first.token != second.token
    (preview,) = post.call("preview_invitation", None, p_token=second.token)
    assert preview["state"] == "pending"
    post.accept(first.token, guest)


def test_a_connection_that_broke_meanwhile_costs_no_second_letter(post: Post, server: MailServer) -> None:
    def cut() -> None:
        with post.world.database.connect("supabase_admin") as connection:
            cut = connection.execute(
                "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
                " where usename = 'sync' and datname = current_database()"
            ).fetchall()
        assert cut == [(True,)]

    post.invite("jane@example.com")
    assert post.deliver(Interrupted(through(server), cut)) == [DONE]
    assert post.mail()["state"] == "sent"
    assert len(server.letters) == 1


def test_two_workers_send_every_letter_once(post: Post, server: MailServer) -> None:
    addresses = {f"guest{number}@example.com" for number in range(30)}
    rows = [{"email": address} for address in addresses]
    post.call("invite_members", post.admin, p_org_id=str(post.org_id), p_rows=rows)
    with ThreadPoolExecutor() as executor:
        turns = list(executor.map(lambda name: post.deliver(through(server), name), ("one", "two")))
    assert all(turns), "one worker did everything"
    assert sum(map(len, turns)) == len(addresses)
    assert sorted(letter.recipients[0] for letter in server.letters) == sorted(addresses)
    assert len({letter.token for letter in server.letters}) == len(addresses)


@pytest.mark.parametrize(
    "end",
    [
        "update private.invitations set revoked_at = now()",
        "update private.invitations set expires_at = now() - interval '1 minute'",
        "update public.organizations set archived_at = now() where name = 'Northwind'",
    ],
    ids=["revoked", "expired", "archived"],
)
def test_the_letter_of_an_invitation_that_is_over_is_not_sent(post: Post, server: MailServer, end: str) -> None:
    post.invite("jane@example.com")
    post.world.query(end)
    assert post.deliver(through(server)) == [DONE]
    assert server.letters == []
    assert post.mail()["state"] == "cancelled"
    assert post.told.names == ["mail_cancelled"]
    assert post.world.query("select * from private.invitation_tokens") == []


def test_every_pause_is_longer_up_to_an_hour(post: Post, nobody: int) -> None:
    post.invite("jane@example.com")
    pauses = []
    for _ in range(9):
        with pytest.raises(MailServerUnusable):
            post.deliver(through(MailServer(port=nobody)))
        pauses.append(round(post.seconds_until_retry() / 60))
        post.world.clock.advance(seconds=post.seconds_until_retry())
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_an_address_that_is_refused_for_good_is_not_tried_again(post: Post, server: MailServer) -> None:
    answer = "550 5.1.1 <jane@example.com>: Recipient address rejected"
    server.answers["RCPT"] = [answer, "250 OK"]
    post.invite("jane@example.com")
    post.invite("john@example.com")
    assert post.deliver(through(server)) == [DONE, DONE]
    states = [(mail["state"], mail["mail_state"], mail["mail_error"]) for mail in post.mails()]
    assert sorted(states) == [("failed", "failed", answer), ("sent", "sent", None)]
    post.world.clock.advance(days=1)
    assert post.deliver(through(server)) == []
    assert sorted(post.told.names) == ["mail_failed", "mail_sent"]
    assert "jane" not in str(post.told.events)


def test_an_address_that_is_put_off_is_tried_again_and_the_others_go_on(post: Post, server: MailServer) -> None:
    server.answers["RCPT"] = ["450 4.2.0 <jane@example.com>: Greylisted", "250 OK"]
    post.invite("jane@example.com")
    post.invite("john@example.com")
    assert post.deliver(through(server)) == [DONE, DONE]
    states = [(mail["state"], mail["mail_state"], mail["mail_error"]) for mail in post.mails()]
    assert sorted(states) == [
        ("queued", "queued", "450 4.2.0 <jane@example.com>: Greylisted"),
        ("sent", "sent", None),
    ]
    assert "jane" not in str(post.told.events)
    post.world.clock.advance(seconds=61)
    assert post.deliver(through(server)) == [DONE]
    assert {mail["mail_state"] for mail in post.mails()} == {"sent"}


def test_refused_addresses_are_no_failed_work_and_a_server_that_refuses_us_is(
    post: Post, tmp_path: Path, server: MailServer
) -> None:
    post.invite("jane@example.com")
    server.answers["RCPT"] = ["550 5.1.1 unknown"]
    with Process(post.world, tmp_path, "run", **settings(server.port)) as run:
        assert run.wait() == 0
        assert [line["error"] for line in run.said("mail_failed")] == ["the mail server answered 550"]
    post.invite("john@example.com")
    server.answers["MAIL"] = ["550 5.7.1 who are you?"]
    with Process(post.world, tmp_path, "run", **settings(server.port)) as run:
        assert run.wait() == 1
        assert [line["error"] for line in run.said("post_failed")] == [
            "the mail server takes no letter from us: 550 5.7.1 who are you?"
        ]
    assert [mail["mail_error"] for mail in post.mails()] == ["550 5.1.1 unknown", WORDLESS]


def test_a_mail_that_cannot_be_written_does_not_stop_the_others(
    post: Post, server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    post.world.query("alter table private.outbox_mails drop constraint template_is_known")
    post.world.query("alter table private.outbox_mails drop constraint invitation_letter_has_one")
    post.invite("jane@example.com")
    post.world.query("update private.outbox_mails set template = 'farewell'")
    post.invite("john@example.com")
    assert sorted(post.deliver(through(server)), key=str) == [DONE, FAILED]
    assert [letter.recipients for letter in server.letters] == [["john@example.com"]]
    deferred = dict(post.told.events)["mail_deferred"]
    assert deferred["error"] == "this version does not know the letter farewell"
    assert [mail["mail_error"] for mail in post.mails()] == ["the letter could not be written", None]


def test_a_defect_in_one_letter_does_not_stop_the_others_and_quotes_nobody(
    post: Post, server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def carry(self, letter: EmailMessage) -> None:
            if letter["to"] == "jane@example.com":
                raise RuntimeError(f"cannot carry to {letter['to']}")
            through(server).carry(letter)

    post.invite("jane@example.com")
    post.invite("john@example.com")
    assert sorted(post.deliver(Broken()), key=str) == [DONE, FAILED]
    assert [letter.recipients for letter in server.letters] == [["john@example.com"]]
    assert dict(post.told.events)["mail_deferred"]["error"] == "unexpected RuntimeError"
    printed = capsys.readouterr().err
    assert "in carry" in printed
    assert "jane@" not in printed


def test_watch_sends_what_is_queued_while_it_runs(post: Post, tmp_path: Path, server: MailServer) -> None:
    with Process(post.world, tmp_path, "watch", **settings(server.port)) as watch:
        until(lambda: watch.said("listening"), "a watch")
        guest = post.guest()
        post.invite(f"{guest}@example.com")
        until(lambda: post.mail()["state"] == "sent", "the letter")
        watch.signal(signal.SIGTERM)
        assert watch.wait() == 0
        assert watch.errors == ""
    post.accept(server.letters[0].token, guest)


def test_an_address_may_be_as_odd_as_addresses_are(post: Post, server: MailServer) -> None:
    odd = ['"Jane, \\"J\\" <x>"@example.com', "o'neil+tag=1@example.com", "jörg@exämple.example"]
    for address in odd:
        post.invite(address)
    assert post.deliver(through(server)) == [DONE] * 3
    assert sorted(letter.recipients[0] for letter in server.letters) == sorted(
        [*odd[:2], "jörg@xn--exmple-cua.example"]
    )


def unsealed(world: World) -> Any:
    return world.value("select count(*) from private.unsealed_audit_entries")


def test_a_pass_seals_the_audit_trail_and_forgets_what_is_over(post: Post, tmp_path: Path) -> None:
    post.invite("jane@example.com")
    post.world.query(
        "update private.invitations"
        " set expires_at = now() - interval '100 days', revoked_at = now() - interval '95 days'"
    )
    post.world.query("insert into private.invitation_tokens select sha256('x'), id from private.invitations")
    count = unsealed(post.world)
    assert count > 0
    with Process(post.world, tmp_path, "run") as run:
        assert run.wait() == 0, run.output
        assert [line["rows"] for line in run.said("sealing")] == [count]
        assert [line["rows"] for line in run.said("forgetting")] == [1]
    assert unsealed(post.world) == 0
    assert post.world.query("select * from private.invitation_tokens") == []
    (verified,) = post.call("verify_audit_chain", post.admin, p_org_id=str(post.org_id))
    assert verified["problem"] is None
    assert verified["sealed"] > 0


def test_what_cannot_be_sealed_is_said_and_holds_nothing_up(
    post: Post, acme: Account, tmp_path: Path, server: MailServer
) -> None:
    integration_id = post.world.integrate(acme)
    post.invite("jane@example.com")
    post.world.query("revoke execute on function private.seal_audit_entries(timestamptz) from sync")
    with Process(post.world, tmp_path, "run", **settings(server.port)) as run:
        assert run.wait() == 1
        assert "permission denied" in run.said("sealing_failed")[0]["error"]
        assert run.errors == ""
    post.world.assert_whole(integration_id, acme)
    assert post.mail()["state"] == "sent"


def test_watch_seals_while_it_runs(post: Post, tmp_path: Path) -> None:
    with Process(post.world, tmp_path, "watch") as watch:
        until(lambda: watch.said("listening"), "a watch")
        until(lambda: unsealed(post.world) == 0, "the first seals")
        known = len(watch.said("sealing"))
        post.invite("jane@example.com")
        until(lambda: unsealed(post.world) == 0, "the seals of what came later")
        until(lambda: len(watch.said("sealing")) > known, "a word about them")
        watch.signal(signal.SIGTERM)
        assert watch.wait() == 0
