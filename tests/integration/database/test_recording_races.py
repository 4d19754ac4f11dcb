"""Workers, pages, doors and people about the same recordings at the same moment."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from tests.integration.database.doors import (
    WORKER,
    apply_page,
    at_once,
    column,
    deliver,
    event,
    listed,
    one,
    start_job,
)
from tests.integration.database.moves import Moves, hours_ago
from tests.integration.database.races import Caller, Interleaved, interleaved, race
from tests.integration.database.test_concurrent_writers import RECEIVED, rows, rows_rebuilt

CLAIM = "select recording_id::text from private.claim_recording(%s, now())"
FINISH = "select private.finish_recording(%s, %s, 'stored', null, 'audio/wav', 5, sha256('audio'), now())"
CLAIM_REMOVAL = "select recording_id::text from private.claim_recording_removal(%s, now())"
DELETE = "select public.delete_recording(%s)"
PLAY = "select object_name from public.play_recording(%s)"
HOLD = "update public.recordings set is_held = true where id = %s returning id::text"


@pytest.fixture
def workers(moves: Moves) -> Iterator[list[Caller]]:
    """Three connections of the sync."""
    with ExitStack() as stack:
        yield [Caller(stack.enter_context(moves.database.connect("sync"))) for _ in range(3)]


@pytest.fixture
def webhooks(moves: Moves) -> Iterator[Any]:
    with moves.database.connect("webhooks") as connection:
        yield connection


@pytest.fixture
def admins(moves: Moves) -> Iterator[list[Caller]]:
    """Two connections of an admin of A."""
    admin = moves.people.member(moves.organizations["A"], "org_admin")
    with ExitStack() as stack:
        yield [Caller(stack.enter_context(moves.database.connect("authenticator"))).signed_in(admin) for _ in range(2)]


def record(moves: Moves, name: str) -> str:
    """Let the history list a call of A with a recording, and nothing else wait; returns the recording's id."""
    number, e164 = moves.number()
    moves.give(number, "A", hours_ago(48))
    audio = {"fileName": "a.wav", "uri": "https://audio.example.com/1"}
    with moves.database.connect() as owner:
        owner.execute("update private.recording_sources set next_attempt_at = 'infinity'")
    with moves.database.connect("sync") as sync:
        job = start_job(moves.database, moves.account)
        apply_page(sync, job, RECEIVED, [listed(name, hours_ago(1), e164, callRecord=audio)])
    with moves.database.connect() as owner:
        query = """select r.id::text from public.recordings r join public.calls c on c.id = r.call_id
            where c.provider_call_id = %s"""
        recording: str = one(owner, query, name)
    return recording


def state(moves: Moves, recording: str) -> Any:
    with moves.database.connect() as owner:
        query = """select concat_ws(' ', r.state, case when s.has_object then 'object' end, s.worker)
            from public.recordings r join private.recording_sources s on s.recording_id = r.id where r.id = %s"""
        return one(owner, query, recording)


def test_two_workers_are_never_told_the_same_recording(moves: Moves, workers: list[Caller]) -> None:
    recording = record(moves, "claimed by two")
    came = interleaved(workers[0].act(CLAIM, "one"), workers[1].act(CLAIM, "two"))
    assert came == Interleaved(recording, False, [])
    assert state(moves, recording) == "waiting object one"


def test_workers_that_ask_together_share_the_work(moves: Moves, workers: list[Caller]) -> None:
    for turn in range(8):
        recordings = [record(moves, f"shared {turn} {at}") for at in range(2)]
        with moves.database.connect() as owner:
            owner.execute("update private.recording_sources set next_attempt_at = 'infinity'")
            owner.execute(
                "update private.recording_sources set next_attempt_at = now() where recording_id = any (%s::uuid[])",
                [recordings],
            )
        told = race(*(worker.act(CLAIM, f"worker {at}") for at, worker in enumerate(workers)))
        found = [recording for recording in told if recording != []]
        assert len(found) == len(set(found))
        assert set(found) <= set(recordings)


@pytest.mark.parametrize("first", ["the claim", "the end"])
def test_who_lost_the_lease_ends_nothing(moves: Moves, workers: list[Caller], first: str) -> None:
    recording = record(moves, f"lease lost, {first} first")
    assert workers[0].does(CLAIM, "slow") == recording
    with moves.database.connect() as owner:
        owner.execute("update private.recording_sources set lease_until = now() where lease_until is not null")
    acts = [workers[1].act(CLAIM, "quick"), workers[0].act(FINISH, recording, "slow")]
    came = interleaved(*(acts if first == "the claim" else acts[::-1]))
    if first == "the claim":
        assert came == Interleaved(recording, True, False)
        assert state(moves, recording) == "waiting object quick"
    else:
        # Until somebody else has it, what was brought counts.
        assert came == Interleaved(True, False, [])
        assert state(moves, recording) == "stored object"


@pytest.mark.parametrize("first", ["the deletion", "the end"])
def test_what_is_deleted_while_it_is_fetched_is_removed(
    moves: Moves, workers: list[Caller], admins: list[Caller], first: str
) -> None:
    recording = record(moves, f"deleted while fetching, {first} first")
    assert workers[0].does(CLAIM, "me") == recording
    acts = [admins[0].act(DELETE, recording), workers[0].act(FINISH, recording, "me")]
    came = interleaved(*(acts if first == "the deletion" else acts[::-1]))
    assert came.waited
    assert state(moves, recording) == "deleted object"
    assert workers[1].does(CLAIM_REMOVAL, "two") == recording


@pytest.mark.parametrize("first", ["the deletion", "the play"])
def test_nobody_plays_what_is_deleted(moves: Moves, workers: list[Caller], admins: list[Caller], first: str) -> None:
    recording = record(moves, f"played at its deletion, {first} first")
    assert workers[0].does(CLAIM, "me") == recording
    assert workers[0].does(FINISH, recording, "me") is True
    acts = [admins[0].act(DELETE, recording), admins[1].act(PLAY, recording)]
    interleaved(*(acts if first == "the deletion" else acts[::-1]))
    # A grant may be left over; it opens nothing.
    assert admins[0].does("select private.my_playable_objects()") == []
    assert admins[1].does(PLAY, recording) == "PT409 recording_not_stored"


@pytest.mark.parametrize("first", ["the deletion", "the hold"])
def test_what_is_held_in_time_is_not_deleted(moves: Moves, admins: list[Caller], first: str) -> None:
    recording = record(moves, f"held, {first} first")
    acts = [admins[0].act(DELETE, recording), admins[1].act(HOLD, recording)]
    came = interleaved(*(acts if first == "the deletion" else acts[::-1]))
    assert came.waited
    if first == "the hold":
        assert came.second == "PT409 recording_held"
        assert state(moves, recording) == "waiting"
    else:
        assert state(moves, recording) == "deleted"


def test_a_hold_beside_the_end_of_its_days_counts(moves: Moves, workers: list[Caller], admins: list[Caller]) -> None:
    recording = record(moves, "held at the end of its days")
    with moves.database.connect() as owner:
        owner.execute("update public.recordings set started_at = now() - interval '91 days' where id = %s", [recording])
    came = interleaved(admins[0].act(HOLD, recording), workers[0].act(CLAIM_REMOVAL, "me"))
    assert (came.first, came.waited) == (recording, True)
    assert state(moves, recording) == "waiting"


def recordings_of(moves: Moves, calls: str) -> list[Any]:
    with moves.database.connect() as owner:
        return column(
            owner,
            """select to_jsonb(r) - array['created_at', 'updated_at', 'state', 'reason', 'content_type', 'size_bytes',
                'sha256', 'stored_at', 'deleted_at', 'is_held'] || jsonb_build_object('url', s.url)
            from public.recordings r join private.recording_sources s on s.recording_id = r.id
            join public.calls c on c.id = r.call_id
            where r.integration_id = %s and c.provider_call_id like %s order by r.id""",
            moves.account,
            calls,
        )


def test_two_pages_and_the_door_make_one_recording(moves: Moves, workers: list[Caller], webhooks: Any) -> None:
    jobs: list[UUID] = [start_job(moves.database, moves.account) for _ in range(2)]
    for turn in range(10):
        number, e164 = moves.number()
        moves.give(number, "A", hours_ago(48))
        calls = [f"one recording {turn} {at}" for at in range(4)]
        pages = [
            [
                listed(
                    call, hours_ago(1), e164, callRecord={"fileName": "a", "uri": f"https://audio.example.com/{call}"}
                )
                for call in (calls if page == 0 else calls[::-1])
            ]
            for page in range(2)
        ]
        told = [
            event("CallRecordingReady", call, hours_ago(1), RecordingLink="https://audio.example.com/event")
            for call in calls
        ]
        at_once(
            *(partial(apply_page, workers[at].connection, jobs[at], RECEIVED, page) for at, page in enumerate(pages)),
            partial(deliver, webhooks, moves.account, RECEIVED, *told),
        )
        with moves.database.connect() as owner:
            query = "select count(*) from public.recordings r join public.calls c on c.id = r.call_id"
            assert one(owner, f"{query} where c.business_number = %s", e164) == len(calls)
    written, recordings = rows(moves), recordings_of(moves, "one recording%")
    assert rows_rebuilt(moves) == written
    assert recordings_of(moves, "one recording%") == recordings


@pytest.mark.parametrize("first", ["the page", "the tombstone"])
def test_a_page_and_the_news_that_a_call_is_gone_agree_on_what_was_observed_last(
    moves: Moves, workers: list[Caller], first: str
) -> None:
    _, e164 = moves.number()
    jobs = [start_job(moves.database, moves.account) for _ in range(2)]
    call = f"gone and back, {first} first"
    apply_page(workers[0].connection, jobs[0], hours_ago(5), [listed(call, hours_ago(6), e164)])
    bury = "select private.apply_missing_calls(%s, %s, %s, %s, now())"
    gone = workers[1].act(bury, jobs[1], WORKER, [call], hours_ago(3))
    apply = "select new_items from private.apply_page(%s, %s, %s, %s, null, null, true, now())"
    missed = listed(call, hours_ago(6), e164, callStatus="Missed")
    page = workers[0].act(apply, jobs[0], WORKER, [missed], hours_ago(2))
    interleaved(*((page, gone) if first == "the page" else (gone, page)))
    with moves.database.connect() as owner:
        query = "select deleted_at is null from public.calls where provider_call_id = %s"
        assert one(owner, query, call) is True
    written = rows(moves)
    assert rows_rebuilt(moves) == written
