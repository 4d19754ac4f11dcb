"""A number that moves: whoever had it keeps its history, whoever gets it starts empty."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.integration.database.doors import event, signed_in
from tests.integration.database.moves import Moves, hours_ago


def in_a_minute() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_the_former_organization_keeps_its_history_and_the_next_one_starts_empty(moves: Moves) -> None:
    number, e164 = moves.number()
    line_of_a = moves.give(number, "A", hours_ago(48))
    agent_of_a = moves.agent("A", line_of_a)
    moves.ring("before", e164, hours_ago(2))

    line_of_b = moves.give(number, "B")
    agent_of_b = moves.agent("B", line_of_b)
    moves.ring("after", e164, in_a_minute())

    assert moves.seen_by(moves.viewers["A"], e164) == ["before"]
    assert moves.seen_by(agent_of_a, e164) == ["before"]
    assert moves.seen_by(moves.viewers["B"], e164) == ["after"]
    assert moves.seen_by(agent_of_b, e164) == ["after"]
    assert moves.seen_by(moves.operator, e164) == ["after", "before"]


def test_a_delivery_that_is_late_reaches_the_organization_of_its_time(moves: Moves) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    moves.give(number, "B")
    moves.ring("late", e164, hours_ago(2))
    assert moves.owner("late") == "A"


def test_a_corrected_start_moves_a_call_and_its_legs(moves: Moves) -> None:
    number, e164 = moves.number()
    line_of_a = moves.give(number, "A", hours_ago(48))
    agent_of_a = moves.agent("A", line_of_a)
    moves.give(number, "B")
    with moves.database.connect() as connection:
        connection.execute(
            """insert into public.member_extensions (org_id, member_id, integration_id, extension)
            select org_id, id, %s, '777' from public.org_members where user_id = %s""",
            [moves.account, agent_of_a],
        )
    moves.ring("corrected", e164, in_a_minute())
    moves.deliver(event("IncomingCallConnected", "corrected", in_a_minute(), Extension="777"))
    assert moves.seen_by(agent_of_a, e164) == []

    moves.ring("corrected", e164, hours_ago(2))

    assert moves.owner("corrected") == "A"
    assert moves.seen_by(agent_of_a, e164) == ["corrected"]
    assert moves.seen_by(moves.viewers["B"], e164) == []
    with signed_in(moves.database, agent_of_a) as agent:
        handled = agent.execute("select extension from public.legs where member_id is not null").fetchall()
    assert handled == [("777",)]
    assert moves.misplaced() == []


def test_calls_of_a_number_that_nobody_has_wait_for_the_operator(moves: Moves) -> None:
    _, e164 = moves.number()
    moves.ring("unowned", e164, hours_ago(1))
    assert moves.owner("unowned") is None
    assert moves.seen_by(moves.operator, e164) == ["unowned"]
    assert moves.seen_by(moves.viewers["A"], e164) == moves.seen_by(moves.viewers["B"], e164) == []


def test_a_number_given_from_now_on_brings_no_older_call(moves: Moves) -> None:
    number, e164 = moves.number()
    moves.ring("older", e164, hours_ago(1))
    moves.give(number, "A")
    assert moves.owner("older") is None


def test_a_back_dated_period_claims_what_nobody_owned_since(moves: Moves) -> None:
    number, e164 = moves.number()
    for call, hours in (("long ago", 5), ("lately", 1)):
        moves.ring(call, e164, hours_ago(hours))
    moves.give(number, "A", hours_ago(3))
    assert moves.owner("long ago") is None
    assert moves.owner("lately") == "A"


def test_a_back_dated_period_cannot_take_what_somebody_owned(moves: Moves) -> None:
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    moves.ring("owned", e164, hours_ago(2))
    with pytest.raises(psycopg.DatabaseError) as refused:
        moves.give(number, "B", hours_ago(3))
    assert refused.value.sqlstate == "PT409"
    assert refused.value.diag.message_detail == "period_taken"
    assert moves.owner("owned") == "A"
