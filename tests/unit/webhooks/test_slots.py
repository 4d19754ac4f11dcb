from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from webhooks.api_errors import BusyError
from webhooks.slots import Slots


def test_nobody_waits_for_a_place() -> None:
    slots = Slots(2)
    with ExitStack() as held:
        held.enter_context(slots.one())
        held.enter_context(slots.one())
        with pytest.raises(BusyError), slots.one():
            pass
    with slots.one():
        pass


def test_a_place_is_given_back_when_something_goes_wrong() -> None:
    slots = Slots(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), slots.one():
            raise ZeroDivisionError


def test_there_are_never_more_inside_than_places() -> None:
    slots, everybody = Slots(3), Barrier(8)

    def enter() -> bool:
        try:
            with slots.one():
                everybody.wait(30)
                return True
        except BusyError:
            everybody.wait(30)
            return False

    with ThreadPoolExecutor(8) as threads:
        entered = [each.result() for each in [threads.submit(enter) for _ in range(8)]]
    assert sorted(entered) == [False] * 5 + [True] * 3
