"""Numbers that move, are taken back, ring and are listed at the same moment: every call is on the line of its time."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from tests.integration.database.doors import apply_page, event, listed, start_job
from tests.integration.database.moves import Moves, hours_ago
from tests.integration.database.races import Act, Caller, Stage, interleaved, programs, race

MOVE = "select array_agg(line_id) from public.assign_phone_numbers(%s, %s)"
CLAIM = "select array_agg(line_id) from public.assign_phone_numbers(%s, %s, %s::timestamptz)"
WITHDRAW = "select public.withdraw_phone_numbers(%s)"
EXTEND = "select public.set_member_extension(%s, %s, %s, %s::timestamptz)"
INGEST = "select array_agg(status) from private.ingest_webhook_events(%s::jsonb[])"

REFUSALS = ("PT409 number_already_assigned", "PT409 period_taken")


@pytest.fixture(scope="module")
def operators(moves: Moves) -> Iterator[list[Caller]]:
    """Connections of the operator's people."""
    with Stage.set(moves.database, callers=4) as stage:
        yield stage.signed_in(*(moves.people.platform_admin() for _ in stage.callers))


@pytest.fixture(scope="module")
def webhooks(moves: Moves) -> Iterator[list[Caller]]:
    with programs(moves.database, "webhooks", 2) as callers:
        yield callers


@pytest.fixture(scope="module")
def sync(moves: Moves) -> Iterator[list[Caller]]:
    with programs(moves.database, "sync", 2) as callers:
        yield callers


def soon(seconds: float) -> datetime:
    """Return a start by a clock that goes ahead of ours, as the provider's may."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def rings(moves: Moves, door: Caller, *calls: tuple[str, str, datetime]) -> Act:
    """Prepare a batch of deliveries, one for each call, its number and its start, and its agent's answer."""
    bodies = [
        body
        for call, e164, start in calls
        for body in (
            event("IncomingCall", call, start, From="+12125550199", To=e164),
            event("IncomingCallConnected", call, start, Extension="101"),
        )
    ]
    received_at = datetime.now(UTC).isoformat()
    envelopes = [
        json.dumps({"integration_id": str(moves.account), "body": body, "received_at": received_at}) for body in bodies
    ]
    return door.act(INGEST, envelopes)


def overlapping_periods(moves: Moves) -> list[Any]:
    with moves.database.connect() as connection:
        return connection.execute(
            """select a.e164, a.period, b.period
            from public.lines a join public.lines b using (phone_number_id)
            where a.id < b.id and a.period && b.period"""
        ).fetchall()


def test_a_number_that_is_just_moved_is_moved_on(moves: Moves, operators: list[Caller], webhooks: list[Caller]) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    for call, start in (("past", hours_ago(1)), ("ahead", soon(100))):
        assert rings(moves, webhooks[0], (f"{call} {e164}", e164, start))() == ["applied"] * 2
    came = interleaved(
        operators[0].act(MOVE, [number], moves.organizations["B"]),
        operators[1].act(MOVE, [number], moves.organizations["A"]),
    )
    assert (len(came.first), came.waited, len(came.second)) == (1, True, 1)
    with moves.database.connect() as connection:
        owners = connection.execute(
            """select o.name from public.lines l join public.organizations o on o.id = l.org_id
            where l.phone_number_id = %s order by l.period""",
            [number],
        ).fetchall()
    assert [owner for (owner,) in owners] == ["A", "B", "A"]
    assert moves.misplaced() == []


def test_there_and_back_at_the_same_moment_beside_calls(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], sync: list[Caller]
) -> None:
    job = start_job(moves.database, moves.account)
    for turn in range(15):
        number, e164 = moves.number()
        moves.give(number, "A", hours_ago(48))
        calls = [(f"back {turn} {at}", e164, start) for at, start in enumerate((hours_ago(1), soon(0), soon(60)))]
        page = [listed(call, start, e164) for call, e164, start in calls]
        there, back, told, _ = race(
            operators[0].act(MOVE, [number], moves.organizations["B"]),
            operators[1].act(MOVE, [number], moves.organizations["A"]),
            rings(moves, webhooks[0], *calls),
            partial(apply_page, sync[0].connection, job, datetime.now(UTC), page),
        )
        assert isinstance(there, list), there
        assert isinstance(back, list) or back in REFUSALS, back
        assert told == ["applied"] * 6
        assert overlapping_periods(moves) == []
        assert moves.misplaced() == []


def test_overlapping_sets_in_any_order_beside_calls_and_a_withdrawal(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], sync: list[Caller]
) -> None:
    dice = random.Random(20261120)  # noqa: S311
    jobs = [start_job(moves.database, moves.account) for _ in sync]
    for turn in range(15):
        made = [moves.number() for _ in range(8)]
        numbers, e164s = [number for number, _ in made], [e164 for _, e164 in made]
        for number in numbers[::2]:
            moves.give(number, "A", hours_ago(48))
        calls = [
            (f"bulk {turn} {n}", dice.choice(e164s), dice.choice((hours_ago(1), soon(0), soon(60)))) for n in range(20)
        ]
        page = [listed(call, start, e164) for call, e164, start in calls]
        moved_one, moved_other, withdrawn, *told = race(
            operators[0].act(MOVE, numbers[:5], moves.organizations["A"]),
            operators[1].act(MOVE, numbers[:2:-1], moves.organizations["B"]),
            operators[2].act(WITHDRAW, dice.sample(numbers, 4)),
            rings(moves, webhooks[0], *dice.sample(calls, 12)),
            rings(moves, webhooks[1], *dice.sample(calls, 12)),
            partial(apply_page, sync[0].connection, jobs[0], datetime.now(UTC), page),
            partial(apply_page, sync[1].connection, jobs[1], datetime.now(UTC), page[::-1]),
        )
        for moved in (moved_one, moved_other):
            assert isinstance(moved, list) or moved in REFUSALS, moved
        assert withdrawn == 4
        assert told == [["applied"] * 24] * 2 + [None] * 2
        assert overlapping_periods(moves) == []
        assert moves.misplaced() == []


@pytest.mark.parametrize("seconds", [-3600, 0, 60])
def test_a_withdrawal_waits_for_a_delivery_and_a_call_that_starts_later_is_nobodys(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], seconds: int
) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    call = f"withdrawn {e164}"
    came = interleaved(rings(moves, webhooks[0], (call, e164, soon(seconds))), operators[0].act(WITHDRAW, [number]))
    assert (came.first, came.waited, came.second) == (["applied"] * 2, True, 1)
    assert moves.owner(call) == ("A" if seconds <= 0 else None)
    assert moves.misplaced() == []


def test_a_delivery_waits_for_a_withdrawal(moves: Moves, operators: list[Caller], webhooks: list[Caller]) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    call = f"after the withdrawal {e164}"
    came = interleaved(operators[0].act(WITHDRAW, [number]), rings(moves, webhooks[0], (call, e164, soon(60))))
    assert (came.first, came.waited, came.second) == (1, True, ["applied"] * 2)
    assert moves.owner(call) is None


def test_a_promise_that_is_taken_back_beside_calls_leaves_them_to_nobody(
    moves: Moves, operators: list[Caller], webhooks: list[Caller]
) -> None:
    for turn in range(10):
        number, e164 = moves.number()
        operators[0].does(CLAIM, [number], moves.organizations["B"], soon(30))
        calls = [(f"promised {turn} {at}", e164, soon(60)) for at in range(3)]
        assert rings(moves, webhooks[0], calls[0])() == ["applied"] * 2
        withdrawn, *told = race(
            operators[0].act(WITHDRAW, [number]),
            rings(moves, webhooks[0], *calls[:2]),
            rings(moves, webhooks[1], *calls[1:]),
        )
        assert (withdrawn, told) == (1, [["applied"] * 4] * 2)
        assert [moves.owner(call) for call, _, _ in calls] == [None] * 3
        assert moves.misplaced() == []


def legs_of(moves: Moves, call: str) -> list[Any]:
    with moves.database.connect() as connection:
        return connection.execute(
            """select l.extension, l.member_id from public.legs l join public.calls c on c.id = l.call_id
            where c.provider_call_id = %s""",
            [call],
        ).fetchall()


@pytest.fixture
def agent(moves: Moves) -> UUID:
    """A member of A without an extension, in a database where nobody has one."""
    user = moves.people.user()
    member = moves.people.join(user, moves.organizations["A"], "agent")
    with moves.database.connect() as connection:
        connection.execute("delete from public.member_extensions")
    return member


@pytest.mark.parametrize("first", ["the extension", "the delivery"])
def test_a_delivery_and_an_extension_never_miss_each_other(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], agent: UUID, first: str
) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    call = f"answered {e164}"
    acts = [
        operators[0].act(EXTEND, agent, moves.account, "101", hours_ago(24)),
        rings(moves, webhooks[0], (call, e164, hours_ago(1))),
    ]
    came = interleaved(*(acts if first == "the extension" else acts[::-1]))
    assert came.waited
    assert legs_of(moves, call) == [("101", agent)]


@pytest.mark.parametrize("first", ["the extension", "the claim"])
def test_a_claim_of_older_calls_and_an_extension_never_miss_each_other(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], agent: UUID, first: str
) -> None:
    number, e164 = moves.number()
    call = f"claimed {e164}"
    rings(moves, webhooks[0], (call, e164, hours_ago(1)))()
    acts = [
        operators[0].act(EXTEND, agent, moves.account, "101", hours_ago(24)),
        operators[1].act(CLAIM, [number], moves.organizations["A"], hours_ago(24)),
    ]
    came = interleaved(*(acts if first == "the extension" else acts[::-1]))
    assert came.waited
    assert legs_of(moves, call) == [("101", agent)]


@pytest.mark.parametrize("then", [MOVE, WITHDRAW], ids=["moved", "withdrawn"])
@pytest.mark.parametrize("first", ["the extension", "the number"])
def test_an_extension_does_not_bring_a_call_back_whose_number_leaves(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], agent: UUID, first: str, then: str
) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    call = f"leaving {e164}"
    rings(moves, webhooks[0], (call, e164, soon(120)))()
    leave = operators[1].act(then, [number], *([moves.organizations["B"]] if then == MOVE else []))
    acts = [operators[0].act(EXTEND, agent, moves.account, "101", hours_ago(24)), leave]
    came = interleaved(*(acts if first == "the extension" else acts[::-1]))
    assert came.waited
    assert moves.owner(call) == ("B" if then == MOVE else None)
    assert moves.misplaced() == []
    assert legs_of(moves, call) == [("101", None)]


def test_extensions_moves_and_deliveries_at_the_same_moment_agree_with_the_facts(
    moves: Moves, operators: list[Caller], webhooks: list[Caller], agent: UUID
) -> None:
    for turn in range(15):
        number, e164 = moves.number()
        moves.give(number, "A", hours_ago(48))
        calls = [(f"agree {turn} {at}", e164, start) for at, start in enumerate((hours_ago(1), soon(60), soon(90)))]
        assert rings(moves, webhooks[0], calls[1])() == ["applied"] * 2
        extended, moved, *told = race(
            operators[0].act(EXTEND, agent, moves.account, "101", hours_ago(2 + turn)),
            operators[1].act(MOVE, [number], moves.organizations["B"]),
            rings(moves, webhooks[0], *calls),
            rings(moves, webhooks[1], *calls[::-1]),
        )
        assert isinstance(extended, UUID), extended
        assert isinstance(moved, list), moved
        assert told == [["applied"] * 6] * 2
        assert moves.misplaced() == []
        assert legs_of(moves, calls[0][0]) == [("101", agent)]
