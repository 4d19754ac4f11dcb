"""Whatever calls there are and whatever becomes of them: each figure is what its definition makes of the rows."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import given, note
from hypothesis import strategies as st

from tests.integration.metrics import answers, breakdowns, stories, traffic
from tests.integration.metrics.place import Hand, any_id, ids, read_tables, told
from tests.support import fuzz

QUESTIONS = 8
some_functions = st.lists(st.sampled_from(answers.ASKED), min_size=2, max_size=4, unique=True)


def now(connection: psycopg.Connection[Any]) -> datetime:
    row = connection.execute("select now()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at.astimezone(UTC)


def test_every_figure_is_what_its_definition_makes_of_the_rows(hand: Hand) -> None:
    moment = now(hand.connection)

    @fuzz.examples(20)
    @given(data=st.data())
    def hold(data: st.DataObject) -> None:
        setting = data.draw(stories.settings(moment))
        new_id = ids()
        with hand.connection.transaction(force_rollback=True):
            hand.move_house(hand.place.organizations["acme"], setting.zone.key)
            before = data.draw(stories.beginnings(setting))
            for _ in range(data.draw(st.integers(1, 3))):
                acts, before = before + data.draw(stories.batches(setting)), []
                for act in acts:
                    stories.happen(hand, act, new_id)
                tables = read_tables(hand.connection)
                answers.compare_listings(
                    hand.connection,
                    hand.place,
                    tables,
                    data.draw(st.sampled_from([*hand.place.callers, *answers.WORKERS])),
                )
                for wish in data.draw(st.lists(stories.wishes(setting), min_size=1, max_size=QUESTIONS)):
                    note(f"{wish}, {wish.narrowed(hand.place)}")
                    answers.compare(hand.connection, hand.place, tables, wish, data.draw(some_functions))

    hold()


def test_a_day_or_an_hour_is_unusual_as_its_definition_makes_of_the_rows(hand: Hand) -> None:
    moment = now(hand.connection)

    @fuzz.examples(4)
    @given(
        setting=stories.settings(moment),
        seed=st.integers(0, 2**32),
        asked=st.sampled_from(["viewer", "manager", "agent", "platform_admin", "of_both"]),
        grain=st.sampled_from(["day", "hour"]),
        span=st.tuples(st.integers(-60 * 96, 96), st.integers(1, 96 * 3)),
        of=st.sampled_from(["acme", "acme", None]),
        folds=st.booleans(),
    )
    def hold(
        setting: stories.Setting,
        seed: int,
        asked: str,
        grain: str,
        span: tuple[int, int],
        of: str | None,
        *,
        folds: bool,
    ) -> None:
        dice = random.Random(seed)  # noqa: S311
        place = hand.place
        with hand.connection.transaction(force_rollback=True):
            hand.move_house(place.organizations["acme"], setting.zone.key)
            # Of each week's hours a few have calls enough to tell something.
            busy = [dice.randrange(24) for _ in range(2)]
            begin = setting.anchor + timedelta(minutes=15 * span[0])
            for day in range(-dice.choice([58, 70, 90]), 4):
                starts = [
                    begin + timedelta(days=day, hours=dice.choice(busy), minutes=dice.randrange(60)) for _ in range(16)
                ]
                hand.add_calls(
                    [
                        {"id": any_id(dice), "started_at": at}
                        | traffic.facts(dice)
                        | stories.housed(place, (dice.choice(["a1", "a1", "a2", "acme"]), dice.sample(range(8), 1)))
                        for at in starts[: dice.choice([12, 12, 12, 12, 13, 14, 16, 2])]
                    ]
                )
            while folds and hand.fold(1000):
                pass
            tables = read_tables(hand.connection)
            caller = place.callers[asked]
            end = begin + timedelta(minutes=15 * span[1])
            question = place.ask(tables, caller, of, begin, end)
            if grain == "hour" and breakdowns.merges_hours(question):
                return
            rows = told(
                hand.connection,
                caller,
                "kpi_unusual",
                p_org_id=of and place.organizations[of],
                p_from=begin,
                p_to=end,
                p_grain=grain,
            )
            assert not isinstance(rows, str)
            answers.check_unusual(rows, tables, question, grain)

    hold()
