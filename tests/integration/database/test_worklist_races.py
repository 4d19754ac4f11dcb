"""A missed caller in several hands at once: one owner, one piece of work, none where the caller was just reached."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

import pytest

from tests.integration.database.races import Act, Caller, Stage, interleaved, race
from tools.scratch import Database, ScratchCluster

TAKE = "select (public.take_missed_caller(%s, %s)).owner_id"
NOTE = "select (public.note_missed_caller(%s, %s, p_note => %s)).note"
CLOSE = "select (public.close_missed_caller(%s, %s)).closed_at is not null"
CALLED = """
insert into public.calls (
  id, org_id, integration_id, provider_call_id, line_id, direction, external_number, started_at, outcome
)
select gen_random_uuid(), %s, %s, gen_random_uuid(), %s, 'inbound', %s, now() - make_interval(mins => %s), %s"""
TAKEN = "PT409 missed_caller_taken"
TURNS = 15


@dataclass(frozen=True)
class Team:
    """An organization with a line, its agents, and callers that nobody answers."""

    stage: Stage
    org_id: UUID
    account: UUID
    line: UUID
    people: list[Caller]
    _numbers: "count[int]" = field(default_factory=lambda: count(0))

    def called(self, number: str, minutes_ago: int = 10, outcome: str = "missed") -> Act:
        arguments = (self.org_id, self.account, self.line, number, minutes_ago, outcome)
        return Act(self.stage.owner, CALLED, arguments)

    def missed(self) -> str:
        """Return the number of somebody who was just missed."""
        number = f"+1212555{next(self._numbers):04}"
        self.called(number)()
        return number

    def work(self, number: str) -> list[tuple[object, ...]]:
        return self.stage.owner.execute(
            "select owner_id, note, closed_at is not null from public.missed_caller_work where external_number = %s",
            [number],
        ).fetchall()


@pytest.fixture(scope="module")
def team(cluster: ScratchCluster, migrated: Database) -> Iterator[Team]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=4) as stage:
        org, account = stage.make("organization", "Acme"), stage.make("integration")
        line = stage.make("line", org, stage.make("phone_number", account, "+12125550101"))
        users = [stage.make("member", org, "agent", [line]) for _ in stage.callers]
        yield Team(stage, org, account, line, stage.signed_in(*users))


def test_of_many_who_take_a_caller_one_has_them(team: Team) -> None:
    for _ in range(TURNS):
        number = team.missed()
        came = race(*(person.act(TAKE, team.org_id, number) for person in team.people))
        assert Counter(each == TAKEN for each in came) == {True: 3, False: 1}
        (owner,) = [each for each in came if each != TAKEN]
        assert team.work(number) == [(owner, None, False)]


def test_who_comes_second_waits_and_is_told(team: Team) -> None:
    number = team.missed()
    first, second = (person.act(TAKE, team.org_id, number) for person in team.people[:2])
    came = interleaved(first, second)
    assert came.waited
    assert came.second == TAKEN
    assert team.work(number) == [(came.first, None, False)]


def test_what_is_done_at_once_is_one_piece_of_work(team: Team) -> None:
    for _ in range(TURNS):
        number = team.missed()
        one, two, three = team.people[:3]
        came = race(
            one.act(TAKE, team.org_id, number),
            two.act(NOTE, team.org_id, number, "Asked for Jo"),
            three.act(CLOSE, team.org_id, number),
        )
        assert came[1:] == ["Asked for Jo", True]
        assert team.work(number) == [(came[0], "Asked for Jo", True)]


def test_one_who_is_reached_meanwhile_is_taken_before_or_not_at_all(team: Team) -> None:
    for _ in range(TURNS):
        number = team.missed()
        taken, _ = race(team.people[0].act(TAKE, team.org_id, number), team.called(number, 0, "answered"))
        assert taken == "PT404 missed_caller_not_found" or team.work(number) == [(taken, None, False)]
        after = team.people[1].does("select count(*) from public.missed_callers where external_number = %s", number)
        assert after == 0
