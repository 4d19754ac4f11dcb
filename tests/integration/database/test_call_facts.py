"""A call's row is a function of what is known of it, not of the order in which it became known."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.database.doors import event, listed
from tests.integration.database.history import (
    CALLS,
    MOVING,
    START,
    Event,
    Fact,
    Statement,
    Step,
    Tombstone,
    flapping_histories,
    mixed_histories,
    orders,
    wandering_histories,
)
from tests.integration.database.scene import Scene
from tools.scratch import Database, ScratchCluster

thorough = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def connection(cluster: ScratchCluster, migrated: Database) -> Iterator[psycopg.Connection[Any]]:
    """One database for all examples; each of them is undone."""
    with cluster.database(migrated.name) as database, psycopg.connect(database.url()) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def scene(connection: psycopg.Connection[Any]) -> Scene:
    return Scene.set(connection)


def rows_after(scene: Scene, steps: list[Step]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The rows that the steps make, and those that a rebuild makes of what was kept."""
    with scene.connection.transaction(force_rollback=True):
        scene.hear(steps)
        heard = scene.rows()
        assert scene.misplaced() == []
        scene.rebuild()
        return heard, scene.rows()


def make_the_same_rows(scene: Scene, data: st.DataObject, history: list[Fact]) -> None:
    heard, rebuilt = rows_after(scene, [(fact,) for fact in history])
    assert rebuilt == heard
    heard_otherwise, rebuilt_otherwise = rows_after(scene, data.draw(orders(history)))
    assert heard_otherwise == heard
    assert rebuilt_otherwise == heard


@given(data=st.data(), history=mixed_histories())
@thorough
def test_facts_in_any_order_repetition_and_grouping_make_the_same_rows(
    scene: Scene, data: st.DataObject, history: list[Fact]
) -> None:
    make_the_same_rows(scene, data, history)


@given(data=st.data(), history=flapping_histories())
@thorough
def test_the_statement_observed_last_wins_whenever_it_was_heard(
    scene: Scene, data: st.DataObject, history: list[Fact]
) -> None:
    make_the_same_rows(scene, data, history)


@given(data=st.data(), history=wandering_histories())
@thorough
def test_calls_find_their_numbers_and_organizations_whenever_these_become_known(
    scene: Scene, data: st.DataObject, history: list[Fact]
) -> None:
    make_the_same_rows(scene, data, history)


def test_a_recorded_call_that_was_deleted_is_the_same_in_every_order(scene: Scene) -> None:
    numbers = {"From": "+12125550199", "To": MOVING}
    link = "https://records.example/1.wav"
    facts: list[Fact] = [
        Tombstone("platform", CALLS[0], START + timedelta(minutes=1)),
        Event("platform", event("CallRecordingReady", CALLS[0], START, RecordingLink=link), START),
        Event("platform", event("IncomingCall", CALLS[0], START, **numbers), START),
        Statement("platform", CALLS[0], listed(CALLS[0], START, MOVING), START),
    ]
    # The first two do not tell when the call was.
    for known, calls in ((facts[:1], 0), (facts[:2], 0), (facts[:3], 1), (facts, 1)):
        told = [rows for order in permutations(known) for rows in rows_after(scene, [(fact,) for fact in order])]
        assert [rows for rows in told if rows != told[0]] == []
        assert len(told[0]["calls"]) == calls
        assert {row["status"] for row in told[0]["events"]} <= {"applied"}
