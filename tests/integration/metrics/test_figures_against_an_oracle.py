"""Whatever calls there are and whatever becomes of them: each figure is what its definition makes of the rows."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from tests.integration.metrics import answers, stories
from tests.integration.metrics.place import Hand, Place, any_id, read_tables
from tests.support import fuzz
from tools.scratch import Database, ScratchCluster

QUESTIONS = 6


@pytest.fixture(scope="module")
def hand(cluster: ScratchCluster, migrated: Database) -> Iterator[Hand]:
    """One database for all examples; each of them is undone."""
    with cluster.database(migrated.name) as database, psycopg.connect(database.url()) as connection:
        yield Hand(connection, Place.arrange(connection))
        connection.rollback()


def now(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("select now()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at.astimezone(UTC)


def test_every_figure_is_what_its_definition_makes_of_the_rows(hand: Hand) -> None:
    moment = now(hand.connection)

    @fuzz.examples(12)
    @given(data=st.data())
    def hold(data: st.DataObject) -> None:
        setting = data.draw(stories.settings(moment))
        dice = random.Random(0)  # noqa: S311
        with hand.connection.transaction(force_rollback=True):
            hand.move_house(hand.place.organizations["acme"], setting.zone.key)
            before = data.draw(stories.beginnings(setting))
            for _ in range(data.draw(st.integers(1, 3))):
                acts, before = before + data.draw(stories.batches(setting)), []
                for act in acts:
                    stories.happen(hand, act, lambda: any_id(dice))
                tables = read_tables(hand.connection)
                for wish in data.draw(st.lists(stories.wishes(setting), min_size=1, max_size=QUESTIONS)):
                    note(f"{wish}, {wish.narrowed(hand.place)}")
                    answers.compare_all(hand.connection, hand.place, tables, wish)

    hold()
