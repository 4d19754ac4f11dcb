import time
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from devstack.part import Part

_POLL_SECONDS = 0.2


def show_logs(console: Console, parts: Iterable[Part], *, follow: bool, lines: int = 20) -> None:
    """Print the ends of the logs and, when following, what is added until interrupted."""
    sizes = {}
    for part in parts:
        log = part.daemon.log
        sizes[part.name] = (log, log.stat().st_size if log.exists() else 0)
        for line in part.daemon.last_lines(lines):
            _print(console, part.name, line)
    while follow:
        time.sleep(_POLL_SECONDS)
        for name, (log, seen) in sizes.items():
            if not log.exists():
                continue
            size = log.stat().st_size
            with log.open("rb") as file:
                # A smaller file is a new one.
                file.seek(seen if size >= seen else 0)
                added = file.read()
            whole = added.rpartition(b"\n")[0]
            sizes[name] = (log, (seen if size >= seen else 0) + (len(whole) + 1 if whole else 0))
            for line in whole.decode(errors="replace").splitlines():
                _print(console, name, line)


def _print(console: Console, name: str, line: str) -> None:
    console.print(Text.assemble((f"{name:>9} ", "cyan"), line), soft_wrap=True)
