"""Checks of a running stack: each is printed as it is made, PASS or FAIL."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text


@dataclass(frozen=True)
class Check:
    """What was looked at, and what was wrong with it."""

    what: str
    failure: str | None = None
    """None: nothing."""


def report(console: Console, checks: Iterable[Check]) -> bool:
    """Print every check as it comes and a sum at the end; tell whether all passed, and there were any."""
    made, failed = 0, 0
    for check in checks:
        made += 1
        failed += check.failure is not None
        word = Text("PASS", "green") if check.failure is None else Text("FAIL", "bold red")
        words = check.what if check.failure is None else f"{check.what}: {check.failure}"
        console.print(Text.assemble(word, "  ", words), soft_wrap=True)
    passed = made > 0 and failed == 0
    console.print(Text(f"{made} checks, {failed} failed", "green" if passed else "bold red"))
    return passed
