"""The guide to connecting an account names nothing that is not there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/mightycall-setup.md").read_text()
QUOTED = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL))
COMMANDS = sorted({tuple(found.split()) for found in re.findall(r"python -m\s+(\w+ \w+)", GUIDE)})
NOT_OURS = {"invalid_client"}


def names(pattern: str) -> set[str]:
    return {name for text in QUOTED for name in re.findall(pattern, text)}


def test_functions_tables_and_columns_are_in_the_schema() -> None:
    known = set(re.findall(r"\w+", "\n".join(path.read_text() for path in (ROOT / "sql").rglob("*.sql"))))
    named = names(r"\b[a-z]+(?:_[a-z0-9]+)+\b") - NOT_OURS
    assert len(named) > 40
    assert named <= known


def test_settings_are_settings() -> None:
    named = names(r"\b[A-Z]+(?:_[A-Z]+)+\b")
    known = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs/configuration.md").read_text()))
    assert named
    assert named <= known


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_are_there_with_their_options(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line in re.findall(rf"^python -m {' '.join(command)} (.+)$", GUIDE, re.MULTILINE):
        for option in re.findall(r"--[a-z-]+", line):
            assert option in done.stdout
