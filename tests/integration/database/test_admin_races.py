"""Admins who act against each other at the same moment: somebody is always left."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from uuid import UUID

import pytest

from tests.integration.database.races import DONE, Act, Caller, Stage, interleaved, programs, race
from tools.scratch import Database, ScratchCluster

LAST_ADMIN = "PT409 last_org_admin"
LAST_OPERATOR = "PT409 last_platform_admin"


@pytest.fixture(scope="module")
def stage(cluster: ScratchCluster, migrated: Database) -> Iterator[Stage]:
    with cluster.database(migrated.name) as database, Stage.set(database) as stage:
        yield stage


@pytest.fixture(scope="module")
def auth(stage: Stage) -> Iterator[Caller]:
    """Auth, which removes accounts as its own role."""
    with programs(stage.database, "supabase_auth_admin", 1) as (caller,):
        yield caller


@dataclass(frozen=True)
class Admin:
    user: UUID
    member: UUID


@dataclass(frozen=True)
class Company:
    """An organization with two admins and an agent."""

    stage: Stage
    org: UUID
    admins: tuple[Admin, Admin]
    agent: UUID

    @classmethod
    def founded(cls, stage: Stage) -> "Company":
        org = stage.make("organization")
        one, other = (Admin(user, stage.make("join", user, org, "org_admin")) for user in _users(stage, 2))
        (agent,) = _users(stage, 1)
        return cls(stage, org, (one, other), stage.make("join", agent, org, "agent"))

    def active_admins(self) -> list[UUID]:
        query = """select id from public.org_members
            where org_id = %s and role = 'org_admin' and deactivated_at is null"""
        return self.stage.told(query, self.org)


def _users(stage: Stage, count: int) -> list[UUID]:
    return stage.told("select tests.user() from generate_series(1, %s)", count)


WAYS = {
    "removed": "select public.remove_member('{member}')",
    "deactivated": "select public.deactivate_members(array['{member}'::uuid])",
    "deactivated in a list": "select public.deactivate_members(array['{agent}', '{member}']::uuid[])",
    "demoted": "select public.set_member_role('{member}', 'agent')",
}
"""How somebody makes an admin be one no more."""


def end(way: str, by: Caller, who: Admin, of: Company) -> Act:
    return by.act(WAYS[way].format(member=who.member, agent=of.agent))


WORKED = (DONE, 1, 2)
PAIRS = list(product(WAYS, WAYS))
WHOM = {"themselves": (0, 1), "each other": (1, 0)}


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_second_of_two_last_admins_is_kept(stage: Stage, first: str, second: str, whom: str) -> None:
    company, (one, other) = Company.founded(stage), WHOM[whom]
    callers = stage.signed_in(*(admin.user for admin in company.admins))
    came = interleaved(
        end(first, callers[0], company.admins[one], company), end(second, callers[1], company.admins[other], company)
    )
    assert came.first in WORKED
    assert (came.waited, came.second) == (True, LAST_ADMIN)
    assert company.active_admins() == [company.admins[other].member]


@pytest.mark.parametrize("whom", WHOM)
def test_of_two_last_admins_at_the_same_moment_exactly_one_is_refused(stage: Stage, whom: str) -> None:
    one, other = WHOM[whom]
    # Whoever comes late and is an admin no more manages nobody.
    refusals = {LAST_ADMIN, "PT404 member_not_found"} if whom == "each other" else {LAST_ADMIN}
    for first, second in PAIRS * 3:
        company = Company.founded(stage)
        callers = stage.signed_in(*(admin.user for admin in company.admins))
        came = race(
            end(first, callers[0], company.admins[one], company),
            end(second, callers[1], company.admins[other], company),
        )
        assert [each in WORKED for each in came].count(True) == 1, (first, second, came)
        assert [each in refusals for each in came].count(True) == 1, (first, second, came)
        assert len(company.active_admins()) == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_account_is_not_closed_while_the_only_other_admin_leaves(stage: Stage, auth: Caller, way: str) -> None:
    company = Company.founded(stage)
    (caller,) = stage.signed_in(company.admins[0].user)
    came = interleaved(
        end(way, caller, company.admins[0], company),
        auth.act("delete from auth.users where id = %s", company.admins[1].user),
    )
    assert (came.waited, came.second) == (True, LAST_ADMIN)
    assert company.active_admins() == [company.admins[1].member]


@pytest.mark.parametrize("way", WAYS)
def test_the_only_other_admin_stays_while_an_account_is_closed(stage: Stage, auth: Caller, way: str) -> None:
    company = Company.founded(stage)
    (caller,) = stage.signed_in(company.admins[0].user)
    came = interleaved(
        auth.act("delete from auth.users where id = %s", company.admins[1].user),
        end(way, caller, company.admins[0], company),
    )
    assert (came.first, came.waited, came.second) == ([], True, LAST_ADMIN)
    assert company.active_admins() == [company.admins[0].member]


def test_lists_that_overlap_are_changed_whatever_their_order(stage: Stage) -> None:
    company = Company.founded(stage)
    agents = [stage.make("join", user, company.org, "agent") for user in _users(stage, 30)]
    one, other = stage.signed_in(*(admin.user for admin in company.admins))
    for _ in range(10):
        for change in ("deactivate", "reactivate"):
            query = f"select public.{change}_members(%s)"
            assert sum(race(one.act(query, agents[:20]), other.act(query, agents[:9:-1]))) == len(agents)


@pytest.fixture
def operators(stage: Stage) -> Iterator[tuple[UUID, UUID]]:
    """The platform's only two admins."""
    stage.owner.execute("delete from private.platform_admins")
    yield stage.make("platform_admin"), stage.make("platform_admin")
    stage.owner.execute("delete from private.platform_admins")


REVOKE = "select public.revoke_platform_admin(%s)"


@pytest.mark.parametrize("whom", WHOM)
def test_the_second_of_two_last_platform_admins_is_kept(stage: Stage, operators: tuple[UUID, UUID], whom: str) -> None:
    one, other = WHOM[whom]
    callers = stage.signed_in(*operators)
    came = interleaved(callers[0].act(REVOKE, operators[one]), callers[1].act(REVOKE, operators[other]))
    assert (came.first, came.waited, came.second) == (DONE, True, LAST_OPERATOR)
    assert stage.told("select user_id from private.platform_admins") == [operators[other]]


@pytest.mark.parametrize("whom", WHOM)
def test_of_two_last_platform_admins_at_the_same_moment_exactly_one_is_refused(stage: Stage, whom: str) -> None:
    one, other = WHOM[whom]
    refusals = {LAST_OPERATOR, "PT403 platform_admin_required"} if whom == "each other" else {LAST_OPERATOR}
    for _ in range(25):
        stage.owner.execute("delete from private.platform_admins")
        operators = (stage.make("platform_admin"), stage.make("platform_admin"))
        callers = stage.signed_in(*operators)
        came = race(callers[0].act(REVOKE, operators[one]), callers[1].act(REVOKE, operators[other]))
        assert came.count(DONE) == 1, came
        assert [each in refusals for each in came].count(True) == 1, came
        assert len(stage.told("select user_id from private.platform_admins")) == 1


def test_whoever_is_being_made_a_platform_admin_counts(stage: Stage, operators: tuple[UUID, UUID]) -> None:
    guest = stage.make("user")
    one, other = stage.signed_in(*operators)
    assert one.does(REVOKE, operators[1]) == DONE
    other.signed_in(operators[0])
    came = interleaved(one.act("select public.grant_platform_admin(%s)", guest), other.act(REVOKE, operators[0]))
    assert (came.first, came.waited, came.second) == (DONE, True, DONE)
    assert stage.told("select user_id from private.platform_admins") == [guest]
