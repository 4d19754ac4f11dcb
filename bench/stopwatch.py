"""How long a piece of work takes by the clock on the wall."""

import time
from collections.abc import Callable


def milliseconds_of(work: Callable[[], object]) -> float:
    """Do it once and return the milliseconds it took."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def fastest_of(times: int, work: Callable[[], object]) -> float:
    """Do it so many times and return the milliseconds of the fastest, which the machine's other work delayed least."""
    return min(milliseconds_of(work) for _ in range(times))


def rate_of(things: int, work: Callable[[], object]) -> float:
    """Do it once and return how many things per second it came to."""
    return things * 1000 / milliseconds_of(work)
