import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from threading import Timer
from typing import Final

from pydantic import SecretStr

from sync.config import Security
from sync.errors import LetterDeferred, LetterRefused, MailError, MailServerUnusable
from sync.words import excerpt, redacted

_LONGEST_LETTER_SECONDS: Final = 60
"""Half of a mail's lease, whatever the server does."""
_READY: Final = 220
_CLOSING: Final = 421
_ABOUT_US: Final = frozenset({530, 534, 535, 538})
"""Refusals that say who we are not, at whichever step they come (RFC 4954)."""
_RELAY: Final = re.compile(r"\brelay", re.IGNORECASE)


@dataclass(frozen=True)
class SmtpServer:
    """The mail server letters are sent through, one connection a letter."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: SecretStr | None = None
    timeout_seconds: float = 10
    """How long one answer may take."""
    letter_seconds: float = _LONGEST_LETTER_SECONDS
    """How long everything about one letter may take, once there is a connection."""
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def carry(self, letter: EmailMessage) -> None:
        """Hand a letter to the server.

        A connection that breaks after the letter and before the answer to it leaves open whether it was taken; the
        letter then counts as not taken and may go twice, with the same Message-ID only from the same attempt.

        Raises:
            MailServerUnusable: no connection, no answer in time, or a refusal that is about us.
            LetterDeferred: the server wants this letter later.
            LetterRefused: the server does not want this letter.
        """
        sender, recipient = (letter[name].addresses[0] for name in ("from", "to"))
        connection = self._new_connection(local_hostname=sender.domain)
        # Timeouts limit the wait for each piece of an answer, not for all of it.
        watchdog = Timer(self.letter_seconds, _cut, [connection])
        watchdog.daemon = True
        watchdog.start()
        try:
            self._sign_in(connection)
            connection.send_message(letter, sender.addr_spec, [recipient.addr_spec])
        except MailError:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise self._problem(error, recipient.addr_spec) from None
        else:
            # It is taken: what goes wrong from here on is no reason to send it again.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            watchdog.cancel()
            connection.close()

    def _new_connection(self, local_hostname: str) -> smtplib.SMTP:
        # Not connected yet. The name it introduces itself with is the sender's: our hosts' names are nobody's business,
        # and looking them up can take long.
        connection = (
            smtplib.SMTP_SSL(local_hostname=local_hostname, timeout=self.timeout_seconds, context=self.context)
            if self.security == "tls"
            else smtplib.SMTP(local_hostname=local_hostname, timeout=self.timeout_seconds)
        )
        # Certificates are compared with this name, which smtplib keeps only when its constructor connects.
        connection._host = self.host  # type: ignore[attr-defined]
        return connection

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        code, answer = connection.connect(self.host, self.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, answer)
        if self.security == "starttls":
            connection.starttls(context=self.context)
        if self.username and self.password:
            connection.login(self.username, self.password.get_secret_value())

    def _problem(self, error: Exception, recipient: str) -> MailError:
        match error:
            case smtplib.SMTPRecipientsRefused():
                return self._about_letter(*error.recipients[recipient], recipient)
            case smtplib.SMTPDataError():
                return self._about_letter(error.smtp_code, error.smtp_error, recipient)
            case smtplib.SMTPResponseException():
                return self._about_us(error.smtp_code, error.smtp_error, recipient)
            case smtplib.SMTPNotSupportedError() if not recipient.isascii() and "SMTPUTF8" in str(error):
                words = "the mail server takes only addresses in ASCII"
                return LetterRefused(words, words)
            case TimeoutError():
                return MailServerUnusable(f"the mail server did not answer within {self.timeout_seconds:g} s")
            case ssl.SSLCertVerificationError():
                # After a comma it names the host.
                words = error.verify_message.partition(",")[0]
                return MailServerUnusable(f"the mail server's certificate is not good: {words}")
            case OSError(strerror=str(words)) if words and not isinstance(error, smtplib.SMTPException):
                return MailServerUnusable(f"the mail server cannot be reached: {words}")
        return MailServerUnusable(f"the mail server cannot be used: {excerpt(str(error)) or type(error).__name__}")

    def _about_letter(self, code: int, answer: bytes | str, recipient: str) -> MailError:
        words = self._read(answer)
        if code in _ABOUT_US or code == _CLOSING or code < 400 or (code >= 500 and _RELAY.search(words)):
            return self._about_us(code, answer, recipient)
        error = LetterDeferred if code < 500 else LetterRefused
        return error(f"the mail server answered {code}", excerpt(f"{code} {words}"))

    def _about_us(self, code: int, answer: bytes | str, recipient: str) -> MailError:
        words = redacted(self._read(answer), {recipient})
        return MailServerUnusable(f"the mail server takes no letter from us: {excerpt(f'{code} {words}')}")

    def _read(self, answer: bytes | str) -> str:
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        return redacted(text, {self.password.get_secret_value() if self.password else ""})


def _cut(connection: smtplib.SMTP) -> None:
    if connection.sock:
        with suppress(OSError):
            # Not SSLSocket's own, which pulls the connection away under the thread that reads.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
