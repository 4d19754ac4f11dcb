import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from devstack.daemon import Daemon, State
from devstack.errors import PartFailedError

Probe = Callable[[], str | None]
"""Looks whether a part is healthy; returns None when it is, else what is wrong."""

T = TypeVar("T")

_POLL_SECONDS = 0.05


def wait_for(look: Callable[[], T | None], seconds: float, every: float = _POLL_SECONDS) -> T | None:
    """Look again and again until there is something; None when there was nothing in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None or time.monotonic() > deadline:
            return found
        time.sleep(every)


def wait_until_healthy(daemon: Daemon, probe: Probe, seconds: float = 60) -> None:
    """Wait until a started program answers as it should.

    Raises:
        PartFailedError: it died, or was not healthy in time; with the last lines it printed.
    """
    deadline = time.monotonic() + seconds
    while True:
        if daemon.state is not State.RUNNING:
            raise PartFailedError(daemon.name, "died while it was started", daemon.last_lines())
        wrong = probe()
        if wrong is None:
            return
        if time.monotonic() > deadline:
            reason = f"was not healthy within {seconds:.0f} seconds ({wrong})"
            raise PartFailedError(daemon.name, reason, daemon.last_lines())
        time.sleep(_POLL_SECONDS)


def http_probe(url: str, headers: dict[str, str] | None = None) -> Probe:
    """Make a probe that wants a 2xx answer."""

    def probe() -> str | None:
        try:
            answer = httpx.get(url, headers=headers, timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            return f"{url}: {error}"
        return None if answer.is_success else f"{url}: HTTP {answer.status_code}"

    return probe
