from email.message import EmailMessage
from typing import Protocol

from sync.config import Config
from sync.mailfolder import MailFolder
from sync.smtp import SmtpServer


class Carrier(Protocol):
    """Takes a letter on its way."""

    def carry(self, letter: EmailMessage) -> None:
        """Hand one letter over.

        Raises:
            MailServerUnusable: neither this letter nor any other can go now.
            LetterDeferred: this letter cannot go now.
            LetterRefused: this letter can never go.
        """


def carrier(config: Config) -> Carrier | None:
    """The way letters go in this deployment; none when there is none yet, and mails stay queued."""
    if config.mail_folder:
        return MailFolder(config.mail_folder)
    if config.smtp_host:
        return SmtpServer(
            host=config.smtp_host,
            port=config.smtp_usual_port,
            security=config.smtp_security,
            username=config.smtp_username,
            password=config.smtp_password,
            timeout_seconds=config.smtp_timeout_seconds,
        )
    return None
