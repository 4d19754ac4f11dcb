from datetime import datetime

from sync.jobstore import JobStore
from sync.mailstore import MailStore
from sync.outboxstore import OutboxStore
from sync.recordingstore import RecordingStore


class Store(JobStore, MailStore, OutboxStore, RecordingStore):
    """Every SQL call of the sync script, by name: one class per user of it, and here what is everybody's."""

    def seal_audit_entries(self, now: datetime) -> int:
        """Seal some of the audit entries that are not; returns how many, 0 when nothing is left to this worker."""
        return int(self._value("seal_audit_entries", now))

    def forget_expired(self, now: datetime) -> int:
        """Delete grants, usage and tokens that are over; returns how many."""
        return int(self._value("forget_expired", now))

    def notify(self, channel: str) -> None:
        """Send an empty notification."""
        with self._connected() as connection:
            connection.execute("select pg_notify(%s, '')", [channel])
