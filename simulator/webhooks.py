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
from threading import Condition

import httpx

from simulator.accounts import Webhook
from simulator.clock import Clock, utc_text
from simulator.delivery_faults import Sending
from simulator.events import Event
from simulator.faults import Faults
from simulator.lines import Lines, NoAnswerError
from simulator.schedule import Schedule
from simulator.store import Delivery, Outcome

RETRY_AFTER_SECONDS = (1, 2, 4, 8, 16, 32)
TIMEOUT_SECONDS = 10
CHECK_TIMEOUT_SECONDS = 8
PARALLEL = 32
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
        lines: Lines,
        clock: Clock,
    ) -> None:
        self._webhook = webhook
        self._keep = keep
        self._schedule = schedule
        self._faults = faults
        self._lines = lines
        self._clock = clock
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="courier")
        self._changed = Condition()
        self._waiting: dict[str, deque[tuple[Sending, list[Sending]]]] = {}
        self._held: dict[str, list[Sending]] = {}
        self._open = 0

    @property
    def open(self) -> int:
        """How many sendings have not come to their end: waiting, held, late or to be tried again."""
        with self._changed:
            return self._open

    def wait_for_room(self, most: int, seconds: float) -> bool:
        """Wait until no more than so many sendings are open; False: there still are after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open <= most, seconds)

    def send(self, event: Event) -> None:
        """Deliver an event after those of its call that wait for their first attempt."""
        sendings = self._faults.deliveries(event)
        if not sendings:
            self._keep(Delivery(event.guid, event.call_id, "lost", done_at=utc_text(self._clock())))
        for sending in sendings:
            with self._changed:
                self._open += 1
            if sending.after_seconds:
                self._later(sending.after_seconds, sending, 1)
            elif sending.held_seconds is not None:
                self._hold(sending, sending.held_seconds)
            else:
                self._queue(sending)

    def close(self) -> None:
        """Stop; what is under way is finished, what waits is not sent."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _queue(self, sending: Sending) -> None:
        call_id = sending.event.call_id
        with self._changed:
            queue = self._waiting.setdefault(call_id, deque())
            queue.append((sending, self._held.pop(call_id, [])))
            is_first = len(queue) == 1
        if is_first:
            self._submit(self._next_of, call_id)

    def _hold(self, sending: Sending, seconds: float) -> None:
        call_id = sending.event.call_id
        with self._changed:
            self._held.setdefault(call_id, []).append(sending)
        due = self._clock() + timedelta(seconds=seconds)
        self._schedule.at(due, lambda: self._release(call_id, sending))

    def _release(self, call_id: str, sending: Sending) -> None:
        """Send what was held back, unless it follows another event meanwhile."""
        with self._changed:
            held = self._held.pop(call_id, [])
            if kept := [other for other in held if other is not sending]:
                self._held[call_id] = kept
        if len(kept) < len(held):
            self._submit(self._attempt, sending, 1, self._clock())

    def _next_of(self, call_id: str) -> None:
        sending, held = self._waiting[call_id][0]
        try:
            self._attempt(sending, 1, self._clock())
        finally:
            with self._changed:
                queue = self._waiting[call_id]
                queue.popleft()
                if not queue:
                    del self._waiting[call_id]
            for overtaken in held:
                self._submit(self._attempt, overtaken, 1, self._clock())
            if queue:
                self._submit(self._next_of, call_id)

    def _attempt(self, sending: Sending, attempt: int, sent_at: datetime) -> None:
        event = sending.event
        webhook = self._webhook()
        if webhook is None:
            self._end(sending, Delivery(event.guid, event.call_id, "unsent", done_at=utc_text(self._clock())))
            return
        body = json.dumps(event.payload).encode()
        headers = {"Content-Type": "application/json"}
        if webhook.mode == "signed":
            headers["x-signature"] = signature(body, webhook.secret)
        is_impatient = attempt == 1 and sending.patience_seconds is not None
        patience = sending.patience_seconds if is_impatient and sending.patience_seconds else TIMEOUT_SECONDS
        status: int | None = None
        try:
            status = self._lines.post(webhook.url, body, headers, timeout=TIMEOUT_SECONDS, patience=patience)
        except NoAnswerError as error:
            log.info("delivery of %s failed: %s", event.guid, error)
        outcome: Outcome
        if status is None or status >= 500:
            if attempt <= len(RETRY_AFTER_SECONDS):
                self._later(RETRY_AFTER_SECONDS[attempt - 1], sending, attempt + 1, sent_at)
                return
            outcome = "failed"
        else:
            outcome = "delivered" if status < 300 else "refused"
        times = {"sent_at": utc_text(sent_at), "done_at": utc_text(self._clock())}
        self._end(sending, Delivery(event.guid, event.call_id, outcome, attempt, status, **times))

    def _later(self, seconds: float, sending: Sending, attempt: int, sent_at: datetime | None = None) -> None:
        due = self._clock() + timedelta(seconds=seconds)
        self._schedule.at(due, lambda: self._submit(self._attempt, sending, attempt, sent_at or self._clock()))

    def _end(self, sending: Sending, delivery: Delivery) -> None:
        """Keep what became of an event; a copy tells nothing that its original does not."""
        if not sending.is_copy:
            self._keep(delivery)
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _submit(self, work: Callable[..., None], *args: object) -> None:
        try:
            self._pool.submit(work, *args)
        except RuntimeError:
            log.debug("not sent: the simulator is stopping")
