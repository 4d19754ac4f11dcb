import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from sync.progress import Reporter
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.store import Store

_DELIVERIES: Final = 500
_DAYS: Final = 31
_SCHEDULES: Final = 20
_RULES: Final = 200


@dataclass
class Routine:
    """Something the database wants done again and again, a bounded piece at a time."""

    name: str
    work: Callable[[Store, datetime], int]
    """Do a piece; returns how many rows it took, 0 when nothing is left."""
    every_seconds: float
    runtime: Runtime
    reporter: Reporter
    monotonic: Callable[[], float] = time.monotonic
    _next_at: float = field(default=float("-inf"), init=False)

    @classmethod
    def sealing(cls, runtime: Runtime, reporter: Reporter) -> Self:
        """The seals of the audit trail."""
        return cls("sealing", Store.seal_audit_entries, 5, runtime, reporter)

    @classmethod
    def forgetting(cls, runtime: Runtime, reporter: Reporter) -> Self:
        """Grants, usage and tokens that are over."""
        return cls("forgetting", Store.forget_expired, 60, runtime, reporter)

    @classmethod
    def receiving(cls, runtime: Runtime, reporter: Reporter) -> Self:
        """Deliveries that the webhook app acknowledged and did not live to apply."""
        return cls("receiving", lambda store, _: store.apply_received_deliveries(_DELIVERIES), 2, runtime, reporter)

    @classmethod
    def folding(cls, runtime: Runtime, reporter: Reporter) -> Self:
        """The rollups that figures are read from; a pull writes to one day for a while, which is recounted whole."""
        return cls("folding", lambda store, now: store.fold_rollups(now, _DAYS), 10, runtime, reporter)

    @classmethod
    def reporting(cls, runtime: Runtime, reporter: Reporter) -> Self:
        """The runs of report schedules."""
        return cls("reporting", lambda store, now: store.start_due_reports(now, _SCHEDULES), 5, runtime, reporter)

    @classmethod
    def alerting(cls, runtime: Runtime, reporter: Reporter) -> Self:
        """The alert rules."""
        return cls("alerting", lambda store, now: store.evaluate_alerts(now, _RULES), 5, runtime, reporter)

    def turn(self, store: Store) -> Turn:
        """Do a piece, if it is time; the errors are those of `Store`."""
        if self.monotonic() < self._next_at:
            return Turn.NOTHING_TO_DO
        if rows := self.work(store, self.runtime.now()):
            self.reporter.says(self.name, rows=rows)
            return Turn.DONE
        self._next_at = self.monotonic() + self.every_seconds
        return Turn.NOTHING_TO_DO
