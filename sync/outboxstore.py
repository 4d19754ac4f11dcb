from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sync.database import Database


class OutboxRequest(NamedTuple):
    """A claimed message or call that somebody asked for."""

    request_id: UUID
    kind: str
    """`message` or `call`."""
    integration_id: UUID
    organization: str
    """The sealing context of the credentials: the organization's id, or `platform`."""
    account_type: str
    from_number: str
    to_number: str
    body: str | None
    attempt: int


class OutboxStore(Database):
    """What the sending of messages and calls needs."""

    def claim_request(self, worker: str, now: datetime) -> OutboxRequest | None:
        """Take the next request that is due, for two minutes from now; none when there is nothing to send."""
        return self._row(OutboxRequest, "claim_outbox_request", worker, now)

    def begin_request(self, request_id: UUID, worker: str, now: datetime) -> bool:
        """Commit that the request is about to leave; false when it may not any more, or is another worker's."""
        return bool(self._value("begin_outbox_request", request_id, worker, now))

    def finish_request(
        self,
        request_id: UUID,
        worker: str,
        outcome: str,
        *,
        provider_id: str | None = None,
        reason: str | None = None,
        retry_at: datetime | None = None,
        now: datetime,
    ) -> bool:
        """Give a request back; false when it is no longer this worker's.

        Args:
            request_id: the request, which has to be this worker's.
            worker: who holds it.
            outcome: `sent`, `failed`, `unconfirmed`, or `retry` where it is certain that nothing reached the provider.
            provider_id: what the provider calls the message or call.
            reason: why it was not sent, or may not have been.
            retry_at: when to try again.
            now: the time.
        """
        arguments = (request_id, worker, outcome, provider_id, reason, retry_at, now)
        return bool(self._value("finish_outbox_request", *arguments))
