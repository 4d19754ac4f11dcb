"""Mail servers on real sockets: one that keeps what it is sent, and one that says what it is told to, if anything."""

import ipaddress
import socket
import ssl
from asyncio import AbstractServer
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class Received:
    """A letter as it arrived."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    hello: str
    is_encrypted: bool
    username: str | None

    @property
    def text(self) -> str:
        """What its plain part says."""
        part = self.message.get_body(("plain",))
        assert part is not None
        content: str = part.get_content()
        return content

    @property
    def token(self) -> str:
        """The token in its link."""
        return self.text.partition("#token=")[2].split()[0]


@dataclass
class MailServer:
    """Keeps letters in memory, and answers as it is told to."""

    users: dict[str, str] = field(default_factory=dict)
    letters: list[Received] = field(default_factory=list)
    answers: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What to say at the next MAIL, RCPT or DATA instead of taking it; the last one stays."""
    port: int = 0

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._answer("MAIL")

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer("RCPT")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._answer("DATA")
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            assert envelope.mail_from is not None
            message = message_from_bytes(envelope.content, policy=SMTPUTF8)
            assert isinstance(message, EmailMessage)
            assert server.transport is not None
            login = session.auth_data
            self.letters.append(
                Received(
                    sender=envelope.mail_from,
                    recipients=envelope.rcpt_tos,
                    message=message,
                    hello=session.host_name or "",
                    is_encrypted=server.transport.get_extra_info("sslcontext") is not None,
                    username=login.login.decode() if isinstance(login, LoginPassword) else None,
                )
            )
        return answer

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: LoginPassword
    ) -> AuthResult:
        is_known = self.users.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=is_known, handled=False, auth_data=login)

    def _answer(self, step: str) -> str:
        answers = self.answers[step]
        return "250 OK" if not answers else answers.pop(0) if len(answers) > 1 else answers[0]


class _Controller(Controller):
    """Listens on a port that was free when it took it."""

    def __init__(self, handler: MailServer, **options: Any) -> None:
        self._listener = socket.create_server((HOST, 0))
        super().__init__(handler, hostname=HOST, port=self._listener.getsockname()[1], ready_timeout=60, **options)

    def _create_server(self) -> Awaitable[AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=self.ssl_context)


@contextmanager
def mail_server(certificate: "Certificate | None" = None, *, tls: bool = False, **users: str) -> Iterator[MailServer]:
    """Run a mail server.

    Args:
        certificate: encrypts; without one, nothing can.
        tls: encrypt from the first byte, rather than when asked to.
        users: names and passwords of who may send; anybody when left out.
    """
    server = MailServer(users)
    context = certificate.server_context() if certificate else None
    controller = _Controller(
        server,
        ssl_context=context if tls else None,
        tls_context=None if tls else context,
        require_starttls=bool(context and not tls),
        authenticator=server.authenticate,
        auth_required=bool(users),
        # The library takes a connection that is encrypted from its first byte for one that is not.
        auth_require_tls=bool(context and not tls),
    )
    server.port = controller.port
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class Certificate:
    """A certificate that vouches for itself."""

    path: Path
    """Certificate and key."""
    pem: str

    @classmethod
    def make(cls, directory: Path, host: str = HOST) -> "Certificate":
        """Make one for a host."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mail server of the tests")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        path = directory / f"{host}.pem"
        path.write_bytes(
            pem
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return cls(path, pem.decode())

    def server_context(self) -> ssl.SSLContext:
        """For who has the key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For who believes it."""
        return ssl.create_default_context(cadata=self.pem)


Talk = Callable[[socket.socket, Event], None]


@contextmanager
def talker(talk: Talk) -> Iterator[int]:
    """Listen on a port and do as told with every connection, until the event is set; yields the port."""
    over = Event()
    listener = socket.create_server((HOST, 0))
    threads: list[Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            talk(connection, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join()


def saying(*answers: bytes) -> Talk:
    """Give these answers, one at the start and one a command, then keep silent until the other side hangs up."""
    return partial(_say, answers)


def _say(answers: tuple[bytes, ...], connection: socket.socket, over: Event) -> None:
    lines = connection.makefile("rb")
    for place, answer in enumerate(answers):
        if place and not _command(lines):
            return
        connection.sendall(answer)
    over.wait()


def _command(lines: Any) -> bytes:
    """Read a command, or a whole letter: it ends as a command could not."""
    first: bytes = lines.readline()
    if b":" in first and not first.upper().startswith((b"MAIL", b"RCPT")):
        for line in lines:
            if line == b".\r\n":
                break
    return first
