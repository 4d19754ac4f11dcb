"""Invitations and the letters about them: people who invite, and what is known of each mail."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sync.carriers import Carrier
from sync.post import Postman
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.smtp import SmtpServer
from sync.store import Store
from tests.integration.sync.world import World
from tests.support.people import People
from tests.support.programs import Door
from tests.unit.sync.mailserver import HOST, MailServer

SENDER = Address("VictorySync", "no-reply", "example.com")


@dataclass
class Told:
    """A reporter that remembers."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def says(self, event: str, **details: Any) -> None:
        self.events.append((event, details))

    def started(self, *_: object) -> None: ...
    def advanced(self, *_: object) -> None: ...
    def ended(self, *_: object) -> None: ...
    def close(self) -> None: ...

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


@dataclass
class Post:
    """An organization whose admin invites, and postmen who bring the letters."""

    world: World
    people: People
    door: Door
    org_id: UUID
    admin: UUID
    told: Told = field(default_factory=Told)

    @classmethod
    def open(cls, world: World, door: Door) -> "Post":
        """Make the organization, and say where the dashboard is."""
        people = People(world.database)
        org_id = people.organization("Northwind")
        world.query("update public.platform_settings set app_url = 'https://app.example'")
        return cls(world, people, door, org_id, people.member(org_id, "org_admin"))

    def guest(self) -> UUID:
        """Make somebody with a confirmed address; returns the user's id."""
        return self.people.user("Jane")

    def invite(self, address: str) -> UUID:
        """As the admin, by the API; returns the invitation's id."""
        return UUID(self.call("invite_member", self.admin, p_org_id=str(self.org_id), p_email=address, p_role="agent"))

    def call(self, function: str, user: UUID | None, **arguments: Any) -> Any:
        """Call a function of the API as somebody, or as nobody."""
        with ExitStack() as stack:
            client = stack.enter_context(self.door.as_user(user) if user else self.door.client())
            answer = client.post(f"/rpc/{function}", json=arguments)
            assert answer.is_success, answer.text
            # What was written now is not in the future for those who look at the world's clock.
            self.world.clock.now = max(self.world.clock(), datetime.now(UTC))
            return answer.json() if answer.content else None

    def accept(self, token: str, guest: UUID) -> None:
        """As the guest, with the token of a letter; the guest is a member then."""
        self.call("accept_invitation", guest, p_token=token)
        roles = self.world.query(
            "select role from public.org_members where org_id = %s and user_id = %s", self.org_id, guest
        )
        assert roles == [{"role": "agent"}]

    def deliver(self, carrier: Carrier, name: str = "worker", store: Store | None = None) -> list[Turn]:
        """Let a postman work until nothing is due; what the turns before that came to."""
        runtime = Runtime(now=self.world.clock, sleep=lambda _: None, random=lambda: 1, is_stopping=lambda: False)
        postman = Postman(name, carrier, SENDER, runtime, self.told)
        turns: list[Turn] = []
        with store or Store(self.world.database.url("sync")) as opened:
            while (turn := postman.turn(opened)) is not Turn.NOTHING_TO_DO:
                turns.append(turn)
        return turns

    def mail(self) -> dict[str, Any]:
        """The state of the only mail."""
        (mail,) = self.mails()
        return mail

    def mails(self) -> list[dict[str, Any]]:
        """The states of all mails."""
        return self.world.query(
            "select m.state, m.attempt, m.error, m.worker, m.run_after, i.mail_state, i.mail_error"
            " from private.outbox_mails m join private.invitations i on i.id = m.invitation_id order by m.created_at"
        )

    def seconds_until_retry(self) -> float:
        """How long the only mail has to wait from now."""
        run_after: datetime = self.mail()["run_after"]
        return (run_after - self.world.clock()).total_seconds()


def through(server: MailServer, **options: Any) -> SmtpServer:
    """The way to a mail server, in the clear."""
    return SmtpServer(HOST, server.port, "none", **options)


@dataclass
class Interrupted:
    """A carrier to whom something happens once each letter is taken."""

    carrier: Carrier
    interrupt: Any

    def carry(self, letter: EmailMessage) -> None:
        self.carrier.carry(letter)
        self.interrupt()
