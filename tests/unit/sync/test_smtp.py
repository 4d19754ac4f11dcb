import socket
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from sync.errors import LetterDeferred, LetterNotTaken, LetterRefused, MailServerUnusable
from sync.letters import write_invitation
from sync.mailstore import Mail
from sync.smtp import SmtpServer
from tests.unit.sync.mailserver import HOST, Certificate, mail_server, saying, talker
from tests.unit.sync.test_letters import DETAILS, TOKEN

SENDER = Address("VictorySync", "no-reply", "example.com")
LOGIN: dict[str, Any] = {"username": "mailer", "password": SecretStr("the-password")}

HELLO = b"220 hello\r\n", b"250 hello\r\n"
TAKEN = *HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"

# What encryption would protect here is the password of this test.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


def letter(recipient: str = "jane@example.com") -> EmailMessage:
    mail = Mail(UUID(int=1), "invitation", recipient, DETAILS, 1)
    return write_invitation(mail, TOKEN, SENDER, datetime(2026, 6, 5, 12, tzinfo=UTC))


def plain(port: int, **options: Any) -> SmtpServer:
    return SmtpServer(HOST, port, "none", **options)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


def test_a_letter_arrives_as_it_was_written() -> None:
    with mail_server() as server:
        plain(server.port).carry(letter())
    (arrived,) = server.letters
    assert (arrived.sender, arrived.recipients) == ("no-reply@example.com", ["jane@example.com"])
    assert arrived.message.keys() == letter().keys()
    assert arrived.message["subject"] == letter()["subject"]
    assert arrived.token == TOKEN
    assert arrived.hello == "example.com", "it names a host of ours"
    assert not arrived.is_encrypted


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_is_encrypted_and_signs_in(certificate: Certificate, security: Any) -> None:
    with mail_server(certificate, tls=security == "tls", mailer="the-password") as server:
        SmtpServer(HOST, server.port, security, **LOGIN, context=certificate.client_context()).carry(letter())
    (arrived,) = server.letters
    assert arrived.is_encrypted
    assert arrived.username == "mailer"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_stops_it_before_anything_is_told(
    certificate: Certificate, security: Any
) -> None:
    with (
        mail_server(certificate, tls=security == "tls", mailer="the-password") as server,
        pytest.raises(MailServerUnusable, match=r"^the mail server's certificate is not good: self.signed certificate"),
    ):
        SmtpServer(HOST, server.port, security, **LOGIN).carry(letter())
    assert server.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_name_stops_it(tmp_path: Path, security: Any) -> None:
    other = Certificate.make(tmp_path, "127.0.0.2")
    with (
        mail_server(other, tls=security == "tls") as server,
        pytest.raises(MailServerUnusable, match=r"certificate is not good: IP address mismatch$"),
    ):
        SmtpServer(HOST, server.port, security, context=other.client_context()).carry(letter())
    assert server.letters == []


def test_nothing_is_sent_in_the_clear_where_encryption_was_asked_for() -> None:
    with mail_server() as server:
        for security, words in (("starttls", "STARTTLS extension not supported"), ("tls", "SSL")):
            with pytest.raises(MailServerUnusable, match=words):
                SmtpServer(HOST, server.port, security).carry(letter())  # type: ignore[arg-type]
    assert server.letters == []


def test_a_server_that_knows_another_password_is_said_without_ours() -> None:
    with mail_server(mailer="another") as server:
        with pytest.raises(MailServerUnusable, match=r"^the mail server takes no letter from us: 535 "):
            plain(server.port, **LOGIN).carry(letter())
        with pytest.raises(MailServerUnusable, match=r"^the mail server takes no letter from us: 530 "):
            plain(server.port).carry(letter())
    with (
        talker(saying(HELLO[0], b"250-hello\r\n250 AUTH PLAIN\r\n", b"535 not the-password\r\n")) as port,
        pytest.raises(MailServerUnusable, match=r"535 not \[redacted\]$"),
    ):
        plain(port, **LOGIN).carry(letter())
    with talker(saying(*HELLO)) as port, pytest.raises(MailServerUnusable, match="AUTH extension not supported"):
        plain(port, **LOGIN).carry(letter())


@pytest.mark.parametrize(
    ("step", "answer", "error", "said"),
    [
        ("MAIL", "451 4.7.1 slow down", MailServerUnusable, "takes no letter from us: 451 4.7.1 slow down"),
        ("MAIL", "550 5.1.8 who are you?", MailServerUnusable, "takes no letter from us: 550 5.1.8 who are you?"),
        ("MAIL", "530 5.7.0 Authentication required", MailServerUnusable, "takes no letter from us: 530"),
        ("RCPT", "450 4.2.0 <jane@example.com>: Greylisted", LetterDeferred, "the mail server answered 450"),
        ("RCPT", "550 5.1.1 <jane@example.com>: unknown", LetterRefused, "the mail server answered 550"),
        ("RCPT", "554 5.7.1 <jane@example.com>: Relay access denied", MailServerUnusable, r"554 5.7.1 <\[redacted\]>:"),
        ("RCPT", "550 5.7.1 Relaying denied", MailServerUnusable, "takes no letter from us: 550 5.7.1"),
        ("RCPT", "535 5.7.8 sign in", MailServerUnusable, "takes no letter from us: 535"),
        ("RCPT", "421 4.3.2 going down", MailServerUnusable, "takes no letter from us: 421"),
        ("DATA", "452 4.3.1 disk full", LetterDeferred, "the mail server answered 452"),
        ("DATA", "554 5.6.0 looks like spam", LetterRefused, "the mail server answered 554"),
        ("DATA", "421 4.3.2 going down", MailServerUnusable, "takes no letter from us: 421"),
    ],
)
def test_a_refusal_is_about_us_or_about_the_letter(step: str, answer: str, error: type[Exception], said: str) -> None:
    with mail_server() as server:
        server.answers[step] = [answer]
        with pytest.raises(error, match=said) as caught:
            plain(server.port).carry(letter())
    assert type(caught.value) is error
    assert "jane" not in str(caught.value)
    if isinstance(caught.value, LetterNotTaken):
        assert caught.value.answer == answer
    assert server.letters == []


def test_a_long_refusal_is_quoted_in_part() -> None:
    refusal = b"550 " + b"x\x07" * 300 + b"\r\n"
    with talker(saying(*HELLO, b"250 ok\r\n", refusal, b"250 ok\r\n")) as port, pytest.raises(LetterRefused) as caught:
        plain(port).carry(letter())
    assert caught.value.answer.startswith("550 x\ufffdx\ufffd")
    assert len(caught.value.answer) < 250


@pytest.mark.parametrize("answers", [TAKEN[:length] for length in range(6)], ids=range(6))
def test_a_server_that_falls_silent_is_left_in_time(answers: tuple[bytes, ...]) -> None:
    with talker(saying(*answers)) as port, pytest.raises(MailServerUnusable, match=r"timed out|did not answer"):
        plain(port, timeout_seconds=0.2).carry(letter())


def test_a_server_that_drips_is_cut_off() -> None:
    dripped = count()

    def drip(connection: socket.socket, over: Event) -> None:
        while not over.wait(0.01):
            connection.sendall(b"220-wait\r\n")
            next(dripped)

    with (
        talker(drip) as port,
        pytest.raises(MailServerUnusable, match="cannot be used: Connection unexpectedly closed"),
    ):
        plain(port, letter_seconds=0.3).carry(letter())
    assert next(dripped) > 2


def test_an_encrypted_server_that_drips_is_cut_off(certificate: Certificate) -> None:
    def drip(connection: socket.socket, over: Event) -> None:
        with certificate.server_context().wrap_socket(connection, server_side=True) as encrypted:
            while not over.wait(0.01):
                encrypted.sendall(b"220-wait\r\n")

    with talker(drip) as port, pytest.raises(MailServerUnusable):
        SmtpServer(HOST, port, "tls", letter_seconds=0.3, context=certificate.client_context()).carry(letter())


@pytest.mark.parametrize("farewell", [(), (b"500 what?\r\n",), (b"\xff\r\n",)], ids=["silence", "refusal", "nonsense"])
def test_a_letter_that_was_taken_is_sent_whatever_follows(farewell: tuple[bytes, ...]) -> None:
    with talker(saying(*TAKEN, b"250 taken\r\n", *farewell)) as port:
        plain(port, timeout_seconds=0.2).carry(letter())


@pytest.mark.parametrize(
    ("banner", "said"),
    [
        (b"554 mx.example.com takes nothing from you\r\n", "takes no letter from us: 554"),
        (b"421 too busy\r\n", "takes no letter from us: 421"),
        (b"HTTP/1.1 400 Bad Request\r\n", "cannot be used|takes no letter"),
        (b"", r"timed out|did not answer"),
    ],
)
def test_who_does_not_greet_gets_nothing(banner: bytes, said: str) -> None:
    with talker(saying(banner)) as port, pytest.raises(MailServerUnusable, match=said):
        plain(port, timeout_seconds=0.2).carry(letter())


def test_who_hangs_up_at_once_gets_nothing() -> None:
    with talker(lambda *_: None) as port, pytest.raises(MailServerUnusable):
        plain(port).carry(letter())


def test_nobody_there_is_said() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))  # Bound and not listening: connections are refused.
        with pytest.raises(MailServerUnusable, match=r"^the mail server cannot be reached: Connection refused$"):
            plain(taken.getsockname()[1]).carry(letter())


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 70])
def test_a_host_that_does_not_exist_is_said_without_its_name(host: str) -> None:
    with pytest.raises(MailServerUnusable) as caught:
        SmtpServer(host, 25, "none").carry(letter())
    assert host not in str(caught.value)


def test_an_address_outside_ascii_goes_to_servers_that_know_such() -> None:
    with mail_server() as server:
        plain(server.port).carry(letter("jörg@exämple.example"))
    assert server.letters[0].recipients == ["jörg@xn--exmple-cua.example"]
    assert server.letters[0].message["to"] == "jörg@xn--exmple-cua.example"
    with talker(saying(*HELLO)) as port, pytest.raises(LetterRefused, match="takes only addresses in ASCII"):
        plain(port).carry(letter("jörg@example.com"))


def test_certificates_are_checked_unless_told_otherwise() -> None:
    context = SmtpServer(HOST, 25, "starttls").context
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
