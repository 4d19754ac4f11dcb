"""How long a piece of work takes by the clock on the wall, and how long a process has computed."""

import time
from collections.abc import Callable
from pathlib import Path


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


def cpu_milliseconds(process: int) -> float:
    """Return for how long a process has computed since it was born."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1_000_000


def watched(process: int, work: Callable[[], float], cpu: list[float]) -> float:
    """Do it once, note for how many milliseconds a process computed meanwhile, and return what it returns."""
    before = cpu_milliseconds(process)
    figure = work()
    cpu.append(cpu_milliseconds(process) - before)
    return figure
