"""The Makefile promises only what there is."""

import re
import subprocess
import sys

import pytest

from devstack.layout import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text()
COMMANDS = sorted(
    {f"devstack {name}" for name in re.findall(r"\$\(stack\) ([a-z-]+)", MAKEFILE)}
    | set(re.findall(r"\$\(python\) -m (bench)\b", MAKEFILE))
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_target_runs_a_command_that_exists(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), "--help"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_help_lists_every_target() -> None:
    done = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60)
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE)) == targets
    assert {"up", "down", "reset", "logs", "status", "demo", "test", "lint", "format", "migration"} <= targets
