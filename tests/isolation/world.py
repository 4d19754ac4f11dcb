"""The world that the matrix is tried in: four organizations alike, the operator, and numbers that nobody has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from tests.isolation.matrix import Caller
from tests.support.tokens import Tokens
from tools.scratch import Database

ORGANIZATIONS: Final = ("Acme", "Globex", "Initech", "Vault")
ARCHIVED: Final = "Initech"
GUARDED: Final = "Vault"
"""Requires a second factor."""

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
DISTANT: Final = 4_000_000_000
"""An instant in seconds, when nobody asks any more."""
UNOWNED_CALLS: Final = 2


@dataclass
class Member:
    """A user in an organization."""

    user: UUID
    id: UUID
    lines: list[UUID] = field(default_factory=list)


@dataclass
class Organization:
    """An organization with one of everything."""

    id: UUID
    integration: UUID
    """Its own account."""
    members: dict[str, Member] = field(default_factory=dict)
    lines: dict[str, UUID] = field(default_factory=dict)


class World:
    """Everybody and everything, once made and never to change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = iter(range(100, 200))
        self._grants: dict[str, str] = {}
        self.yesterday = datetime.now(UTC) - timedelta(days=1)
        with database.connect() as self._connection:
            self.platform_integration = self._call("integration")
            self.spare_number = self._number(self.platform_integration)
            self._unowned_calls()
            self.organizations = {name: self._organization(name, extra) for extra, name in enumerate(ORGANIZATIONS)}
            self._moved_number("Acme", "Globex")
            self.outsider = self._call("user", "Outsider")
            self.platform_admin = self._call("platform_admin")
            self._execute("update public.organizations set archived_at = now() where name = %s", ARCHIVED)
            self._execute("update public.organizations set requires_second_factor = true where name = %s", GUARDED)

    @property
    def holding(self) -> str:
        """The organization that owns what belongs to nobody yet."""
        return str(UUID(int=0))

    @contextmanager
    def edit(self) -> Iterator[psycopg.Connection[Any]]:
        """Change the world for the length of a test, which asks the witness to put it back."""
        with self._database.connect() as connection:
            yield connection

    def user(self, caller: Caller) -> UUID:
        """Return the user a caller is, or for a token that is refused, pretends to be."""
        if caller.name in {"outsider", "platform_admin"}:
            user: UUID = getattr(self, caller.name)
            return user
        return self.member(caller).user

    def member(self, caller: Caller) -> Member:
        """Return the membership of a caller who has one."""
        assert caller.organization
        members = self.organizations[caller.organization].members
        return members[caller.name] if caller.name in members else members["org_admin"]

    def claims(self, caller: Caller) -> dict[str, Any]:
        """Return what a caller's token says, where they have one that counts."""
        match caller.database_role:
            case "authenticated":
                aal = "aal2" if caller.name == "two_factors" else "aal1"
                return {"sub": str(self.user(caller)), "role": "authenticated", "aal": aal, "exp": DISTANT}
            case "service_role":
                return {"role": "service_role", "exp": DISTANT}
            case _:
                return {}

    def token(self, caller: Caller, tokens: Tokens) -> str | None:
        """Return what a caller sends as a token."""
        match caller.name:
            case "expired":
                return tokens(self.user(caller), exp=int(self.yesterday.timestamp()))
            case "unsigned":
                return tokens.sign({"sub": str(self.user(caller)), "role": "authenticated"}, "none")
            case "foreign":
                return Tokens("a secret of somebody else, as long as it may be")(self.user(caller))
        claims = self.claims(caller)
        return tokens.sign(claims) if claims else None

    def headers(self, caller: Caller) -> dict[str, str]:
        """Return what a caller sends beside a token."""
        return {"x-api-grant": self._grants[caller.name]} if caller.is_key else {}

    def parameters(self, caller: Caller) -> dict[str, Any]:
        """Return what the words of the matrix are about."""
        member = self.member(caller) if caller.organization else None
        return {
            "user": self.user(caller) if caller.is_signed_in else None,
            "org": self.organizations[caller.organization].id if caller.organization else None,
            "member": member.id if member else None,
            "lines": member.lines if member else [],
        }

    def candidates(self, table: str) -> list[dict[str, Any]]:
        """Return rows that somebody may add to a table, and rows alike that they may not."""
        return [row for organization in self.organizations.values() for row in self._candidates(table, organization)]

    def _candidates(self, table: str, organization: Organization) -> list[dict[str, Any]]:
        members, lines = organization.members, organization.lines
        match table:
            case "member_lines":
                pairs = [("colleague", "given"), ("viewer", "given"), ("agent", "other"), ("manager", "other")]
                return [
                    {"org_id": organization.id, "member_id": members[member].id, "line_id": lines[line]}
                    for member, line in pairs
                ]
            case "member_extensions":
                return [
                    {
                        "org_id": organization.id,
                        "member_id": members["viewer"].id,
                        "integration_id": integration,
                        "extension": f"9{organization.id}",
                        "period": "[2020-01-01,)",
                    }
                    for integration in (organization.integration, self.platform_integration)
                ]
            case _:
                raise LookupError(f"The world has no rows that might be added to {table}.")

    def _organization(self, name: str, extra_calls: int) -> Organization:
        org_id = self._call("organization", name)
        organization = Organization(org_id, self._call("integration", org_id))
        lines = organization.lines
        lines["given"] = self._line(org_id, self._number(self.platform_integration))
        lines["other"] = self._line(org_id, self._number(self.platform_integration))
        lines["own"] = self._line(org_id, self._number(organization.integration))
        for who, role, given in (
            ("viewer", "viewer", []),
            ("agent", "agent", [lines["given"]]),
            ("colleague", "agent", [lines["other"]]),
            ("manager", "manager", [lines["given"], lines["own"]]),
            ("org_admin", "org_admin", []),
            ("deactivated", "org_admin", [lines["given"]]),
        ):
            user = self._call("user", f"{name}'s {who}")
            member = Member(user, self._call("join", user, org_id, role, given), given)
            organization.members[who] = member
            for integration in (organization.integration, self.platform_integration):
                self._execute(
                    "insert into public.member_extensions (org_id, member_id, integration_id, extension)"
                    " values (%s, %s, %s, %s)",
                    *(org_id, member.id, integration, f"{name} {who}"),
                )
        deactivated = organization.members["deactivated"].id
        self._execute("update public.org_members set deactivated_at = now() where id = %s", deactivated)
        for line, handled_by in (
            ("given", None),
            ("given", "colleague"),
            ("own", None),
            ("other", None),
            ("other", "agent"),
            ("other", "manager"),
            ("other", "deactivated"),
            *[("other", "colleague")] * extra_calls,
        ):
            self._add_call(lines[line], organization.members[handled_by] if handled_by else None)
        self._execute(
            "insert into public.sync_jobs (org_id, integration_id, resource, kind, requested_by)"
            " values (%s, %s, 'calls', 'requested', %s)",
            *(org_id, organization.integration, organization.members["manager"].user),
        )
        return organization

    def _moved_number(self, before: str, after: str) -> None:
        number = self._number(self.platform_integration)
        day = self.yesterday.date()
        old = self._line(self.organizations[before].id, number, f"[2020-01-01,{day})")
        new = self._line(self.organizations[after].id, number, f"[{day},)")
        self.organizations[before].lines["moved"] = old
        self.organizations[after].lines["moved"] = new
        self._add_call(old, None, self.yesterday - timedelta(days=3))
        self._add_call(new, None)

    def _unowned_calls(self) -> None:
        for _ in range(UNOWNED_CALLS):
            call_id = uuid4()
            self._execute(
                "insert into public.calls (id, org_id, integration_id, provider_call_id, phone_number_id, direction,"
                " started_at, outcome) values (%s, private.holding_org_id(), %s, %s, %s, 'inbound', now(), 'missed')",
                *(call_id, self.platform_integration, str(call_id), self.spare_number),
            )
        self._execute(
            "insert into public.sync_jobs (org_id, integration_id, resource, kind)"
            " values (private.holding_org_id(), %s, 'calls', 'scheduled')",
            self.platform_integration,
        )

    def _add_call(self, line: UUID, handled_by: Member | None, at: datetime | None = None) -> None:
        call_id = self._call("call", line, at or datetime.now(UTC))
        self._execute(
            "insert into public.legs (id, org_id, call_id, extension, member_id)"
            " select gen_random_uuid(), org_id, id, '1', %s from public.calls where id = %s",
            *(handled_by.id if handled_by else None, call_id),
        )
        if handled_by:
            self._execute("update public.calls set member_ids = %s where id = %s", [handled_by.id], call_id)

    def _number(self, integration: UUID) -> UUID:
        return self._call("phone_number", integration, f"+12125550{next(self._numbers)}")

    def _line(self, org_id: UUID, number: UUID, period: str = "[2020-01-01,)") -> UUID:
        return self._call("line", org_id, number, period)

    def _call(self, function: str, *arguments: Any) -> UUID:
        placeholders = ", ".join(["%s"] * len(arguments))
        row = self._execute(f"select tests.{function}({placeholders})", *arguments).fetchone()
        assert row is not None
        made: UUID = row[0]
        return made

    def _execute(self, query: str, *arguments: Any) -> psycopg.Cursor[Any]:
        return self._connection.execute(query.encode(), arguments)
