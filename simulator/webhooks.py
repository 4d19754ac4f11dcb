"""Webhooks on their way: signed, sent in each call's order, tried again a few times."""

import hashlib
import hmac
import json
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Lock

import httpx

from simulator.accounts import Webhook
from simulator.clock import Clock, utc_text
from simulator.events import Event
from simulator.faults import Faults
from simulator.schedule import Schedule
from simulator.store import Delivery, Outcome

RETRY_AFTER_SECONDS = (1, 2, 4, 8, 16, 32)
TIMEOUT_SECONDS = 10
CHECK_TIMEOUT_SECONDS = 8
PARALLEL = 8
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of trying a URL: whether it echoes, and whether it accepts an empty delivery."""

    is_passed: bool
    problem: str | None = None


def signature(body: bytes, secret: str) -> str:
    """Return the HMAC-SHA256 of the exact bytes, in lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def check_url(url: str) -> Check:
    """Try a URL as the provider's panel does: an Echo header must come back, an empty POST must be taken."""
    echo = token_hex(16)
    try:
        with httpx.Client(trust_env=False, timeout=CHECK_TIMEOUT_SECONDS) as client:
            answer = client.post(url, headers={"Echo": echo})
            if not answer.is_success or answer.headers.get("Echo") != echo:
                return Check(False, f"the Echo header did not come back (HTTP {answer.status_code})")
            answer = client.post(url)
    except httpx.HTTPError as error:
        return Check(False, f"{type(error).__name__}: {error}")
    return Check(True) if answer.is_success else Check(False, f"an empty POST was answered HTTP {answer.status_code}")


class Courier:
    """Delivers the events of one account; a slow or failing delivery holds up no other call's."""

    def __init__(
        self,
        webhook: Callable[[], Webhook | None],
        keep: Callable[[Delivery], None],
        schedule: Schedule,
        faults: Faults,
        client: httpx.Client,
        clock: Clock,
    ) -> None:
        self._webhook = webhook
        self._keep = keep
        self._schedule = schedule
        self._faults = faults
        self._client = client
        self._clock = clock
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="courier")
        self._lock = Lock()
        self._waiting: dict[str, deque[Event]] = {}

    def send(self, event: Event) -> None:
        """Deliver an event after those of its call that wait for their first attempt."""
        for sent in self._faults.deliveries(event):
            with self._lock:
                queue = self._waiting.setdefault(sent.call_id, deque())
                queue.append(sent)
                is_first = len(queue) == 1
            if is_first:
                self._submit(self._next_of, sent.call_id)

    def close(self) -> None:
        """Stop; what is under way is finished, what waits is not sent."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _next_of(self, call_id: str) -> None:
        try:
            self._attempt(self._waiting[call_id][0], 1, self._clock())
        finally:
            with self._lock:
                queue = self._waiting[call_id]
                queue.popleft()
                if not queue:
                    del self._waiting[call_id]
            if queue:
                self._submit(self._next_of, call_id)

    def _attempt(self, event: Event, attempt: int, sent_at: datetime) -> None:
        webhook = self._webhook()
        if webhook is None:
            self._keep(Delivery(event.guid, event.call_id, "unsent", done_at=utc_text(self._clock())))
            return
        body = json.dumps(event.payload).encode()
        headers = {"Content-Type": "application/json"}
        if webhook.mode == "signed":
            headers["x-signature"] = signature(body, webhook.secret)
        status: int | None = None
        try:
            status = self._client.post(webhook.url, content=body, headers=headers, timeout=TIMEOUT_SECONDS).status_code
        except httpx.HTTPError as error:
            log.info("delivery of %s failed: %s", event.guid, type(error).__name__)
        outcome: Outcome
        if status is None or status >= 500:
            if attempt <= len(RETRY_AFTER_SECONDS):
                due = self._clock() + timedelta(seconds=RETRY_AFTER_SECONDS[attempt - 1])
                self._schedule.at(due, lambda: self._submit(self._attempt, event, attempt + 1, sent_at))
                return
            outcome = "failed"
        else:
            outcome = "delivered" if status < 300 else "refused"
        times = {"sent_at": utc_text(sent_at), "done_at": utc_text(self._clock())}
        self._keep(Delivery(event.guid, event.call_id, outcome, attempt, status, **times))

    def _submit(self, work: Callable[..., None], *args: object) -> None:
        try:
            self._pool.submit(work, *args)
        except RuntimeError:
            log.debug("not sent: the simulator is stopping")
