"""One job: what it asks for read from MightyCall and applied page by page, each in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

import httpx

from sync.account import Account, Purpose
from sync.agents import agent_statuses
from sync.client import MightyCall
from sync.config import Config
from sync.contacts import ContactPages
from sync.delivery import SampleDelivery
from sync.envelope import Listing
from sync.errors import (
    AuthorizationDenied,
    LeaseLost,
    NotFound,
    ProviderError,
    QuotaSpent,
    RequestRefused,
    Stopped,
    UnknownWork,
    Yielded,
)
from sync.jobstore import Applied, Job
from sync.pages import Page, read_numbered_pages, read_pages
from sync.progress import Reporter
from sync.retries import Retries
from sync.runtime import Runtime
from sync.slices import DAY, Slice, slices
from sync.store import Store


@dataclass(frozen=True)
class Tools:
    """What every job of a worker needs."""

    worker: str
    """How the worker signs its jobs; no two processes may have the same."""
    store: Store
    config: Config
    http: httpx.Client
    runtime: Runtime
    reporter: Reporter


class _Stretch(NamedTuple):
    """The part of a job that one list makes up, as shares of the whole."""

    start: float
    end: float


_WHOLE: Final = _Stretch(0, 1)
_WEEK: Final = timedelta(days=7)
_MOST_CONFIRMED: Final = 20
_MOST_UNFINISHED: Final = 10
_EVENTS_AT_ONCE: Final = 200
_PURPOSES: Final[dict[str, Purpose]] = {"scheduled": "scheduled", "backfill": "backfill"}


class JobRun:
    """A job in the hands of the worker that claimed it."""

    def __init__(self, job: Job, tools: Tools) -> None:
        self._job = job
        self._tools = tools
        self._store = tools.store
        self._page_size = tools.config.page_size
        self._now = tools.runtime.now
        self._retries = Retries(tools.runtime.sleep, tools.runtime.random)
        self._asked_at = self._now()

    def run(self) -> None:
        """Do everything the job asks for.

        Raises:
            SyncError: naming why it could not be done to its end. What was applied before stays applied.
        """
        match self._job.kind:
            case "test_delivery":
                self._deliver_test()
            case "replay":
                self._replay()
            case kind:
                account = Account.open(
                    self._job.integration_id,
                    organization=self._job.organization,
                    account_type=self._job.account_type,
                    purpose=_PURPOSES.get(kind, "requested"),
                    store=self._store,
                    config=self._tools.config,
                    http=self._tools.http,
                    now=self._now,
                    before_request=self._prepare_request,
                )
                self._pull(account)

    def _pull(self, account: Account) -> None:
        provider, size = account.provider, self._page_size
        match self._job:
            case Job(kind="test"):
                self._retries(account.tokens.anew)
                self._apply(self._retries(lambda: provider.phone_numbers(0, 1)).items[:1])
            case Job(resource="calls", kind="one", provider_id=str(provider_id)):
                self._read_one(provider, provider_id)
            case Job(resource="calls", range_from=datetime(), range_to=datetime()):
                self._read_slices(DAY, lambda part: self._listed(partial(provider.calls, *part)), provider)
                if self._job.kind != "backfill":
                    self._ask_for_unfinished(provider)
            case Job(resource="voicemails", range_from=datetime(), range_to=datetime()):
                self._read_slices(_WEEK, lambda part: self._listed(partial(provider.voicemails, *part)))
            case Job(resource="messages", range_from=datetime(), range_to=datetime()):
                self._read_slices(_WEEK, lambda part: self._messages(provider, part))
            case Job(resource="phone_numbers"):
                self._keep(self._listed(provider.phone_numbers))
            case Job(resource="team"):
                self._keep(self._listed(provider.team))
            case Job(resource="contacts"):
                self._keep(self._listed(ContactPages(provider).fetch))
            case Job(resource="agent_status"):
                self._apply(agent_statuses(provider, self._retries, size), is_last=True)
            case _:
                raise UnknownWork(f"this version does not know how to read {self._job.resource} ({self._job.kind})")

    def _listed(self, fetch: Callable[[int, int], Listing]) -> Iterator[Page]:
        return read_pages(lambda skip: fetch(skip, self._page_size), self._page_size, retry=self._retries)

    def _messages(self, provider: MightyCall, part: Slice) -> Iterator[Page]:
        return read_numbered_pages(
            lambda page: provider.messages(*part, page, self._page_size),
            self._page_size,
            # What ends where the job ends is read again by the next pass, anything else perhaps never.
            is_certain=part.end != self._job.range_to or self._job.kind == "backfill",
            retry=self._retries,
        )

    def _read_slices(
        self, longest: timedelta, read: Callable[[Slice], Iterator[Page]], provider: MightyCall | None = None
    ) -> None:
        """Read a range.

        With a provider, a long range is also searched for what was listed earlier and is no more. A short one is read
        every few minutes: there, a call that the provider merely does not list would cost a request each time.
        """
        start, end = self._job.range_from, self._job.range_to
        if start is None or end is None:
            raise UnknownWork("the job has no range")
        for part in slices(start, end, longest):
            began_at = self._now()
            stretch = _Stretch((part.start - start) / (end - start), (part.end - start) / (end - start))
            self._keep(read(part), through=part.end, stretch=stretch)
            if provider and end - start >= DAY:
                self._confirm_missing(provider, part, began_at)
            if part.end < end:
                self._give_way()

    def _keep(self, pages: Iterator[Page], through: datetime | None = None, stretch: _Stretch = _WHOLE) -> None:
        """Apply a list as it is read; the watermark may move `through` with its last page."""
        read = 0
        for page in pages:
            read += len(page.items)
            share = stretch.end if page.is_last else None
            if page.total and not page.is_last:
                share = stretch.start + (stretch.end - stretch.start) * min(1, read / page.total)
            self._apply(
                page.items,
                through=through if page.is_last else None,
                total=page.total if stretch == _WHOLE else None,
                share=share,
                is_last=page.is_last,
            )

    def _read_one(self, provider: MightyCall, provider_id: str) -> None:
        try:
            item = self._retries(lambda: provider.call(provider_id))
        except NotFound:
            if not self._apply_missing([provider_id]):
                raise
        else:
            self._apply([item], total=1)

    def _confirm_missing(self, provider: MightyCall, part: Slice, since: datetime) -> None:
        """Ask one by one for calls of a slice that were listed earlier: a list that leaves one out proves nothing."""
        missing = []
        for provider_id in self._store.unlisted_calls(
            self._job.job_id, self._tools.worker, part.start, part.end, since=since, limit=_MOST_CONFIRMED
        ):
            try:
                item = self._retries(partial(provider.call, provider_id))
            except NotFound:
                missing.append(provider_id)
            else:
                self._apply([item], share=None)
        if missing:
            self._apply_missing(missing)

    def _ask_for_unfinished(self, provider: MightyCall) -> None:
        """Ask one by one for calls whose end should have been told: an event was lost, and the list left them out.

        That these cannot be asked for, for want of requests or of an answer, does not undo what the pass has read.
        """
        job_id, worker = self._job.job_id, self._tools.worker
        for provider_id in self._store.unfinished_calls(job_id, worker, self._now(), _MOST_UNFINISHED):
            item, is_unknown = None, False
            try:
                item = self._retries(partial(provider.call, provider_id))
            except NotFound:
                is_unknown = True
            except AuthorizationDenied:
                return
            except RequestRefused:
                pass  # Not this one, and not the next time either: the others are asked for all the same.
            except (ProviderError, QuotaSpent, Stopped):
                return
            # Noted first: one that cannot be applied must not be asked for at every pass.
            gone = self._retries(partial(self._note_unfinished, provider_id, is_unknown))
            if item is not None:
                self._apply([item], share=None)
            self._tools.reporter.says("unfinished_call", job=job_id, ended=item is not None or None, gone=gone or None)

    def _note_unfinished(self, provider_id: str, is_unknown: bool) -> bool:
        job_id, worker = self._job.job_id, self._tools.worker
        return self._store.note_unfinished_call(
            job_id, worker, provider_id, is_unknown=is_unknown, observed_at=self._asked_at, now=self._now()
        )

    def _apply_missing(self, provider_ids: list[str]) -> int:
        job_id, worker = self._job.job_id, self._tools.worker
        gone = self._retries(
            lambda: self._store.apply_missing_calls(
                job_id, worker, provider_ids, observed_at=self._asked_at, now=self._now()
            )
        )
        self._tools.reporter.says("calls_gone", job=job_id, calls=gone or None)
        return gone

    def _apply(
        self,
        items: list[str],
        *,
        through: datetime | None = None,
        total: int | None = None,
        share: float | None = 1,
        is_last: bool = False,
    ) -> None:
        applied = self._retries(
            lambda: self._store.apply_page(
                self._job.job_id,
                self._tools.worker,
                items,
                observed_at=self._asked_at,
                through=through,
                total=total,
                now=self._now(),
                is_last=is_last,
            )
        )
        self._tools.reporter.advanced(self._job, applied, share)

    def _replay(self) -> None:
        replay = partial(self._store.replay_next_events, self._job.job_id, self._tools.worker, _EVENTS_AT_ONCE)
        while replayed := self._retries(lambda: replay(self._now())):
            self._tools.reporter.advanced(self._job, Applied(0, replayed, 0, 0), None)
            self._end_if_asked()
            self._give_way()

    def _deliver_test(self) -> None:
        target = self._store.test_delivery_target(self._job.job_id, self._tools.worker, self._now())
        if target is None:
            raise LeaseLost("another worker has taken the job over")
        keys = self._tools.config.credentials_keys
        event = SampleDelivery(self._job.integration_id, self._job.job_id, self._now())
        event.deliver(target, keys, self._tools.http, self._tools.runtime.sleep)

    def _prepare_request(self) -> None:
        self._end_if_asked()
        self._asked_at = self._now()
        if not self._store.extend_lease(self._job.job_id, self._tools.worker, self._asked_at):
            raise LeaseLost("another worker has taken the job over")

    def _end_if_asked(self) -> None:
        if self._tools.runtime.is_stopping():
            raise Stopped("the process was asked to end")

    def _give_way(self) -> None:
        """Leave a job that has time to later, when something else has not."""
        if self._job.kind in ("backfill", "replay") and self._store.has_due_work(self._now()):
            raise Yielded("something more urgent is due")
