from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sync.database import Database


class Mail(NamedTuple):
    """A claimed mail that somebody waits for."""

    mail_id: UUID
    template: str
    recipient: str
    details: dict[str, Any]
    attempt: int


class MailStore(Database):
    """What the post needs."""

    def claim_mail(self, worker: str, now: datetime) -> Mail | None:
        """Take the next mail that is due, for two minutes from now; none when there is nothing to send."""
        return self._row(Mail, "claim_outbox_mail", worker, now)

    def add_invitation_token(self, mail_id: UUID, worker: str, token_hash: bytes, now: datetime) -> bool:
        """Let a token open the invitation that a mail is about; false when that is no longer open."""
        return bool(self._value("add_invitation_token", mail_id, worker, token_hash, now))

    def finish_mail(
        self, mail_id: UUID, worker: str, outcome: str, error: str | None, retry_at: datetime | None, now: datetime
    ) -> None:
        """Give a mail back: `sent`, `cancelled`, `failed` with the reason, or `retry` with the reason and the time."""
        self._value("finish_outbox_mail", mail_id, worker, outcome, error, retry_at, now)
