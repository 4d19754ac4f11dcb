from datetime import datetime

from sync.documentstore import DocumentStore
from sync.jobstore import JobStore
from sync.mailstore import MailStore
from sync.outboxstore import OutboxStore
from sync.recordingstore import RecordingStore


class Store(DocumentStore, JobStore, MailStore, OutboxStore, RecordingStore):
    """Every SQL call of the sync script, by name: one class per user of it, and here what is everybody's."""

    def seal_audit_entries(self, now: datetime) -> int:
        """Seal some of the audit entries that are not; returns how many, 0 when nothing is left to this worker."""
        return int(self._value("seal_audit_entries", now))

    def forget_expired(self, now: datetime) -> int:
        """Delete grants, usage and tokens that are over; returns how many."""
        return int(self._value("forget_expired", now))

    def apply_received_deliveries(self, limit: int) -> int:
        """Apply up to so many deliveries that were acknowledged before; returns how many, 0 when none is left to us."""
        return int(self._value("apply_received_deliveries", limit) or 0)

    def fold_rollups(self, now: datetime, days: int) -> int:
        """Recount up to so many days in which calls changed; returns how many, 0 when nothing is left to do."""
        return int(self._value("fold_rollups", days, now))

    def start_due_reports(self, now: datetime, limit: int) -> int:
        """Begin the reports of schedules whose time has come; returns how much was done, 0 when nothing is due."""
        return int(self._value("start_due_reports", now, limit))

    def evaluate_alerts(self, now: datetime, limit: int) -> int:
        """Look at the alert rules whose turn it is; returns how many episodes began or ended."""
        return int(self._value("evaluate_alerts", now, limit))

    def notify(self, channel: str) -> None:
        """Send an empty notification."""
        with self._connected() as connection:
            connection.execute("select pg_notify(%s, '')", [channel])
