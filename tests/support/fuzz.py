"""How many examples the tests that fuzz try, and how many they have tried, told at the end of the run.

`VICTORYSYNC_FUZZ_EXAMPLES=5000` makes each of them try so many; without it they are done within a minute, all together.
"""

import os
import secrets
from collections import Counter, defaultdict
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

FLAG: Final = "VICTORYSYNC_FUZZ_EXAMPLES"

# How long an example takes depends on what else the machine does.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

_tried = defaultdict[str, Counter[str]](Counter)


def examples(usual: int) -> settings:
    """Return the settings of a test that usually tries so many examples."""
    return settings(
        max_examples=int(os.environ.get(FLAG) or usual),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # What explains a failure tries hundreds of examples more, each through real parts.
        phases=set(Phase) - {Phase.explain},
        report_multiple_bugs=False,
    )


def seed() -> int:
    """Return a seed: another one each time, and in continuous integration always the same."""
    return 1 if os.environ.get("CI") == "true" else secrets.randbelow(1_000_000)


def tried(what: str, outcome: str) -> None:
    """Count an example that was tried, and what became of it."""
    _tried[what][outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried, and what became of it."""
    if not _tried:
        return
    terminalreporter.section("fuzzing")
    for what, outcomes in sorted(_tried.items()):
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))
        terminalreporter.write_line(f"{what}: {outcomes.total():,} examples ({told})")
