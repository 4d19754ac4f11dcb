"""Everything that changes calls and what judges them, over connections of their own, at the same time."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Final
from uuid import UUID

import psycopg

from tests.integration.metrics import stories
from tests.integration.metrics.place import LINES, Hand, Place, any_id
from tools.scratch import Database

_KEPT: Final = 60
"""Of so many calls a writer takes care; older ones it forgets, so that comparing stays quick."""
_DAYS: Final = 4


def facts(dice: random.Random) -> dict[str, Any]:
    """What is known of a call."""
    outcome = dice.choice(["answered", "answered", "missed", "missed", "voicemail", None])
    return {
        "direction": dice.choice(["inbound"] * 7 + ["outbound", "callback", "internal"]),
        "outcome": outcome,
        "wait_seconds": dice.choice(stories.WAITS),
        "talk_seconds": dice.choice([None, 0, 9, 10, 100]),
        "duration_seconds": dice.choice([None, 0, 30, 5000]),
        "is_dropped": outcome == "answered" and dice.random() < 0.3,
        "transfer_count": dice.choice([0, 0, 1]),
        "external_number": dice.choice(stories.NUMBERS),
    }


def home(place: Place, dice: random.Random) -> dict[str, Any]:
    """Whose a call is."""
    where = dice.choice([*LINES, "acme", "globex", "holding"])
    members = place.members[LINES.get(where, where)]
    return stories.housed(place, (where, dice.sample(range(8), dice.randrange(3)) if members else []))


def start(anchors: Sequence[datetime], dice: random.Random) -> datetime:
    """When a call starts: about one of these moments, and often at the edge of an hour."""
    about = dice.choice(
        [dice.randrange(-40, 12) * 900, dice.randrange(-_DAYS * 86400, 86400), dice.randrange(-900, 900)]
    )
    return dice.choice(anchors) + timedelta(seconds=about)


class Writer:
    """Writes calls of its own, several statements in a transaction now and then, some of which come to nothing."""

    def __init__(self, database: Database, place: Place, anchors: Sequence[datetime], seed: int) -> None:
        self._database = database
        self._place = place
        self._anchors = anchors
        self._dice = random.Random(seed)  # noqa: S311
        self._calls: list[UUID] = []
        self.written = Counter[str]()

    def run(self, stop: Event) -> None:
        """Write until it is time to stop."""
        with psycopg.connect(self._database.url()) as connection:
            hand = Hand(connection, self._place)
            while not stop.is_set():
                before = list(self._calls)
                for _ in range(self._dice.choice([1, 1, 1, 4])):
                    self._write(hand)
                    if self._dice.random() < 0.2:
                        stop.wait(self._dice.random() * 0.05)
                if self._dice.random() < 0.1:
                    connection.rollback()
                    self._calls = before
                    self.written["undone"] += 1
                else:
                    connection.commit()

    def _write(self, hand: Hand) -> None:
        dice = self._dice
        some = dice.sample(self._calls, min(len(self._calls), dice.choice([1, 1, 2, 8])))
        acts: dict[str, Callable[[], object]] = {
            "add": lambda: self._add(hand),
            "correct": lambda: hand.correct(some, facts(dice)),
            "move": lambda: hand.correct(some, home(self._place, dice)),
            "restart": lambda: hand.correct(some, {"started_at": start(self._anchors, dice)}),
            "bury": lambda: hand.correct(some, {"deleted_at": dice.choice([None, "2026-01-01T00:00:00Z"])}),
            "forget": lambda: self._forget(hand, some),
        }
        if len(self._calls) > _KEPT:
            some, kind = self._calls[: _KEPT // 2], "forget"
        elif not some or dice.random() < 0.4:
            kind = "add"
        else:
            kind = dice.choice(list(acts))
        acts[kind]()
        self.written[kind] += 1

    def _add(self, hand: Hand) -> None:
        dice = self._dice
        calls = [
            {"id": any_id(dice)} | facts(dice) | home(self._place, dice) | {"started_at": start(self._anchors, dice)}
            for _ in range(dice.choice([1, 3, 20]))
        ]
        hand.add_calls(calls)
        self._calls += [call["id"] for call in calls]

    def _forget(self, hand: Hand, some: Sequence[UUID]) -> None:
        hand.forget(some)
        self._calls = [call for call in self._calls if call not in set(some)]


class Administrator:
    """Changes zones, settings and holidays."""

    def __init__(self, database: Database, place: Place, anchors: Sequence[datetime], seed: int) -> None:
        self._database = database
        self._place = place
        self._days = [(at + timedelta(days=n)).date().isoformat() for at in anchors for n in range(-_DAYS, 2)]
        self._dice = random.Random(seed)  # noqa: S311
        self.written = Counter[str]()

    def run(self, stop: Event) -> None:
        """Change until it is time to stop."""
        dice = self._dice
        with psycopg.connect(self._database.url()) as connection:
            hand = Hand(connection, self._place)
            while not stop.wait(dice.random() * 0.2):
                org_id = self._place.organizations[dice.choice(["acme", "globex"])]
                acts: dict[str, Callable[[], object]] = {
                    "zone": lambda: hand.move_house(org_id, dice.choice(stories.ZONES)),  # noqa: B023
                    "settle": lambda: hand.settle(org_id, self._day(), self._settings()),  # noqa: B023
                    "unsettle": lambda: hand.drop_settings(org_id, dice.choice(self._days)),  # noqa: B023
                    "holiday": lambda: hand.keep_holiday(org_id, dice.choice(self._days), *self._span()),  # noqa: B023
                    "no holidays": lambda: hand.drop_holidays(org_id),  # noqa: B023
                }
                kind, act = dice.choice(list(acts.items()))
                act()
                stop.wait(dice.random() * 0.05)
                connection.commit()
                self.written[kind] += 1

    def _day(self) -> str:
        return self._dice.choice([*self._days, "-infinity"])

    def _span(self) -> Sequence[str | None]:
        return self._dice.choice([(None, None), ("09:00", "12:00"), ("00:00", "24:00")])

    def _settings(self) -> dict[str, Any]:
        dice = self._dice
        hours = [{"weekday": n, "opens": "09:00", "closes": "17:30"} for n in range(1, 8) if dice.random() < 0.8]
        return {
            "answer_within_seconds": dice.choice([1, 5, 20, 30, 3600]),
            "short_abandon_seconds": dice.choice([1, 5, 20, 60]),
            "excludes_short_abandons": dice.random() < 0.7,
            "business_hours": dice.choice([hours, hours, []]),
        }


class Folder:
    """Counts ahead what has changed, a little or a lot of it at a time."""

    def __init__(self, database: Database, place: Place, seed: int) -> None:
        self._database = database
        self._place = place
        self._dice = random.Random(seed)  # noqa: S311
        self.written = Counter[str]()

    def run(self, stop: Event) -> None:
        """Fold until it is time to stop."""
        with psycopg.connect(self._database.url()) as connection:
            hand = Hand(connection, self._place)
            while not stop.wait(self._dice.random() * 0.05):
                self.written["folded days"] += hand.fold(self._dice.choice([1, 2, 5, 1000]))
                if self._dice.random() < 0.1:
                    stop.wait(self._dice.random() * 0.1)
                connection.commit()


def wish(anchors: Sequence[datetime], dice: random.Random) -> stories.Wish:
    """A question of anybody, about hours and days in which calls are written."""
    begin = dice.choice(anchors) + timedelta(minutes=15 * dice.randrange(-8 * _DAYS, 40))
    if dice.random() < 0.5:
        begin = begin.replace(hour=0, minute=0)
    lasts = dice.choice([timedelta(hours=dice.randrange(1, 30)), timedelta(days=dice.randrange(1, 8))])
    return stories.Wish(
        asked=dice.choice(stories.ASKERS),
        begin=begin,
        end=begin + lasts,
        lines=dice.choice([None, None, None, tuple(dice.sample(list(LINES), dice.randrange(3)))]),
        members=dice.choice([None, None, None, tuple(("acme", n) for n in dice.sample(range(8), dice.randrange(3)))]),
        in_hours=dice.choice([None, None, True, False]),
        grain=dice.choice(["hour", "day", "day", "week"]),
    )
