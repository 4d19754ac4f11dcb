"""One job: its pages read from MightyCall and applied one by one, each in one transaction."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

import httpx

from sync.client import MightyCall
from sync.config import Config
from sync.envelope import Listing
from sync.errors import LeaseLost, QuotaRefused, QuotaSpent, Stopped, UnknownWork
from sync.jobstore import Job
from sync.pages import read_pages
from sync.progress import Reporter
from sync.retries import Retries
from sync.runtime import Runtime
from sync.slices import slices
from sync.store import Store
from sync.tokens import Tokens
from sync.transport import Transport
from sync.vault import API_KEY, Vault


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


class JobRun:
    """A job in the hands of the worker that claimed it."""

    def __init__(self, job: Job, tools: Tools) -> None:
        self._job = job
        self._tools = tools
        self._now = tools.runtime.now
        self._retries = Retries(tools.runtime.sleep, tools.runtime.random)
        self._vault = Vault(tools.store, tools.config.credentials_keys, job.integration_id, job.organization)
        self._asked_at = self._now()

    def run(self) -> None:
        """Read everything the job asks for.

        Raises:
            SyncError: naming why it could not be read to its end. What was applied before stays applied.
        """
        api_key = self._vault.read()[API_KEY].value
        api_key_hash = hashlib.sha256(api_key.encode()).digest()
        transport = Transport(
            http=self._tools.http,
            base_url=self._tools.config.provider_url(self._job.account_type),
            api_key=api_key,
            timeout_seconds=self._tools.config.http_timeout_seconds,
            before_request=lambda: self._permit_request(api_key_hash),
        )
        try:
            self._read(MightyCall(transport, Tokens(self._vault, transport, self._now)))
        except QuotaRefused:
            self._tools.store.note_refusal(api_key_hash, self._now())
            raise

    def _read(self, provider: MightyCall) -> None:
        match self._job:
            case Job(resource="calls", kind="one", provider_id=str(provider_id)):
                self._apply([self._retries(lambda: provider.call(provider_id))], total=1)
            case Job(resource="calls", range_from=datetime() as start, range_to=datetime() as end):
                self._read_calls(provider, start, end)
            case Job(resource="phone_numbers"):
                self._read_list(provider.phone_numbers)
            case _:
                raise UnknownWork(f"this version does not know how to read {self._job.resource} ({self._job.kind})")

    def _read_calls(self, provider: MightyCall, start: datetime, end: datetime) -> None:
        for part in slices(start, end):
            self._read_list(
                partial(provider.calls, part.start, part.end),
                through=part.end,
                stretch=_Stretch((part.start - start) / (end - start), (part.end - start) / (end - start)),
            )

    def _read_list(
        self,
        fetch: Callable[[int, int], Listing],
        through: datetime | None = None,
        stretch: _Stretch = _WHOLE,
    ) -> None:
        """Read one list; the watermark may move `through` with its last page."""
        page_size, read = self._tools.config.page_size, 0
        for page in read_pages(lambda skip: fetch(skip, page_size), page_size, retry=self._retries):
            read += len(page.items)
            share = stretch.end if page.is_last else None
            if page.total and not page.is_last:
                share = stretch.start + (stretch.end - stretch.start) * min(1, read / page.total)
            self._apply(
                page.items,
                through=through if page.is_last else None,
                total=page.total if stretch == _WHOLE else None,
                share=share,
            )

    def _apply(
        self, items: list[str], *, through: datetime | None = None, total: int | None = None, share: float | None = 1
    ) -> None:
        applied = self._retries(
            lambda: self._tools.store.apply_page(
                self._job.job_id,
                self._tools.worker,
                items,
                observed_at=self._asked_at,
                through=through,
                total=total,
                now=self._now(),
            )
        )
        self._tools.reporter.advanced(self._job, applied, share)

    def _permit_request(self, api_key_hash: bytes) -> None:
        if self._tools.runtime.is_stopping():
            raise Stopped("the process was asked to end")
        self._asked_at = self._now()
        if not self._tools.store.extend_lease(self._job.job_id, self._tools.worker, self._asked_at):
            raise LeaseLost("another worker has taken the job over")
        allowance = self._tools.store.count_request(api_key_hash, self._asked_at)
        if not allowance.allowed:
            is_used_up = allowance.used >= allowance.quota
            reason = (
                "today's requests are used up" if is_used_up else "MightyCall refused requests within the last hour"
            )
            raise QuotaSpent(f"{reason}; {allowance.used} of {allowance.quota} were sent with this API key")
