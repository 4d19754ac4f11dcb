"""The audit trail is sealed while people go on working: nobody waits, nothing is left out, and the chain holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from tests.integration.database.races import DONE, Act, Caller, Stage, interleaved, programs, race
from tools.scratch import Database, ScratchCluster

SEAL = "select private.seal_audit_entries(now())"
VERIFY = "select unsealed, problem from public.verify_audit_chain(%s)"
SOUND = [(0, None)]

NAMES = count()


@pytest.fixture(scope="module")
def stage(cluster: ScratchCluster, migrated: Database) -> Iterator[Stage]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=6) as stage:
        stage.owner.execute("update public.platform_settings set app_url = 'https://app.example'")
        yield stage


@pytest.fixture(scope="module")
def sealers(stage: Stage) -> Iterator[list[Caller]]:
    with programs(stage.database, "sync", 3) as callers:
        yield callers


@dataclass(frozen=True)
class Company:
    """An organization with an admin, an agent, a line and an open invitation; its story so far is sealed."""

    org: UUID
    admin: UUID
    agent: UUID
    line: UUID
    invitation: UUID

    @classmethod
    def founded(cls, stage: Stage, sealer: Caller) -> "Company":
        org = stage.make("organization")
        admin = stage.make("member", org, "org_admin")
        number = stage.make("phone_number", stage.make("integration"), "+12125550100")
        (line,) = stage.told("select tests.line(%s, %s)", org, number)
        (caller,) = stage.signed_in(admin)
        company = cls(
            org,
            admin,
            stage.make("join", stage.make("user"), org, "agent"),
            line,
            caller.does("select public.invite_member(%s, 'guest@example.com', 'viewer')", org),
        )
        while sealer.does(SEAL):
            pass
        return company


def rename(by: Caller, of: Company) -> Act:
    return by.act("update public.organizations set name = %s where id = %s", f"Acme {next(NAMES)}", of.org)


CHANGES: dict[str, Callable[[Caller, Company], Act]] = {
    "an organization is renamed": rename,
    "settings change": lambda by, of: by.act(
        """select true from public.change_organization_settings(%s, '{"answer_within_seconds": 30}')""", of.org
    ),
    "a role changes": lambda by, of: by.act("select public.set_member_role(%s, 'manager')", of.agent),
    "a member leaves": lambda by, of: by.act("select public.remove_member(%s)", of.agent),
    "a line is given": lambda by, of: by.act(
        "insert into public.member_lines (org_id, member_id, line_id) values (%s, %s, %s)", of.org, of.agent, of.line
    ),
    "somebody is invited": lambda by, of: by.act(
        "select public.invite_member(%s, 'another@example.com', 'viewer')", of.org
    ),
    "an invitation is revoked": lambda by, of: by.act("select public.revoke_invitation(%s)", of.invitation),
    "a key is made": lambda by, of: by.act(
        "select true from public.create_api_key(%s, 'Reports', array['calls:read'])", of.org
    ),
    "the trail is taken away": lambda by, of: by.act(
        "select count(*) from public.export_audit_trail(%s, '-infinity', 'infinity')", of.org
    ),
}


def impatient(caller: Caller) -> Caller:
    """Let every wait for a lock end as an error."""
    caller.connection.execute("set lock_timeout = '100ms'")
    return caller


def worked(came: Any) -> bool:
    return came in ([], DONE, True) or isinstance(came, int | UUID)


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_waits_for_the_sealer(stage: Stage, sealers: list[Caller], change: str) -> None:
    company = Company.founded(stage, sealers[0])
    writer, worker = (impatient(caller) for caller in stage.signed_in(company.admin, company.admin))
    assert rename(worker, company)() == []
    came = interleaved(sealers[0].act(SEAL), CHANGES[change](writer, company))
    assert came.first == 1
    assert not came.waited
    assert worked(came.second), came
    assert sealers[0].does(SEAL) > 0
    assert writer.does(VERIFY, company.org) == SOUND


@pytest.mark.parametrize("change", CHANGES)
def test_the_sealer_waits_for_nobody(stage: Stage, sealers: list[Caller], change: str) -> None:
    company = Company.founded(stage, sealers[0])
    writer, worker = (impatient(caller) for caller in stage.signed_in(company.admin, company.admin))
    assert worker.does("select public.set_member_role(%s, 'viewer')", company.agent) == DONE
    came = interleaved(CHANGES[change](writer, company), impatient(sealers[1]).act(SEAL))
    assert worked(came.first), came
    assert (came.waited, came.second) == (False, 1)
    assert writer.does(VERIFY, company.org)[0][0] > 0
    assert sealers[0].does(SEAL) > 0
    assert writer.does(VERIFY, company.org) == SOUND


def test_of_two_sealers_the_second_has_nothing_to_do(stage: Stage, sealers: list[Caller]) -> None:
    company = Company.founded(stage, sealers[0])
    (writer,) = stage.signed_in(company.admin)
    for _ in range(3):
        rename(writer, company)()
    came = interleaved(sealers[0].act(SEAL), sealers[1].act(SEAL))
    assert (came.first, came.waited, came.second) == (3, False, 0)
    assert sealers[1].does(SEAL) == 0
    assert writer.does(VERIFY, company.org) == SOUND


def test_entries_that_are_committed_out_of_their_order_are_sealed(stage: Stage, sealers: list[Caller]) -> None:
    company = Company.founded(stage, sealers[0])
    writers = stage.signed_in(company.admin, company.admin, company.admin)
    # The first to write is the last to commit.
    for writer, change in zip(writers, ("a key is made", "somebody is invited", "a role changes"), strict=True):
        writer.connection.autocommit = False
        assert worked(CHANGES[change](writer, company)())
    sealed = []
    for writer in reversed(writers):
        writer.connection.commit()
        writer.connection.autocommit = True
        sealed.append(sealers[0].does(SEAL))
        assert writer.does(VERIFY, company.org) == SOUND
    assert sealed == [1, 1, 1]
    entries = stage.told(
        "select entry_id from private.audit_seals where org_id = %s order by position desc", company.org
    )
    assert entries[:3] == sorted(entries[:3])


def test_writers_sealers_and_auditors_at_the_same_moment(stage: Stage, sealers: list[Caller]) -> None:
    # Each writes in an organization of its own: nobody but the sealers could make them wait.
    companies = [Company.founded(stage, sealers[0]) for _ in range(4)]
    callers = [impatient(caller) for caller in stage.signed_in(*(companies[n % 4].admin for n in range(6)))]
    sealed = 0
    for turn in range(20):
        writers = [
            rename(callers[0], companies[0]),
            rename(callers[1], companies[1]),
            callers[2].act("select public.invite_member(%s, %s, 'agent')", companies[2].org, f"a{turn}@example.com"),
            callers[3].act(
                "insert into public.holidays (org_id, day, name) values (%s, current_date + %s, 'Day')",
                *(companies[3].org, turn),
            ),
        ]
        auditors = [caller.act(VERIFY, companies[n].org) for n, caller in enumerate(callers[4:])]
        came = race(*writers, *(sealer.act(SEAL) for sealer in sealers), *auditors)
        assert all(worked(each) for each in came[:7]), came
        assert [problem for answer in came[7:] for _, problem in answer] == [None, None]
        sealed += sum(came[4:7])
    while more := sealers[0].does(SEAL):
        sealed += more
    assert sealed == 20 * len(writers)
    for company, caller in zip(companies, callers, strict=False):
        assert caller.does(VERIFY, company.org) == SOUND
    positions = "select count(*) = max(position) from private.audit_seals group by org_id"
    assert set(stage.told(positions)) == {True}
    assert stage.told("select count(*) from private.unsealed_audit_entries") == [0]
