"""Many who ask the same of one account at the same moment: one job, one holder of an extension."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.integration.database.races import DONE, Stage, interleaved, programs, race
from tools.scratch import Database, ScratchCluster

ROUNDS = 15
TAKEN = "PT409 extension_taken"

SYNC = "select array_agg(job_id) from public.request_sync(%s, %s)"
EXTEND = "select public.set_member_extension(%s, %s, %s, %s::timestamptz)"


@pytest.fixture(scope="module")
def stage(cluster: ScratchCluster, migrated: Database) -> Iterator[Stage]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=8) as stage:
        yield stage


@dataclass(frozen=True)
class Company:
    """An organization with an account of its own, a number of the platform's, managers, admins and agents."""

    org: UUID
    account: UUID
    platform_account: UUID
    managers: tuple[UUID, ...]
    admins: tuple[UUID, ...]
    agents: tuple[UUID, ...]
    """Members, not users."""

    @classmethod
    def founded(cls, stage: Stage, digit: int = 0) -> "Company":
        org, platform_account = stage.make("organization"), stage.make("integration")
        number = stage.make("phone_number", platform_account, f"+1212555{100 + digit:04}")
        stage.owner.execute("select tests.line(%s, %s)", [org, number])
        return cls(
            org,
            stage.make("integration", org),
            platform_account,
            tuple(stage.make("member", org, "manager") for _ in range(4)),
            tuple(stage.make("member", org, "org_admin") for _ in range(4)),
            tuple(stage.make("join", stage.make("user"), org, "agent") for _ in range(2)),
        )

    def jobs(self, stage: Stage) -> list[UUID]:
        query = "select id from public.sync_jobs where integration_id = any (%s) and kind = 'requested'"
        return stage.told(query, [self.account, self.platform_account])


def test_whoever_asks_for_a_pull_while_somebody_does_gets_the_same_jobs(stage: Stage) -> None:
    company = Company.founded(stage)
    one, other = stage.signed_in(company.managers[0], company.admins[0])
    came = interleaved(one.act(SYNC, company.org, "calls"), other.act(SYNC, company.org, "calls"))
    assert came.waited
    assert came.first == came.second
    assert sorted(came.first) == sorted(company.jobs(stage))
    assert len(came.first) == 2


def test_eight_who_ask_for_a_pull_at_the_same_moment_get_one_job_for_each_account(stage: Stage) -> None:
    for turn in range(ROUNDS):
        company = Company.founded(stage, turn)
        callers = stage.signed_in(*company.managers, *company.admins)
        came = race(*(caller.act(SYNC, company.org, "calls") for caller in callers))
        assert len({tuple(jobs) for jobs in came}) == 1, came
        assert sorted(came[0]) == sorted(company.jobs(stage))
        assert len(came[0]) == 2


def test_neighbours_on_the_same_account_share_its_job(stage: Stage) -> None:
    company, neighbour = Company.founded(stage), stage.make("organization")
    for n in range(2):
        number = stage.make("phone_number", company.platform_account, f"+1213555010{n}")
        stage.owner.execute("select tests.line(%s, %s)", [neighbour, number])
    one, other = stage.signed_in(company.managers[0], stage.make("member", neighbour, "manager"))
    ours, theirs = race(one.act(SYNC, company.org, "calls"), other.act(SYNC, neighbour, "calls"))
    assert len(theirs) == 1
    assert theirs[0] in ours
    assert sorted(ours) == sorted(company.jobs(stage))


def test_asking_for_pulls_and_working_on_them_neither_block_nor_miss_each_other(stage: Stage) -> None:
    claim = "select array_agg(job_id) from private.claim_sync_job(%s, now())"
    finish = "select private.finish_sync_job(%s, %s, null, null, now())"
    with programs(stage.database, "sync", 3) as workers:
        for turn in range(ROUNDS):
            company = Company.founded(stage, turn)
            callers = stage.signed_in(*company.managers)
            came = race(
                *(caller.act(SYNC, company.org, "calls") for caller in callers),
                *(worker.act(claim, f"worker {n}") for n, worker in enumerate(workers)),
            )
            assert [isinstance(each, list) for each in came[:4]] == [True] * 4, came
            claimed = [(n, each[0]) for n, each in enumerate(came[4:]) if each != DONE]
            assert len({job for _, job in claimed}) == len(claimed)
            finished = race(
                *(workers[n].act(finish, job, f"worker {n}") for n, job in claimed),
                *(caller.act(SYNC, company.org, "calls") for caller in callers),
            )
            assert finished[: len(claimed)] == [DONE] * len(claimed)
            assert finished[len(claimed) :] == came[:4]
            assert len(company.jobs(stage)) == 2


def test_of_two_who_give_an_extension_to_different_members_the_second_is_refused(stage: Stage) -> None:
    company = Company.founded(stage)
    one, other = stage.signed_in(*company.admins[:2])
    came = interleaved(
        one.act(EXTEND, company.agents[0], company.account, "101", "2025-01-01Z"),
        other.act(EXTEND, company.agents[1], company.account, "101", "2024-01-01Z"),
    )
    assert isinstance(came.first, UUID)
    assert (came.waited, came.second) == (True, TAKEN)
    holders = stage.told("select member_id from public.member_extensions where integration_id = %s", company.account)
    assert holders == [company.agents[0]]


def test_of_two_who_give_an_extension_at_the_same_moment_exactly_one_does(stage: Stage) -> None:
    for turn in range(ROUNDS):
        company = Company.founded(stage, turn)
        callers = stage.signed_in(*company.admins[:2])
        came = race(
            *(
                caller.act(EXTEND, agent, company.account, "101", "2025-01-01Z")
                for caller, agent in zip(callers, company.agents, strict=False)
            )
        )
        assert came.count(TAKEN) == 1, came
        (held,) = [each for each in came if each != TAKEN]
        assert stage.told("select id from public.member_extensions where integration_id = %s", company.account) == [
            held
        ]


def test_of_two_extensions_given_to_a_member_the_last_counts(stage: Stage) -> None:
    company = Company.founded(stage)
    one, other = stage.signed_in(*company.admins[:2])
    came = interleaved(
        one.act(EXTEND, company.agents[0], company.account, "101", "2025-01-01Z"),
        other.act(EXTEND, company.agents[0], company.account, "102", "2025-01-01Z"),
    )
    assert came.waited
    held = stage.told("select id from public.member_extensions where member_id = %s", company.agents[0])
    assert held == [came.second]


def test_of_two_extensions_given_to_a_member_at_the_same_moment_one_remains(stage: Stage) -> None:
    company = Company.founded(stage)
    callers = stage.signed_in(*company.admins[:2])
    for _ in range(ROUNDS):
        came = race(
            callers[0].act(EXTEND, company.agents[0], company.account, "101", "2025-01-01Z"),
            callers[1].act(EXTEND, company.agents[0], company.account, "102", "2025-01-01Z"),
        )
        assert [isinstance(each, UUID) for each in came] == [True, True], came
        held = stage.told("select id from public.member_extensions where member_id = %s", company.agents[0])
        assert len(held) == 1
        assert held[0] in came
