"""The world that the matrix is tried in: four organizations alike, the operator, and numbers that nobody has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from tests.isolation.contents import Contents
from tests.isolation.maker import Maker
from tests.isolation.matrix import Caller
from tests.support.tokens import Tokens
from tools.scratch import Database

ORGANIZATIONS: Final = ("Acme", "Globex", "Initech", "Vault")
ARCHIVED: Final = "Initech"
GUARDED: Final = "Vault"
"""Requires a second factor."""
HOLDING: Final = str(UUID(int=0))
"""The organization that owns what belongs to nobody yet."""

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
DISTANT: Final = 4_000_000_000
"""An instant in seconds, when nobody asks any more."""
UNOWNED_CALLS: Final = 2
NOTED_CALLS: Final = (("given", None), ("own", None), ("other", None), ("other", "agent"), ("other", "manager"))
"""What somebody may write about, by line and by who handled it."""


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
    disabled_integration: UUID
    """Another, which is switched off."""
    api_key: UUID
    members: dict[str, Member] = field(default_factory=dict)
    lines: dict[str, UUID] = field(default_factory=dict)
    calls: dict[tuple[str, str | None], UUID] = field(default_factory=dict)
    """By line, and by who handled them."""


class World:
    """Everybody and everything, once made and never to change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.yesterday = datetime.now(UTC) - timedelta(days=1)
        self.tokens: dict[str, str] = {}
        """Of invitations, by their ids."""
        with database.connect() as connection:
            self._maker = maker = Maker(connection)
            self.platform_integration = maker.make("integration")
            self.spare_number = maker.number(self.platform_integration)
            self.outsider = maker.make("user", "Outsider")
            self.platform_admin = maker.make("platform_admin")
            self._contents = Contents(maker, self.platform_integration, self.platform_admin)
            self._what_nobody_owns()
            self.second_operator = maker.make("platform_admin")
            maker.execute(
                "update private.platform_admins set granted_by = %s where user_id = %s",
                *(self.platform_admin, self.second_operator),
            )
            self.organizations = {name: self._organization(name, extra) for extra, name in enumerate(ORGANIZATIONS)}
            self._moved_number("Acme", "Globex")
            self._invite_each_other()
            self.api_keys = {
                "api_key": self.organizations["Acme"].api_key,
                "api_key_narrow": maker.api_key(self.organizations["Acme"].id, "Narrow", ["calls:read"]),
                "other_key": self.organizations["Globex"].api_key,
                "platform_key": maker.api_key(HOLDING, "Platform"),
            }
            self._grants = {caller: maker.grant(key) for caller, key in self.api_keys.items()}
            maker.execute(
                "insert into public.saved_views (user_id, org_id, page, name)"
                " select user_id, null, 'calls', 'Mine' from public.profiles"
                " union all select user_id, org_id, 'calls', 'Here' from public.org_members"
            )
            maker.execute(
                "insert into auth.sessions (id, user_id, created_at, updated_at)"
                " select id, id, now(), now() from auth.users"
            )
            maker.execute(
                "update public.platform_settings"
                " set app_url = 'https://app.example', webhooks_url = 'https://hooks.example',"
                " support_email = 'help@example.com'"
            )
            maker.execute("update public.organizations set archived_at = now() where name = %s", ARCHIVED)
            maker.execute("update public.organizations set requires_second_factor = true where name = %s", GUARDED)

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

    def actor(self, caller: Caller) -> tuple[str, str] | None:
        """Return as what and whom the audit trail names a caller; None: who can do nothing that it would tell."""
        if caller.is_key:
            return "api_key", str(self.api_keys[caller.name])
        return ("user", str(self.user(caller))) if caller.is_signed_in else None

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
        member = self.member(caller) if caller.organization and not caller.is_key else None
        return {
            "user": self.user(caller) if caller.is_signed_in else None,
            "org": self.organizations[caller.organization].id if caller.organization else None,
            "member": member.id if member else None,
            "lines": member.lines if member else [],
        }

    def of(self, org_id: str) -> Organization:
        """Return the organization with an id."""
        return next(each for each in self.organizations.values() if str(each.id) == org_id)

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
            case "call_notes":
                others = next(each for each in self.organizations.values() if each is not organization)
                calls = [organization.calls[which] for which in NOTED_CALLS]
                return [
                    {"org_id": organization.id, "call_id": call, "body": "A note"}
                    for call in (*calls, others.calls["given", None])
                ]
            case "outcome_codes":
                return [{"org_id": organization.id, "code": "new", "label": "A new one", "position": 3}]
            case "saved_views":
                view = {"page": "calls", "name": "A new one", "filters": {}, "is_default": False}
                return [{"org_id": org_id, **view} for org_id in (organization.id, None)]
            case "report_schedules":
                schedule = {
                    "name": "A new one",
                    "report": "days",
                    "parameters": {},
                    "formats": ["pdf"],
                    "frequency": "weekly",
                    "weekday": 1,
                    "day_of_month": None,
                    "local_time": "07:00",
                    "recipients": [],
                    "enabled": True,
                }
                return [{"org_id": org_id, **schedule} for org_id in (organization.id, HOLDING)]
            case "alert_rules":
                rule = {
                    "name": "A new one",
                    "kind": "queue",
                    "line_ids": None,
                    "threshold": 5,
                    "clear_threshold": None,
                    "window_minutes": 60,
                    "min_calls": 5,
                    "clear_after_minutes": 5,
                    "audience": "owner",
                    "quiet_from": None,
                    "quiet_to": None,
                    "enabled": True,
                }
                return [{"org_id": org_id, **rule} for org_id in (organization.id, HOLDING)]
            case "payments":
                payment = {
                    "paid_at": day(-1),
                    "amount_cents": 9900,
                    "currency": "USD",
                    "reference": "R-9",
                    "note": None,
                }
                return [{"org_id": organization.id, **payment}]
            case "holidays":
                return [{"org_id": organization.id, "day": day(60), "name": "A day", "opens": None, "closes": None}]
            case _:
                raise LookupError(f"The world has no rows that might be added to {table}.")

    def _organization(self, name: str, extra_calls: int) -> Organization:
        maker = self._maker
        org_id = maker.make("organization", name)
        organization = Organization(
            org_id,
            maker.make("integration", org_id),
            self._disabled_integration(org_id),
            maker.api_key(org_id, f"{name}'s"),
        )
        lines = organization.lines
        lines["given"] = maker.line(org_id, maker.number(self.platform_integration))
        lines["other"] = maker.line(org_id, maker.number(self.platform_integration))
        lines["own"] = maker.line(org_id, maker.number(organization.integration))
        self._members(name, organization)
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
            member = organization.members[handled_by].id if handled_by else None
            organization.calls[line, handled_by] = maker.call(lines[line], member, datetime.now(UTC))
        maker.execute(
            "insert into public.sync_jobs (org_id, integration_id, resource, kind, requested_by)"
            " values (%s, %s, 'calls', 'requested', %s)",
            *(org_id, organization.integration, organization.members["manager"].user),
        )
        maker.execute(
            "insert into public.holidays (org_id, day, name) values (%s, %s, 'A holiday')", *(org_id, day(30))
        )
        self._contents.of_organization(
            name,
            org_id,
            (organization.integration, organization.disabled_integration),
            lines,
            {who: (member.user, member.id) for who, member in organization.members.items()},
            organization.calls,
        )
        self._invite(organization, f"agent@{name.lower()}.example", "agent", "manager", lines["given"])
        self._invite(organization, f"viewer@{name.lower()}.example", "viewer", "org_admin")
        self._invite(organization, f"{self.outsider}@example.com", "viewer", "org_admin")
        return organization

    def _disabled_integration(self, org_id: UUID) -> UUID:
        integration = self._maker.make("integration", org_id)
        self._maker.execute("update public.integrations set disabled_at = now() where id = %s", integration)
        return integration

    def _members(self, name: str, organization: Organization) -> None:
        lines = organization.lines
        for who, role, given in (
            ("viewer", "viewer", []),
            ("agent", "agent", [lines["given"]]),
            ("colleague", "agent", [lines["other"]]),
            ("manager", "manager", [lines["given"], lines["own"]]),
            ("org_admin", "org_admin", []),
            ("deactivated", "org_admin", [lines["given"]]),
            ("dormant", "agent", [lines["given"]]),
            ("removed", "org_admin", []),
        ):
            user = self._maker.make("user", f"{name}'s {who}")
            member = Member(user, self._maker.make("join", user, organization.id, role, given), given)
            organization.members[who] = member
            for integration in (organization.integration, self.platform_integration) if who != "removed" else ():
                self._maker.execute(
                    "insert into public.member_extensions (org_id, member_id, integration_id, extension)"
                    " values (%s, %s, %s, %s)",
                    *(organization.id, member.id, integration, f"{name} {who}"),
                )
        gone = [organization.members[who].id for who in ("deactivated", "dormant", "removed")]
        self._maker.execute("update public.org_members set deactivated_at = now() where id = any (%s)", gone)
        self._maker.execute("update public.org_members set removed_at = now() where id = %s", gone[-1])

    def _invite(self, organization: Organization, email: str, role: str, by: str, *lines: UUID) -> None:
        user = organization.members[by].user
        invitation, token = self._maker.invitation(organization.id, email, role, lines, user)
        self.tokens[invitation] = token

    def _invite_each_other(self) -> None:
        """Everybody of Acme is invited to Globex as well, and the operator."""
        acme, globex = self.organizations["Acme"], self.organizations["Globex"]
        for user in [self.platform_admin, *(member.user for member in acme.members.values())]:
            self._invite(globex, f"{user}@example.com", "agent", "org_admin", globex.lines["given"])

    def _moved_number(self, before: str, after: str) -> None:
        number = self._maker.number(self.platform_integration)
        moved = self.yesterday.date()
        old = self._maker.line(self.organizations[before].id, number, f"[2020-01-01,{moved})")
        new = self._maker.line(self.organizations[after].id, number, f"[{moved},)")
        self.organizations[before].lines["moved"] = old
        self.organizations[after].lines["moved"] = new
        self._maker.call(old, None, self.yesterday - timedelta(days=3))
        self._maker.call(new, None, datetime.now(UTC))

    def _what_nobody_owns(self) -> None:
        calls = [self._maker.unowned_call(self.platform_integration, self.spare_number) for _ in range(UNOWNED_CALLS)]
        self._contents.of_nobody(HOLDING, calls)
        self._maker.execute(
            "insert into public.sync_jobs (org_id, integration_id, resource, kind)"
            " values (private.holding_org_id(), %s, 'calls', 'scheduled')",
            self.platform_integration,
        )


def day(ahead: int) -> str:
    """Return a day so many days from now."""
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()
