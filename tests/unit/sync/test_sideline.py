from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, repeat
from threading import Event
from typing import Any

import pytest

from sync.errors import DatabaseAway, MailServerUnusable
from sync.routines import Routine
from sync.runtime import Runtime
from sync.sideline import Bounds, Chore, Sideline, Turn
from sync.store import Store

NOW = datetime(2026, 6, 5, 12, tzinfo=UTC)
NOTHING, DONE, FAILED = Turn.NOTHING_TO_DO, Turn.DONE, Turn.FAILED
DEADLINE_SECONDS = 30


@dataclass
class Scripted:
    """A chore whose turns come to what they are told, and to nothing when that is over."""

    script: Iterator[Turn | Exception]
    name: str = "chore"
    turns: int = 0

    def turn(self, _: Store) -> Turn:
        came_to = next(self.script, NOTHING)
        self.turns += 1
        if isinstance(came_to, Exception):
            raise came_to
        return came_to


def chore(*script: Turn | Exception, name: str = "chore") -> Scripted:
    return Scripted(iter(script), name)


@dataclass
class Said:
    """A reporter that remembers."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def says(self, event: str, **details: Any) -> None:
        self.events.append((event, details))

    def started(self, *_: object) -> None: ...
    def advanced(self, *_: object) -> None: ...
    def ended(self, *_: object) -> None: ...
    def close(self) -> None: ...


def runtime(is_stopping: Callable[[], bool] = lambda: False) -> Runtime:
    return Runtime(now=lambda: NOW, sleep=lambda _: None, random=lambda: 1, is_stopping=is_stopping)


def sideline(*chores: Chore, said: Said | None = None, **options: Any) -> Sideline:
    known: dict[str, Any] = {"runtime": runtime(), **options}
    # Chores of these tests use no store, and one that is not used does not connect.
    return Sideline(chores, Store("host=unused.invalid"), reporter=said or Said(), **known)


def run(*chores: Chore, **options: Any) -> int:
    line = sideline(*chores, **options)
    line.start()
    return line.finish()


def test_what_is_due_is_done_before_the_end() -> None:
    some, more = chore(*[DONE] * 5), chore(*[DONE] * 9)
    assert run(some, more) == 0
    assert some.turns > 5
    assert more.turns > 9


def test_what_comes_up_before_the_end_is_done() -> None:
    is_asked_again = Event()

    class Late(Scripted):
        def turn(self, _: Store) -> Turn:
            turn = super().turn(_)
            if self.turns == 2:
                is_asked_again.set()
            return turn

    late = Late(chain([NOTHING, NOTHING], [DONE] * 3))
    line = sideline(late)
    line.start()
    assert is_asked_again.wait(DEADLINE_SECONDS)
    assert line.finish() == 0
    assert next(late.script, None) is None


def test_failures_are_counted() -> None:
    assert run(chore(DONE, FAILED, DONE, FAILED), chore(FAILED)) == 3


@pytest.mark.parametrize("error", [MailServerUnusable("nobody answers"), DatabaseAway("gone")])
def test_a_chore_in_trouble_rests_and_the_others_go_on(error: Exception) -> None:
    said = Said()
    troubled, well = chore(DONE, error, DONE, name="post"), chore(*[DONE] * 5)
    assert run(troubled, well, said=said, monotonic=lambda: 0) == 1
    assert troubled.turns == 2
    assert well.turns > 5
    assert said.events == [("post_failed", {"error": str(error), "next_try_seconds": 5})]


def test_every_rest_is_longer_up_to_a_minute_and_success_forgets() -> None:
    said, away = Said(), MailServerUnusable("nobody answers")
    seconds = iter(range(0, 10**6, 100))
    troubled = chore(*[away] * 6, DONE, away)
    busy = chore(*[DONE] * 20)  # Otherwise the end comes with the first rest.
    assert run(troubled, busy, said=said, monotonic=lambda: next(seconds), bounds=Bounds(due=10**6)) == 7
    assert [details["next_try_seconds"] for _, details in said.events] == [5, 10, 20, 40, 60, 60, 5]


def test_an_unexpected_error_is_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said()
    assert run(chore(ZeroDivisionError("oh")), chore(DONE), said=said) == 1
    assert said.events[0][1]["error"] == "unexpected ZeroDivisionError: oh"
    assert "Traceback" in capsys.readouterr().err


class Hanging:
    """A chore that never comes back."""

    name = "hanging"

    def __init__(self) -> None:
        self.is_hanging, self.released = Event(), Event()

    def turn(self, _: Store) -> Turn:
        self.is_hanging.set()
        self.released.wait(DEADLINE_SECONDS)
        return NOTHING


@pytest.mark.parametrize("is_stopping", [False, True])
def test_what_hangs_is_left_behind(is_stopping: bool) -> None:
    said, hanging = Said(), Hanging()
    bounds = Bounds(due=0.1, piece=10**6 if is_stopping else 0.1, piece_when_stopping=0.1 if is_stopping else 10**6)
    asked = runtime(lambda: is_stopping and hanging.is_hanging.is_set())
    line = sideline(hanging, said=said, bounds=bounds, runtime=asked)
    line.start()
    assert hanging.is_hanging.wait(DEADLINE_SECONDS)
    assert line.finish() == 1
    assert said.events == [("sideline_left_behind", {})]
    hanging.released.set()


def test_work_without_end_ends_with_the_piece_in_hand() -> None:
    endless = Scripted(repeat(DONE))
    assert run(endless, bounds=Bounds(due=0.1)) == 0
    assert endless.turns > 0


def test_being_asked_to_end_it_begins_nothing_more() -> None:
    endless = Scripted(repeat(DONE))
    assert run(endless, runtime=runtime(lambda: endless.turns > 10)) == 0
    assert endless.turns == 11


def test_a_routine_goes_on_until_nothing_is_left_and_then_rests() -> None:
    said, left, seconds = Said(), [10_000, 7, 0, 0, 3, 0], [0.0]
    routine = Routine("sealing", lambda *_: left.pop(0), 5, runtime(), said, monotonic=lambda: seconds[0])
    store = Store("host=unused.invalid")
    assert [routine.turn(store) for _ in range(4)] == [DONE, DONE, NOTHING, NOTHING]
    assert left == [0, 3, 0]
    seconds[0] = 5
    assert [routine.turn(store) for _ in range(2)] == [NOTHING, NOTHING]
    seconds[0] = 10
    assert [routine.turn(store) for _ in range(3)] == [DONE, NOTHING, NOTHING]
    assert said.events == [("sealing", {"rows": rows}) for rows in (10_000, 7, 3)]


def test_the_time_of_several_is_counted_from_when_they_were_asked() -> None:
    seconds = [0.0]
    hanging = Hanging()
    line = sideline(hanging, bounds=Bounds(due=10, piece=0.1), monotonic=lambda: seconds[0])
    line.start()
    assert hanging.is_hanging.wait(DEADLINE_SECONDS)
    line.ask_to_finish()
    seconds[0] = 10
    assert line.finish() == 1
    hanging.released.set()
