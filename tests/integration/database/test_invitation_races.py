"""People who invite, accept and take back at the same moment: an invitation ends once, and a person comes in once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from tests.integration.database.races import DONE, Act, Caller, Stage, interleaved, programs, race
from tools.scratch import Database, ScratchCluster

ACCEPTED = "PT409 invitation_already_accepted"
REVOKED = "PT409 invitation_revoked"
ROUNDS = 20


@pytest.fixture(scope="module")
def stage(cluster: ScratchCluster, migrated: Database) -> Iterator[Stage]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=3) as stage:
        stage.owner.execute("update public.platform_settings set app_url = 'https://app.example'")
        yield stage


@dataclass(frozen=True)
class Company:
    """An organization with two admins, who invite, and a guest."""

    stage: Stage
    org: UUID
    admins: tuple[UUID, UUID]
    guest: UUID

    @classmethod
    def founded(cls, stage: Stage) -> "Company":
        org = stage.make("organization")
        return cls(
            stage,
            org,
            (stage.make("member", org, "org_admin"), stage.make("member", org, "org_admin")),
            stage.make("user"),
        )

    @property
    def address(self) -> str:
        return f"{self.guest}@example.com"

    def invitation(self) -> UUID:
        """Let the first admin invite the guest, long enough ago that another letter may be sent."""
        (admin,) = self.stage.signed_in(self.admins[0])
        invitation: UUID = admin.does(INVITE, self.org, self.address)
        query = "update private.outbox_mails set created_at = now() - interval '1 hour' where invitation_id = %s"
        self.stage.owner.execute(query, [invitation])
        return invitation

    def token(self, invitation: UUID) -> str:
        """Let the first admin copy a link."""
        (admin,) = self.stage.signed_in(self.admins[0])
        link: str = admin.does("select public.create_invitation_link(%s)", invitation)
        return link.partition("#token=")[2]

    def members_of_the_guest(self) -> list[UUID]:
        return self.stage.told(
            "select id from public.org_members where user_id = %s and removed_at is null", self.guest
        )

    def states(self) -> list[str]:
        return self.stage.told("select state from public.invitations where org_id = %s order by created_at", self.org)


INVITE = "select public.invite_member(%s, %s, 'viewer')"
ACCEPT = "select public.accept_invitation(%s)"
REVOKE = "select public.revoke_invitation(%s)"
RESEND = "select public.resend_invitation(%s)"


@pytest.mark.parametrize("tokens", [1, 2])
def test_of_two_acceptances_of_an_invitation_the_second_is_refused(stage: Stage, tokens: int) -> None:
    company = Company.founded(stage)
    invitation = company.invitation()
    links = [company.token(invitation) for _ in range(tokens)]
    one, other = stage.signed_in(company.guest, company.guest)
    came = interleaved(one.act(ACCEPT, links[0]), other.act(ACCEPT, links[-1]))
    assert (came.first, came.waited, came.second) == (company.org, True, ACCEPTED)
    assert len(company.members_of_the_guest()) == 1


@pytest.mark.parametrize("tokens", [1, 2])
def test_of_two_acceptances_at_the_same_moment_exactly_one_counts(stage: Stage, tokens: int) -> None:
    for _ in range(ROUNDS):
        company = Company.founded(stage)
        invitation = company.invitation()
        links = [company.token(invitation) for _ in range(tokens)]
        one, other = stage.signed_in(company.guest, company.guest)
        came = race(one.act(ACCEPT, links[0]), other.act(ACCEPT, links[-1]))
        assert sorted(map(str, came)) == sorted([str(company.org), ACCEPTED])
        assert len(company.members_of_the_guest()) == 1
        assert company.states() == ["accepted"]


def test_of_two_invitations_of_an_address_the_second_is_refused(stage: Stage) -> None:
    company = Company.founded(stage)
    one, other = stage.signed_in(*company.admins)
    came = interleaved(
        one.act(INVITE, company.org, company.address), other.act(INVITE, company.org, company.address.upper())
    )
    assert (came.waited, came.second) == (True, "PT409 already_invited")
    assert company.states() == ["pending"]


def test_of_two_invitations_of_an_address_at_the_same_moment_exactly_one_counts(stage: Stage) -> None:
    for _ in range(ROUNDS):
        company = Company.founded(stage)
        one, other = stage.signed_in(*company.admins)
        came = race(one.act(INVITE, company.org, company.address), other.act(INVITE, company.org, company.address))
        assert came.count("PT409 already_invited") == 1, came
        assert company.states() == ["pending"]
        letters = stage.told("select count(*) from private.outbox_mails where recipient = %s", company.address)
        assert letters == [1]


def test_lists_that_overlap_invite_everybody_once_whatever_their_order(stage: Stage) -> None:
    query = """select array_agg(result) from public.invite_members(
        %s, (select jsonb_agg(jsonb_build_object('email', email)) from unnest(%s::text[]) email)
    )"""
    for turn in range(ROUNDS):
        company = Company.founded(stage)
        addresses = [f"guest.{turn}.{n}@example.com" for n in range(60)]
        one, other = stage.signed_in(*company.admins)
        came = race(one.act(query, company.org, addresses[:40]), other.act(query, company.org, addresses[:19:-1]))
        assert [isinstance(each, list) for each in came] == [True, True], came
        results = came[0] + came[1]
        assert (results.count("invited"), results.count("duplicate")) == (60, 20)


def test_whoever_is_just_accepting_is_not_invited_again(stage: Stage) -> None:
    company = Company.founded(stage)
    link = company.token(company.invitation())
    guest, admin = stage.signed_in(company.guest, company.admins[1])
    came = interleaved(guest.act(ACCEPT, link), admin.act(INVITE, company.org, company.address))
    assert (came.first, came.waited, came.second) == (company.org, True, "PT409 already_a_member")
    assert company.states() == ["accepted"]


def test_an_invitation_and_an_acceptance_at_the_same_moment_leave_a_member_and_nothing_open(stage: Stage) -> None:
    for _ in range(ROUNDS):
        company = Company.founded(stage)
        link = company.token(company.invitation())
        guest, admin = stage.signed_in(company.guest, company.admins[1])
        accepted, invited = race(guest.act(ACCEPT, link), admin.act(INVITE, company.org, company.address))
        assert accepted == company.org
        assert invited in ("PT409 already_invited", "PT409 already_a_member")
        assert company.states() == ["accepted"]


@dataclass(frozen=True)
class Ending:
    """An acceptance and what an admin does to the same invitation."""

    company: Company
    accept: Act
    other: Act

    @classmethod
    def prepared(cls, stage: Stage, query: str) -> "Ending":
        company = Company.founded(stage)
        invitation = company.invitation()
        link = company.token(invitation)
        guest, admin = stage.signed_in(company.guest, company.admins[1])
        return cls(company, guest.act(ACCEPT, link), admin.act(query, invitation))


@pytest.mark.parametrize("query", [REVOKE, RESEND], ids=["revoke", "resend"])
def test_an_invitation_that_is_just_accepted_is_not_changed(stage: Stage, query: str) -> None:
    ending = Ending.prepared(stage, query)
    came = interleaved(ending.accept, ending.other)
    assert (came.first, came.waited, came.second) == (ending.company.org, True, ACCEPTED)
    assert ending.company.states() == ["accepted"]


def test_an_invitation_that_is_just_revoked_is_not_accepted(stage: Stage) -> None:
    ending = Ending.prepared(stage, REVOKE)
    came = interleaved(ending.other, ending.accept)
    assert (came.first, came.waited, came.second) == (DONE, True, REVOKED)
    assert ending.company.members_of_the_guest() == []


def test_an_invitation_that_is_just_sent_again_is_accepted(stage: Stage) -> None:
    ending = Ending.prepared(stage, RESEND)
    came = interleaved(ending.other, ending.accept)
    assert (came.waited, came.second) == (True, ending.company.org)


def test_an_acceptance_and_a_revocation_at_the_same_moment_exclude_each_other(stage: Stage) -> None:
    for _ in range(ROUNDS):
        ending = Ending.prepared(stage, REVOKE)
        came = race(ending.accept, ending.other)
        if ending.company.members_of_the_guest():
            assert (came, ending.company.states()) == ([ending.company.org, ACCEPTED], ["accepted"])
        else:
            assert (came, ending.company.states()) == ([REVOKED, DONE], ["revoked"])


def test_of_two_letters_asked_for_at_once_one_is_sent(stage: Stage) -> None:
    company = Company.founded(stage)
    invitation = company.invitation()
    one, other = stage.signed_in(*company.admins)
    came = interleaved(one.act(RESEND, invitation), other.act(RESEND, invitation))
    assert (came.waited, came.second) == (True, "PT429 invitation_just_sent")


def ending_the_inviter(company: Company, admin: Caller) -> Act:
    query = """select public.deactivate_members(
        array(select m.id from public.org_members m where m.org_id = %s and m.user_id = %s)
    )"""
    return admin.act(query, company.org, company.admins[0])


def test_an_inviter_who_is_just_leaving_brings_in_whoever_came_before(stage: Stage) -> None:
    company = Company.founded(stage)
    link = company.token(company.invitation())
    admin, guest = stage.signed_in(company.admins[1], company.guest)
    came = interleaved(ending_the_inviter(company, admin), guest.act(ACCEPT, link))
    assert (came.first, came.waited, came.second) == (1, False, company.org)


def test_an_inviter_who_is_gone_brings_in_nobody(stage: Stage) -> None:
    left = "PT409 inviter_lost_rights"
    outcomes = []
    for turn in range(ROUNDS):
        company = Company.founded(stage)
        link = company.token(company.invitation())
        admin, guest = stage.signed_in(company.admins[1], company.guest)
        accept, leave = guest.act(ACCEPT, link), ending_the_inviter(company, admin)
        came = [leave(), accept()] if turn == 0 else [*reversed(race(accept, leave))]
        assert came[0] == 1
        assert came[1] in (company.org, left)
        assert len(company.members_of_the_guest()) == (0 if came[1] == left else 1)
        outcomes.append(came[1])
    assert outcomes[0] == left


def test_whoever_accepts_while_the_organization_is_closed_sees_nothing_of_it(stage: Stage) -> None:
    operator_id = stage.make("platform_admin")
    for turn in range(ROUNDS):
        company = Company.founded(stage)
        link = company.token(company.invitation())
        operator, guest = stage.signed_in(operator_id, company.guest)
        archive, accept = operator.act("select public.archive_organization(%s)", company.org), guest.act(ACCEPT, link)
        if turn == 0:
            interim = interleaved(archive, accept)
            came = [interim.first, interim.second]
        else:
            came = race(archive, accept)
        assert came[0] == DONE
        assert came[1] in (company.org, REVOKED)
        assert guest.does("select id from public.organizations") == []
        assert accept() in (ACCEPTED, REVOKED)


def test_of_two_first_organizations_of_a_user_the_second_is_refused(stage: Stage) -> None:
    founder = stage.make("user")
    one, other = stage.signed_in(founder, founder)
    create = "select public.create_organization('First')"
    came = interleaved(one.act(create), other.act(create))
    assert (came.waited, came.second) == (True, "PT403 organization_creation_denied")
    assert stage.told("select org_id from public.org_members where user_id = %s", founder) == [came.first]


def test_of_organizations_created_at_the_same_moment_exactly_one_is_the_first(stage: Stage) -> None:
    create = "select public.create_organization('First')"
    for _ in range(ROUNDS):
        founder = stage.make("user")
        came = race(*(caller.act(create) for caller in stage.signed_in(founder, founder, founder)))
        assert came.count("PT403 organization_creation_denied") == 2, came
        assert stage.told("select count(*) from public.org_members where user_id = %s", founder) == [1]


@pytest.fixture
def letters(stage: Stage) -> list[UUID]:
    """Forty letters that are due, and no others."""
    company = Company.founded(stage)
    (admin,) = stage.signed_in(company.admins[0])
    stage.owner.execute("delete from private.outbox_mails")
    number = count()
    for _ in range(40):
        admin.does(INVITE, company.org, f"letter.{next(number)}.{company.org}@example.com")
    return stage.told("select id from private.outbox_mails")


CLAIM = "select array_agg(mail_id || ' ' || attempt) from private.claim_outbox_mail(%s, %s::timestamptz)"


def test_a_letter_is_claimed_by_one_worker_and_nobody_waits(stage: Stage, letters: list[UUID]) -> None:
    stage.owner.execute("delete from private.outbox_mails where id <> %s", [letters[0]])
    with programs(stage.database, "sync", 2) as workers:
        claims = [worker.act(CLAIM, f"worker {n}", "2100-01-01Z") for n, worker in enumerate(workers)]
        came = interleaved(*claims)
        assert (came.first, came.waited, came.second) == ([f"{letters[0]} 1"], False, DONE)
        assert claims[1]() == DONE


def test_every_letter_is_claimed_once_by_eight_workers(stage: Stage, letters: list[UUID]) -> None:
    with programs(stage.database, "sync", 8) as workers:
        for attempt, at in enumerate(("2100-01-01 00:00Z", "2100-01-01 00:03Z"), start=1):
            claimed: list[Any] = []
            # The second time the leases of all have run out.
            while any(isinstance(each, list) for each in claimed[-8:]) or not claimed:
                claimed += race(*(worker.act(CLAIM, f"worker {n}", at) for n, worker in enumerate(workers)))
            taken = sorted(each for some in claimed if some != DONE for each in some)
            assert taken == sorted(f"{letter} {attempt}" for letter in letters)
