import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Say = Callable[[str], None]


class Narrator:
    """Tells on a terminal what is being done, and afterwards how long it took."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Say]:
        """Show a step while it lasts; what is said meanwhile stands beside its title."""
        begun = time.monotonic()
        said = ""

        def say(words: str) -> None:
            nonlocal said
            said = words
            status.update(f"{title} [dim]{words}[/]")

        with self._console.status(title) as status:
            try:
                yield say
            except BaseException:
                self._console.print(f"[red]✗[/] {title}")
                raise
        took = f"{time.monotonic() - begun:.1f} s"
        self._console.print(f"[green]✓[/] {title} [dim]{', '.join(filter(None, [said, took]))}[/]", highlight=False)
