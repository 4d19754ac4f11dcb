import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.text import Text

from devstack.daemon import Daemon

_POLL_SECONDS = 0.2


class Log(Protocol):
    """Something that grows by lines."""

    def last_lines(self) -> Iterable[str]:
        """Read its end."""

    def new_lines(self) -> Iterable[str]:
        """Read what was added since the last look."""


@dataclass
class DaemonLog:
    """What a part of the stack printed."""

    daemon: Daemon
    lines: int = 20
    """How many make up its end."""
    _seen: int = field(default=0, init=False)

    def last_lines(self) -> Iterable[str]:
        """Read its end."""
        log = self.daemon.log
        self._seen = log.stat().st_size if log.exists() else 0
        return self.daemon.last_lines(self.lines)

    def new_lines(self) -> Iterable[str]:
        """Read the whole lines that were added since the last look."""
        log = self.daemon.log
        if not log.exists():
            return []
        # A smaller file is a new one.
        start = self._seen if log.stat().st_size >= self._seen else 0
        with log.open("rb") as file:
            file.seek(start)
            whole, end, _ = file.read().rpartition(b"\n")
        self._seen = start + len(whole) + len(end)
        return whole.decode(errors="replace").splitlines()


def show_logs(console: Console, logs: Mapping[str, Log], *, follow: bool) -> None:
    """Print the ends of the logs, by their names, and, when following, what is added until interrupted."""
    for name, log in logs.items():
        _print(console, name, log.last_lines())
    while follow:
        time.sleep(_POLL_SECONDS)
        for name, log in logs.items():
            _print(console, name, log.new_lines())


def _print(console: Console, name: str, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(Text.assemble((f"{name:>9} ", "cyan"), line), soft_wrap=True)
