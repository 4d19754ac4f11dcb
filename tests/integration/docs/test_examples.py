"""Every command of docs/api.md is run as it stands there, and answered as it is shown."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.docs import document
from tests.integration.docs.answers import differences
from tests.integration.docs.document import Answer, Example
from tests.integration.docs.scene import Scene
from tests.support.programs import Stack

DOCUMENT = document.load()

EXAMPLES = [pytest.param(example, id=f"{example.anchor}:{example.line}") for example in DOCUMENT.examples]


@pytest.mark.usefixtures("platform_settings")
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_answered_as_shown(stack: Stack, tmp_path: Path, example: Example) -> None:
    variables = Scene(stack).variables(used(example.command + example.answer.body))
    given = run(example.command, variables, tmp_path)
    found = differences(example.answer, given, variables)
    assert not found, "\n".join([f"docs/api.md, line {example.line}:", *found, given.body])


def test_every_command_is_an_example() -> None:
    for example in DOCUMENT.examples:
        assert re.findall(r"^curl ", example.command, re.MULTILINE) == ["curl "], example.line
    assert re.findall(r"^\s*curl .*", DOCUMENT.prose, re.MULTILINE) == []


def test_every_function_is_called() -> None:
    called = {name for example in DOCUMENT.examples for name in re.findall(r"/rpc/(\w+)", example.command)}
    assert called == DOCUMENT.entries("Functions").keys()


def test_every_variable_is_explained_and_used() -> None:
    everything = "".join(example.command + example.answer.body for example in DOCUMENT.examples)
    assert used(everything) == DOCUMENT.variables


def test_every_link_leads_somewhere() -> None:
    assert DOCUMENT.links - {heading.anchor for heading in DOCUMENT.headings} == set()


def used(text: str) -> set[str]:
    return set(re.findall(r"\$([A-Z_]+)", text))


def run(command: str, variables: dict[str, str], directory: Path) -> Answer:
    """Run a command in a shell that has these variables; curl additionally writes down the answer's head."""
    head = directory / "head"
    options = ["silent", "show-error", "noproxy = *", "max-time = 30", f"dump-header = {head}"]
    (directory / ".curlrc").write_text("\n".join(options))
    curl = shutil.which("curl")
    assert curl, "the examples need curl"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env={"PATH": os.environ["PATH"], "CURL_HOME": str(directory), "HOME": str(directory), **variables},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answered = head.read_text().replace("\r\n", "\n").strip()
    is_head = " --head " in command
    return Answer.parse(f"{answered}\n\n{'' if is_head else done.stdout}")
