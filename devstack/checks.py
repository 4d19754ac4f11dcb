"""Checks of a running stack: each is printed as it is made, PASS or FAIL."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.text import Text
from supabase_auth.errors import AuthError

from devstack.answers import WrongError


@dataclass(frozen=True)
class Check:
    """What was looked at, and what was wrong with it."""

    what: str
    failure: str | None = None
    """None: nothing."""


def checked(what: str, look: Callable[[], None]) -> Check:
    """Look at something and tell what was wrong with it."""
    try:
        look()
    except (WrongError, AuthError, httpx.HTTPError, ValueError, LookupError) as error:
        return Check(what, f"{error}" or type(error).__name__)
    return Check(what)


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
