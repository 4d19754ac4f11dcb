"""Who and what a test's story is about, put into a database by the helpers that the pgTAP tests use too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tools.scratch import Database


@dataclass(frozen=True)
class People:
    """Makes people, organizations, numbers and lines in one database."""

    database: Database

    def user(self, name: str = "Somebody") -> UUID:
        """Make a user without an organization; returns its id."""
        return self._call("user", name)

    def organization(self, name: str = "Acme") -> UUID:
        """Make an organization."""
        return self._call("organization", name)

    def member(self, org_id: UUID, role: str, *line_ids: UUID) -> UUID:
        """Make a user with a role in an organization, and lines; returns the user's id."""
        return self._call("member", org_id, role, list(line_ids))

    def join(self, user_id: UUID, org_id: UUID, role: str, *line_ids: UUID) -> UUID:
        """Give a user a further membership; returns the member's id."""
        return self._call("join", user_id, org_id, role, list(line_ids))

    def platform_admin(self) -> UUID:
        """Make one of the operator's people; returns the user's id."""
        return self._call("platform_admin")

    def integration(self, org_id: UUID | None = None) -> UUID:
        """Make a MightyCall account without credentials, platform-wide unless an organization owns it."""
        return self._call("integration", org_id) if org_id else self._call("integration")

    def phone_number(self, integration_id: UUID, e164: str) -> UUID:
        """Put a number into an account's inventory."""
        return self._call("phone_number", integration_id, e164)

    def line(self, org_id: UUID, phone_number_id: UUID, period: str = "[2020-01-01,)") -> UUID:
        """Put a number into an organization's hands for a period."""
        return self._call("line", org_id, phone_number_id, period)

    def call(self, line_id: UUID, started_at: datetime, outcome: str = "answered") -> UUID:
        """Put an inbound call on a line, behind the back of the events."""
        return self._call("call", line_id, started_at, outcome)

    def _call(self, function: str, *arguments: Any) -> UUID:
        placeholders = ", ".join(["%s"] * len(arguments))
        with self.database.connect() as connection:
            row = connection.execute(f"select tests.{function}({placeholders})", arguments).fetchone()
        assert row is not None
        made: UUID = row[0]
        return made
