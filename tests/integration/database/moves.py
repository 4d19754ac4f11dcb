"""Organizations between which numbers move, and who looks on."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from tests.integration.database.doors import (
    column,
    deliver,
    event,
    give,
    one,
    signed_in,
)
from tests.support.people import People
from tools.scratch import Database

NOW = datetime.now(UTC)


def hours_ago(hours: float) -> datetime:
    """Return an instant before the tests began."""
    return NOW - timedelta(hours=hours)


@dataclass(frozen=True)
class Moves:
    """Two organizations alike, the operator, and a platform-wide account."""

    database: Database
    people: People
    account: UUID
    operator: UUID
    organizations: dict[str, UUID]
    viewers: dict[str, UUID]
    _digits: "count[int]" = field(default_factory=lambda: count(100))

    @classmethod
    def set(cls, database: Database) -> "Moves":
        """Make them in a database."""
        people = People(database)
        organizations = {name: people.organization(name) for name in ("A", "B")}
        viewers = {name: people.member(org_id, "viewer") for name, org_id in organizations.items()}
        return cls(database, people, people.integration(), people.platform_admin(), organizations, viewers)

    def number(self) -> tuple[UUID, str]:
        """Put a number of the 555-01xx kind into the inventory, one that no other test uses."""
        digit = next(self._digits)
        e164 = f"+1{202 + digit // 100}55501{digit % 100:02}"
        return self.people.phone_number(self.account, e164), e164

    def give(self, number: UUID, name: str, start: datetime | None = None) -> UUID:
        """Let the operator give a number to an organization."""
        with signed_in(self.database, self.operator) as operator:
            return give(operator, number, self.organizations[name], start)

    def ring(self, call: str, e164: str, at: datetime) -> None:
        """Let a call arrive, at that time, in a delivery of now."""
        self.deliver(event("IncomingCall", call, at, From="+12125550199", To=e164))

    def deliver(self, body: str) -> None:
        """Hand a delivery of now to the door."""
        with self.database.connect("webhooks") as webhooks:
            assert deliver(webhooks, self.account, datetime.now(UTC), body) == ["applied"]

    def seen_by(self, user: UUID, e164: str) -> list[str]:
        """Return the calls of a number that a user reads, in the order of their names."""
        with signed_in(self.database, user) as reader:
            query = "select provider_call_id from public.calls where business_number = %s order by 1"
            return column(reader, query, e164)

    def agent(self, name: str, line: UUID) -> UUID:
        """Make an agent who is given a line."""
        return self.people.member(self.organizations[name], "agent", line)

    def owner(self, call: str) -> str | None:
        """Return the name of the organization that a call belongs to."""
        with self.database.connect() as connection:
            name: str = one(
                connection,
                """select o.name from public.calls c join public.organizations o on o.id = c.org_id
                where c.integration_id = %s and c.provider_call_id = %s""",
                self.account,
                call,
            )
        return name if name in self.organizations else None

    def misplaced(self) -> list[str]:
        """Return calls that do not belong to the line whose period contains their start."""
        with self.database.connect() as connection:
            return column(
                connection,
                """select c.provider_call_id
                from public.calls c
                left join public.phone_numbers n on n.integration_id = c.integration_id and n.e164 = c.business_number
                left join public.lines l on l.phone_number_id = n.id and l.period @> c.started_at
                where (c.phone_number_id, c.line_id) is distinct from (n.id, l.id)
                  or c.org_id <> coalesce(l.org_id, n.org_id)
                union all
                select e.provider_call_id
                from private.webhook_events e
                join public.calls c using (integration_id, provider_call_id)
                where e.org_id <> c.org_id""",
            )
