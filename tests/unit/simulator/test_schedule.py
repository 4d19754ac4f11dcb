import logging
from datetime import timedelta
from functools import partial
from threading import Event

import pytest

from simulator.clock import ManualClock, system_clock
from simulator.schedule import Schedule


def test_actions_run_in_order_when_they_are_due(clock: ManualClock) -> None:
    schedule, done = Schedule(clock), list[str]()
    for name, seconds in (("later", 5), ("first", 1), ("second", 1), ("past", -1)):
        schedule.at(clock.now + timedelta(seconds=seconds), partial(done.append, name))
    assert schedule.run_due() == 1
    clock.advance(seconds=1)
    assert schedule.run_due() == 2
    assert done == ["past", "first", "second"]
    clock.advance(seconds=4)
    assert schedule.run_due() == 1


def test_a_failing_action_is_logged_and_stops_nothing(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    schedule, done = Schedule(clock), list[str]()
    schedule.at(clock.now, partial(done.pop, 0))
    schedule.at(clock.now, partial(done.append, "next"))
    with caplog.at_level(logging.ERROR):
        schedule.run_due()
    assert done == ["next"]
    assert "failed" in caplog.text


def test_the_thread_runs_what_comes_due_and_stops() -> None:
    schedule, done = Schedule(system_clock), Event()
    schedule.start()
    schedule.at(system_clock() + timedelta(milliseconds=20), done.set)
    assert done.wait(60)
    schedule.stop()
