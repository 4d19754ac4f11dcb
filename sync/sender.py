import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

import httpx

from sync.account import Account
from sync.config import Config
from sync.errors import (
    DatabaseAway,
    DatabaseError,
    NoAnswer,
    NothingSent,
    QuotaRefused,
    QuotaSpent,
    Stopped,
    SyncError,
    TransientError,
)
from sync.outboxstore import OutboxRequest
from sync.posting import Answer, Poster, Verdict
from sync.progress import Reporter
from sync.retries import pause
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.store import Store

_CALLS: Final = "/api/calls/makecall"
_MESSAGES: Final = {
    "call_center": ("/api/contactcenter/messages/send", "/api/messages/send"),
    "classic": ("/api/messages/send", "/api/contactcenter/messages/send"),
}
# The lease is two minutes, and at most five requests belong to one of ours: a new token twice, the POST three times.
LONGEST_SECONDS: Final = 20.0
_FIRST_REST_SECONDS: Final = 5.0
_LONGEST_REST_SECONDS: Final = 300.0
_QUOTA_REST: Final = timedelta(hours=1)
MOST_ATTEMPTS: Final = 20
"""Of a request that MightyCall could not be reached for: an hour and a half. Nobody wants it sent the next day."""


class Ending(NamedTuple):
    """What became of a request."""

    outcome: str
    """`sent`, `failed`, `unconfirmed`, `retry` or, when it was not to be sent any more, `dropped`."""
    reason: str | None = None
    provider_id: str | None = None
    retry_at: datetime | None = None


@dataclass
class _Course:
    """How far a request has come."""

    may_have_arrived: bool = False


@dataclass(frozen=True)
class Sender:
    """Sends the messages and places the calls that people asked for, each at most once.

    That a request is about to leave is committed before it does. From then on only an answer, or the certainty that
    no connection came about, tells what happened; without either it is unconfirmed, and what MightyCall lists later
    settles it.
    """

    name: ClassVar = "sending"
    worker: str
    config: Config
    http: httpx.Client
    """Used for nothing else, and keeps no connection."""
    runtime: Runtime
    reporter: Reporter
    _paths: dict[UUID, str] = field(default_factory=dict, init=False, repr=False)
    """Where messages are taken, for accounts where that is not where they should be."""

    def turn(self, store: Store) -> Turn:
        """Send one request.

        Raises:
            DatabaseError: the request is taken up again when its lease is over, or is unconfirmed then.
        """
        if self.runtime.is_stopping():
            return Turn.NOTHING_TO_DO
        request = store.claim_request(self.worker, self.runtime.now())
        if request is None:
            return Turn.NOTHING_TO_DO
        course = _Course()
        try:
            ending = self._send(request, course, store)
        except DatabaseError:
            if not course.may_have_arrived:
                # Whether it was begun may be in doubt; that nothing has left is not.
                with suppress(DatabaseError):
                    self._finish(request, Ending("retry", retry_at=self.runtime.now()), store)
            raise
        except Stopped:
            ending = Ending("retry", None, retry_at=self.runtime.now())
        except Exception as error:  # One request must not stop the others, whatever is wrong with it.
            ending = self._after(error, request, course)
        self._finish(request, ending, store)
        return Turn.FAILED if ending.reason and ending.outcome in ("retry", "unconfirmed") else Turn.DONE

    def _send(self, request: OutboxRequest, course: _Course, store: Store) -> Ending:
        account = self._open(request, store)
        token = account.tokens.current()
        account.transport.before_request()
        if not store.begin_request(request.request_id, self.worker, self.runtime.now()):
            return Ending("dropped")
        answer = self._post(request, account, token, course)
        if answer.verdict is Verdict.DENIED:
            token = account.tokens.replace(token)
            account.transport.before_request()
            answer = self._post(request, account, token, course)
        match answer.verdict:
            case Verdict.TAKEN:
                return Ending("sent", provider_id=answer.provider_id)
            case Verdict.UNCLEAR:
                return Ending("unconfirmed", answer.said)
            case Verdict.OVER_QUOTA:
                account.transport.on_quota_refused()
                raise QuotaRefused(answer.said)
            case _:
                return Ending("failed", answer.said)

    def _open(self, request: OutboxRequest, store: Store) -> Account:
        timeout = min(self.config.http_timeout_seconds, LONGEST_SECONDS)
        return Account.open(
            request.integration_id,
            organization=request.organization,
            account_type=request.account_type,
            purpose="send",
            store=store,
            config=self.config.model_copy(update={"http_timeout_seconds": timeout}),
            http=self.http,
            now=self.runtime.now,
        )

    def _post(self, request: OutboxRequest, account: Account, token: str, course: _Course) -> Answer:
        """Make the request at the account's own path, and at the other one only if that one does not exist."""
        first, *others = self._paths_of(request)
        answer = self._post_to(first, request, account, token, course)
        for path in others if answer.verdict is Verdict.NO_SUCH_PATH else ():
            account.transport.before_request()
            other = self._post_to(path, request, account, token, course)
            if other.verdict is not Verdict.NO_SUCH_PATH:
                self._paths[request.integration_id] = path
                return other
        return answer

    def _paths_of(self, request: OutboxRequest) -> list[str]:
        if request.kind == "call":
            return [_CALLS]
        paths = _MESSAGES["classic" if request.account_type == "classic" else "call_center"]
        return sorted(paths, key=lambda path: path != self._paths.get(request.integration_id, paths[0]))

    def _post_to(self, path: str, request: OutboxRequest, account: Account, token: str, course: _Course) -> Answer:
        transport = account.transport
        headers = {"authorization": f"Bearer {token}", "x-api-key": transport.api_key, "accept": "application/json"}
        poster = Poster(self.http, transport.timeout_seconds)
        course.may_have_arrived = True
        try:
            answer = poster.post(transport.base_url + path, _body(request), headers, {transport.api_key, token})
        except NothingSent:
            course.may_have_arrived = False
            raise
        # Whatever was answered, all but these was not done.
        course.may_have_arrived = answer.verdict in (Verdict.TAKEN, Verdict.UNCLEAR)
        return answer

    def _after(self, error: Exception, request: OutboxRequest, course: _Course) -> Ending:
        """What an error means for the request: above all whether MightyCall can have heard of it."""
        if not isinstance(error, SyncError):
            # Not what the error says: it may quote the message.
            sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + f"{type(error).__name__}\n")
        reason = str(error) if isinstance(error, SyncError) else f"unexpected {type(error).__name__}"
        if course.may_have_arrived or isinstance(error, NoAnswer):
            return Ending("unconfirmed", reason)
        if isinstance(error, QuotaSpent | QuotaRefused):
            return Ending("retry", reason, retry_at=self._next_quota())
        if isinstance(error, TransientError) and request.attempt < MOST_ATTEMPTS:
            seconds = pause(request.attempt, _FIRST_REST_SECONDS, _LONGEST_REST_SECONDS, self.runtime.random)
            return Ending("retry", reason, retry_at=self.runtime.now() + timedelta(seconds=seconds))
        return Ending("failed", f"{reason}; nothing was sent")

    def _next_quota(self) -> datetime:
        now = self.runtime.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return min(now + _QUOTA_REST, midnight) + timedelta(seconds=60 * self.runtime.random())

    def _finish(self, request: OutboxRequest, ending: Ending, store: Store) -> None:
        details: dict[str, Any] = {"request": request.request_id, "kind": request.kind, "attempt": request.attempt}
        if ending.outcome != "dropped":
            try:
                is_ours = self._tell(request, ending, store)
            except DatabaseAway:
                # The connection broke while the request was on its way? Another one spares it being unconfirmed.
                is_ours = self._tell(request, ending, store)
            if not is_ours:
                self.reporter.says("request_lost", **details)
                return
        # Not what MightyCall said of a refused one: it may quote a number.
        reason = ending.reason if ending.outcome in ("retry", "unconfirmed") else None
        self.reporter.says(f"request_{ending.outcome}", **details, error=reason, next_try_at=ending.retry_at)

    def _tell(self, request: OutboxRequest, ending: Ending, store: Store) -> bool:
        return store.finish_request(
            request.request_id,
            self.worker,
            ending.outcome,
            provider_id=ending.provider_id,
            reason=ending.reason,
            retry_at=ending.retry_at,
            now=self.runtime.now(),
        )


def _body(request: OutboxRequest) -> Mapping[str, Any]:
    if request.kind == "call":
        return {"from": request.from_number, "to": request.to_number}
    return {"from": request.from_number, "to": [request.to_number], "message": request.body, "attachments": []}
