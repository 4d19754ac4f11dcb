"""Replays beside deliveries of the same events, beside another replay, and at the moment an account is enabled."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from tests.integration.database.doors import WORKER, Connection, at_once, deliver, event, one, start_job
from tests.integration.database.moves import Moves, hours_ago
from tests.integration.database.races import Caller, interleaved
from tests.integration.database.test_concurrent_writers import RECEIVED, rows, rows_rebuilt

NEXT = "select private.replay_next_events(%s, %s, 1000, now())"


@pytest.fixture
def webhooks(moves: Moves) -> Iterator[list[Connection]]:
    with ExitStack() as stack:
        yield [stack.enter_context(moves.database.connect("webhooks")) for _ in range(2)]


@pytest.fixture
def sync(moves: Moves) -> Iterator[list[Caller]]:
    with ExitStack() as stack:
        yield [Caller(stack.enter_context(moves.database.connect("sync"))) for _ in range(2)]


def replay(moves: Moves, status: str | None = None) -> UUID:
    """Make a replay that is running."""
    job = start_job(moves.database, moves.account)
    with moves.database.connect() as owner:
        owner.execute(
            "update public.sync_jobs set kind = 'replay', replay_status = %s, range_to = 'infinity' where id = %s",
            [status, job],
        )
    return job


def statuses(moves: Moves, call: str) -> Any:
    with moves.database.connect() as owner:
        query = """select string_agg(status, ' ' order by id) from private.webhook_events
            where provider_call_id = %s"""
        return one(owner, query, call)


def history(call: str, e164: str) -> list[str]:
    numbers = {"From": "+12125550199", "To": e164}
    return [
        event("IncomingCall", call, hours_ago(1), **numbers),
        event("IncomingCallConnected", call, hours_ago(0.9), Extension="101", **numbers),
        event("IncomingCallCompleted", call, hours_ago(0.8), RecordingLink="https://audio.example.com/1", **numbers),
    ]


def test_replays_and_deliveries_of_the_same_events_agree(
    moves: Moves, webhooks: list[Connection], sync: list[Caller]
) -> None:
    for turn in range(8):
        _, e164 = moves.number()
        calls = [f"replayed {turn} {at}" for at in range(4)]
        bodies = [body for call in calls for body in history(call, e164)]
        deliver(webhooks[0], moves.account, RECEIVED, *bodies[:7])
        with moves.database.connect() as owner:
            owner.execute("update private.webhook_events set status = 'failed', error = 'x' where id % 2 = 0")
        jobs = [replay(moves) for _ in sync]
        at_once(
            partial(sync[0].does, NEXT, jobs[0], WORKER),
            partial(sync[1].does, NEXT, jobs[1], WORKER),
            partial(deliver, webhooks[0], moves.account, RECEIVED, *bodies),
            partial(deliver, webhooks[1], moves.account, RECEIVED, *bodies[::-1]),
        )
        # What was marked as failed and was committed before both replays began is applied by one of them or a delivery.
        assert {statuses(moves, call) for call in calls} == {"applied applied applied"}
    written = rows(moves)
    assert moves.misplaced() == []
    assert rows_rebuilt(moves) == written


@pytest.mark.parametrize("first", ["the delivery", "the enabling"])
def test_what_is_delivered_while_an_account_is_enabled_is_applied(
    moves: Moves, webhooks: list[Connection], sync: list[Caller], first: str
) -> None:
    _, e164 = moves.number()
    call = f"enabled, {first} first"
    with moves.database.connect() as owner:
        owner.execute("update public.integrations set disabled_at = now() where id = %s", [moves.account])
    enable = "select public.enable_integration(%s)"
    body = history(call, e164)[0]
    envelope = """select status from private.ingest_webhook_events(
        array[jsonb_build_object('integration_id', %s::uuid, 'received_at', now(), 'body', %s::text)])"""
    with moves.database.connect("authenticator") as connection:
        acts = [
            Caller(webhooks[0]).act(envelope, moves.account, body),
            Caller(connection).signed_in(moves.operator).act(enable, moves.account),
        ]
        interleaved(*(acts if first == "the delivery" else acts[::-1]))
    sync[0].does(NEXT, replay(moves, "kept"), WORKER)
    assert statuses(moves, call) == "applied"


def test_no_delivery_is_still_on_its_way_when_the_account_has_been_enabled(
    moves: Moves, webhooks: list[Connection], sync: list[Caller]
) -> None:
    _, e164 = moves.number()
    call = "on its way at the enabling"
    with moves.database.connect() as owner:
        owner.execute("update public.integrations set disabled_at = now() where id = %s", [moves.account])
    envelope = """select status from private.ingest_webhook_events(
        array[jsonb_build_object('integration_id', %s::uuid, 'received_at', now(), 'body', %s::text)])"""
    with moves.database.connect("authenticator") as connection:
        came = interleaved(
            Caller(webhooks[0]).act(envelope, moves.account, history(call, e164)[0]),
            Caller(connection).signed_in(moves.operator).act("select public.enable_integration(%s)", moves.account),
        )
    # Else the replay of what was kept could be over before this one is committed.
    assert (came.first, came.waited) == ("kept", True)
