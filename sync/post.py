import secrets
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from hashlib import sha256
from typing import ClassVar, Final

from sync.attachments import Attachments
from sync.carriers import Carrier
from sync.errors import DatabaseAway, DatabaseError, LetterDeferred, LetterRefused, MailServerUnusable, UnwritableLetter
from sync.letters import INVITATION, write_invitation
from sync.mailstore import Mail
from sync.notices import NOTICES, REPORT, write_notice, write_report
from sync.progress import Reporter
from sync.retries import pause
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.store import Store

_FIRST_REST: Final = timedelta(minutes=1)
_LONGEST_REST: Final = timedelta(hours=1)
_TOKEN_BYTES: Final = 32


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True)
class Postman:
    """Sends the mails that are due: invitations, each with a token of its own, reports with their documents, notices.

    A mail is finished after its letter was taken, never before: a worker that dies in between leaves the lease to run
    out, and the letter is sent again. So somebody may get two, but nobody none.

    What is kept with a mail is read by the organization's admins: the answer about their invitation, but nothing about
    our mail server. What is reported is read by the operator: no address and no token.
    """

    name: ClassVar = "post"
    worker: str
    carrier: Carrier
    sender: Address
    runtime: Runtime
    reporter: Reporter
    attachments: Attachments | None = None
    """From where the documents of reports come; without it letters with documents wait."""
    new_token: Callable[[], str] = field(default=_new_token, repr=False)

    def turn(self, store: Store) -> Turn:
        """Send one letter.

        Raises:
            MailServerUnusable: this is no time for any other letter; this one is tried again later.
            DatabaseError: the mail is taken up again when its lease is over.
        """
        mail = store.claim_mail(self.worker, self.runtime.now())
        if mail is None:
            return Turn.NOTHING_TO_DO
        try:
            return self._send(mail, store)
        except LetterRefused as error:
            self._finish(mail, store, "failed", error.answer)
            self.reporter.says("mail_failed", mail=mail.mail_id, attempt=mail.attempt, error=str(error))
            return Turn.DONE
        except LetterDeferred as error:
            self._try_again(mail, store, error.answer, str(error))
            return Turn.DONE
        except MailServerUnusable:
            self._try_again(mail, store, "no mail server takes letters at the moment", None)
            raise
        except UnwritableLetter as error:
            self._try_again(mail, store, "the letter could not be written", str(error))
            return Turn.FAILED
        except DatabaseError:
            raise
        except Exception as error:  # One mail must not stop the others, whatever is wrong with it.
            # Not what the error says: it may quote the address.
            sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}\n")
            self._try_again(mail, store, "the letter could not be written", f"unexpected {type(error).__name__}")
            return Turn.FAILED

    def _send(self, mail: Mail, store: Store) -> Turn:
        letter = self._write(mail, store)
        if letter is None:
            self._finish(mail, store, "cancelled")
            self.reporter.says("mail_cancelled", mail=mail.mail_id)
            return Turn.DONE
        self.carrier.carry(letter)
        self._finish(mail, store, "sent")
        self.reporter.says("mail_sent", mail=mail.mail_id, attempt=mail.attempt)
        return Turn.DONE

    def _write(self, mail: Mail, store: Store) -> EmailMessage | None:
        """The letter, if it is still to be sent."""
        if mail.template == INVITATION:
            return self._write_invitation(mail, store)
        if mail.template != REPORT and mail.template not in NOTICES:
            raise UnwritableLetter(f"this version does not know the letter {mail.template}")
        if mail.details.get("is_over"):
            return None
        if mail.template in NOTICES:
            return write_notice(mail, self.sender, self.runtime.now())
        if self.attachments is None:
            words = "the report's documents could not be fetched"
            raise LetterDeferred("Storage is not configured", words)
        attached, left_out = self.attachments.fetch(mail.details.get("documents") or [])
        return write_report(mail, attached, left_out, self.sender, self.runtime.now())

    def _write_invitation(self, mail: Mail, store: Store) -> EmailMessage | None:
        token = self.new_token()
        letter = write_invitation(mail, token, self.sender, self.runtime.now())
        token_hash = sha256(token.encode()).digest()
        is_open = store.add_invitation_token(mail.mail_id, self.worker, token_hash, self.runtime.now())
        return letter if is_open else None

    def _try_again(self, mail: Mail, store: Store, reason: str, reported: str | None) -> None:
        seconds = pause(mail.attempt, _FIRST_REST.total_seconds(), _LONGEST_REST.total_seconds(), self.runtime.random)
        self._finish(mail, store, "retry", reason, seconds)
        self.reporter.says(
            "mail_deferred", mail=mail.mail_id, attempt=mail.attempt, error=reported, next_try_seconds=round(seconds)
        )

    def _finish(
        self, mail: Mail, store: Store, outcome: str, error: str | None = None, rest_seconds: float | None = None
    ) -> None:
        now = self.runtime.now()
        retry_at = None if rest_seconds is None else now + timedelta(seconds=rest_seconds)
        try:
            store.finish_mail(mail.mail_id, self.worker, outcome, error, retry_at, now)
        except DatabaseAway:
            # The connection broke while the letter was on its way? Another one spares somebody a second letter.
            store.finish_mail(mail.mail_id, self.worker, outcome, error, retry_at, now)
