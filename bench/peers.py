"""Programs that others use for the same job: what they need, installed into an environment of its own."""

import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path
from typing import Final

from devstack.layout import REPOSITORY

_EXTRA: Final = "bench"


def requirement(name: str) -> str:
    """Return a peer and its version, as the optional extra pins them."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    (pinned,) = (each for each in project["optional-dependencies"][_EXTRA] if re.split(r"\W", each)[0] == name)
    return str(pinned)


def installed(directory: Path, name: str) -> Path | None:
    """Make an environment with a peer and return its Python; none where that cannot be done, as without a network."""
    venv.create(directory, with_pip=True)
    python = directory / "bin/python"
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement(name)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(f"{requirement(name)} cannot be installed: this peer is left out\n")
        return None
    return python
