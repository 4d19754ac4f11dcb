"""Deliveries, pages and assignments at the same moment: none misses another, and none waits for ever."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.integration.database.doors import (
    Connection,
    apply_page,
    at_once,
    behind,
    deliver,
    event,
    give,
    listed,
    receive,
    signed_in,
    start_job,
)
from tests.integration.database.moves import Moves, hours_ago

RECEIVED = datetime.now(UTC)


@pytest.fixture
def webhooks(moves: Moves) -> Iterator[list[Connection]]:
    """Eight connections of the door."""
    with ExitStack() as stack:
        yield [stack.enter_context(moves.database.connect("webhooks")) for _ in range(8)]


@pytest.fixture
def operator(moves: Moves) -> Iterator[Connection]:
    with signed_in(moves.database, moves.operator) as connection:
        yield connection


@pytest.fixture
def sync(moves: Moves) -> Iterator[list[Connection]]:
    """Two workers' connections."""
    with moves.database.connect("sync") as one, moves.database.connect("sync") as other:
        yield [one, other]


def rows(moves: Moves) -> list[Any]:
    """Every call and leg of the account but when it was written."""
    with moves.database.connect() as connection:
        query = """
            select to_jsonb(c) - array['created_at', 'updated_at'] from public.calls c
            where c.integration_id = %(account)s
            union all
            select to_jsonb(l) - array['created_at', 'updated_at'] from public.legs l
            join public.calls c on c.id = l.call_id where c.integration_id = %(account)s
            order by 1"""
        return connection.execute(query, {"account": moves.account}).fetchall()


def rows_rebuilt(moves: Moves) -> list[Any]:
    """The same, written anew from what was kept."""
    with moves.database.connect() as connection:
        connection.execute("delete from public.calls where integration_id = %s", [moves.account])
        connection.execute("select private.rebuild_calls(%s)", [moves.account])
    return rows(moves)


def arrival(call: str, e164: str, start: datetime) -> str:
    return event("IncomingCall", call, start, From="+12125550199", To=e164)


def test_an_assignment_waits_for_a_delivery_and_takes_its_call(
    moves: Moves, webhooks: list[Connection], operator: Connection
) -> None:
    number, e164 = moves.number()
    webhooks[0].autocommit = False
    deliver(webhooks[0], moves.account, RECEIVED, arrival("held", e164, hours_ago(1)))
    assert behind(webhooks[0], operator, lambda: give(operator, number, moves.organizations["A"], hours_ago(2)))
    assert moves.owner("held") == "A"


def test_a_delivery_waits_for_an_assignment_and_finds_its_line(
    moves: Moves, webhooks: list[Connection], operator: Connection
) -> None:
    number, e164 = moves.number()
    operator.autocommit = False
    give(operator, number, moves.organizations["A"], hours_ago(2))
    call = arrival("waited", e164, hours_ago(1))
    assert behind(operator, webhooks[0], lambda: deliver(webhooks[0], moves.account, RECEIVED, call))
    assert moves.owner("waited") == "A"


def test_a_page_waits_for_an_assignment_and_finds_its_line(
    moves: Moves, sync: list[Connection], operator: Connection
) -> None:
    number, e164 = moves.number()
    job = start_job(moves.database, moves.account)
    operator.autocommit = False
    give(operator, number, moves.organizations["A"], hours_ago(2))
    page = [listed("paged", hours_ago(1), e164)]
    assert behind(operator, sync[0], lambda: apply_page(sync[0], job, RECEIVED, page))
    assert moves.owner("paged") == "A"


def test_a_page_that_brings_a_number_waits_for_a_delivery_and_claims_its_call(
    moves: Moves, webhooks: list[Connection], sync: list[Connection]
) -> None:
    job, e164 = start_job(moves.database, moves.account), "+17025550101"
    webhooks[0].autocommit = False
    deliver(webhooks[0], moves.account, RECEIVED, arrival("ahead of its number", e164, hours_ago(1)))
    page = [listed("with its number", hours_ago(1), e164)]
    assert behind(webhooks[0], sync[0], lambda: apply_page(sync[0], job, RECEIVED, page))
    assert moves.misplaced() == []


def test_a_delivery_waits_for_a_page_that_brings_its_number(
    moves: Moves, webhooks: list[Connection], sync: list[Connection]
) -> None:
    job, e164 = start_job(moves.database, moves.account), "+17025550102"
    sync[0].autocommit = False
    sync[0].execute("select")
    apply_page(sync[0], job, RECEIVED, [listed("bringing a number", hours_ago(1), e164)])
    call = arrival("behind its number", e164, hours_ago(1))
    assert behind(sync[0], webhooks[0], lambda: deliver(webhooks[0], moves.account, RECEIVED, call))
    assert moves.misplaced() == []


def test_what_was_received_is_applied_by_one_at_a_time(
    moves: Moves, webhooks: list[Connection], sync: list[Connection]
) -> None:
    def apply(connection: Connection, limit: int = 10) -> int | None:
        [(applied,)] = connection.execute("select private.apply_received_deliveries(%s)", [limit]).fetchall()
        assert applied is None or isinstance(applied, int)
        return applied

    _, e164 = moves.number()
    for call in ("first", "second"):
        receive(webhooks[0], moves.account, RECEIVED, arrival(call, e164, hours_ago(1)))
    webhooks[0].autocommit = False
    assert apply(webhooks[0], 1) == 1
    assert apply(webhooks[1]) is None
    assert apply(sync[0]) is None
    webhooks[0].rollback()
    assert [apply(sync[0]), apply(sync[0]), apply(webhooks[1])] == [2, 0, 0]


def test_deliveries_and_assignments_at_the_same_moment_never_miss_each_other(
    moves: Moves, webhooks: list[Connection], operator: Connection
) -> None:
    for attempt in range(25):
        (number, e164), (_, other) = moves.number(), moves.number()
        calls = [f"{attempt}-{index}" for index in range(3)]
        deliver(webhooks[0], moves.account, RECEIVED, arrival(calls[0], e164, hours_ago(1)))
        batch = [arrival(call, to, hours_ago(1)) for call in calls for to in (e164, other)]
        at_once(
            partial(deliver, webhooks[0], moves.account, RECEIVED, *batch),
            partial(deliver, webhooks[1], moves.account, RECEIVED, *reversed(batch)),
            partial(give, operator, number, moves.organizations["A"], hours_ago(2)),
        )
        assert moves.misplaced() == []


def test_events_of_one_call_from_eight_connections_make_the_whole_row(moves: Moves, webhooks: list[Connection]) -> None:
    start = hours_ago(1)
    for attempt in range(10):
        _, e164 = moves.number()
        call = f"shared {attempt}"
        at = [start + timedelta(seconds=second) for second in range(60)]
        events = [
            arrival(call, e164, at[0]),
            event("IncomingCallRinging", call, at[2], Extension="101"),
            event("IncomingCallRinging", call, at[3], Extension="102"),
            event("IncomingCallStopRinging", call, at[9], Extension="101"),
            event("IncomingCallConnected", call, at[10], Extension="102"),
            event("IncomingCallConnected", call, at[30], Extension="103"),
            event("IncomingCallAgentCompleted", call, at[30], Extension="102"),
            event("IncomingCallCompleted", call, at[50]),
        ]
        at_once(
            *(
                partial(deliver, connection, moves.account, RECEIVED, body)
                for connection, body in zip(webhooks, events, strict=True)
            )
        )
        with moves.database.connect() as connection:
            row = connection.execute(
                """select c.outcome, c.wait_seconds, c.talk_seconds, c.duration_seconds, c.transfer_count,
                  (select array_agg(l.extension order by l.extension) from public.legs l where l.call_id = c.id)
                from public.calls c where c.integration_id = %s and c.provider_call_id = %s""",
                [moves.account, call],
            ).fetchone()
        assert row == ("answered", 10, 40, 50, 1, ["101", "102", "103"])


def test_pages_and_deliveries_of_the_same_calls_neither_block_nor_miss_each_other(
    moves: Moves, webhooks: list[Connection], sync: list[Connection]
) -> None:
    dice = random.Random(20250310)  # noqa: S311
    jobs = [start_job(moves.database, moves.account) for _ in sync]
    for attempt in range(12):
        # Half of the numbers are met for the first time, so that pages lock the account too.
        numbers = [moves.number()[1], f"+1701555{100 + attempt:04}"]
        calls = [(f"mixed {attempt} {index}", dice.choice(numbers)) for index in range(12)]
        pages = [[listed(call, hours_ago(1), e164) for call, e164 in dice.sample(calls, 8)] for _ in sync]
        batches = [[arrival(call, e164, hours_ago(1)) for call, e164 in dice.sample(calls, 8)] for _ in range(3)]
        at_once(
            *(partial(apply_page, sync[index], jobs[index], RECEIVED, page) for index, page in enumerate(pages)),
            *(
                partial(deliver, webhooks[index], moves.account, RECEIVED, *batch)
                for index, batch in enumerate(batches)
            ),
        )
    written = rows(moves)
    assert moves.misplaced() == []
    assert rows_rebuilt(moves) == written


@pytest.mark.parametrize("first", ["the new one", "the one heard again"])
def test_two_workers_that_hear_of_a_call_agree_on_what_was_observed_last(
    moves: Moves, sync: list[Connection], first: str
) -> None:
    _, e164 = moves.number()
    jobs = [start_job(moves.database, moves.account) for _ in sync]
    call = f"twofold, {first} first"
    known, new = (listed(call, hours_ago(1), e164, callStatus=status) for status in ("Connected", "Missed"))
    apply_page(sync[0], jobs[0], hours_ago(3), [known])

    pages = [(jobs[0], hours_ago(1), [known]), (jobs[1], hours_ago(2), [new])]
    if first == "the new one":
        pages.reverse()
    sync[0].autocommit = False
    sync[0].execute("select")
    apply_page(sync[0], *pages[0])
    behind(sync[0], sync[1], lambda: apply_page(sync[1], *pages[1]))

    written = rows(moves)
    assert rows_rebuilt(moves) == written
