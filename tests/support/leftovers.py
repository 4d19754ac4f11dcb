"""Programs that a test starts by itself, written down so that the next run ends them should this one be killed."""

import atexit
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

from devstack.daemon import birth_of
from devstack.layout import Layout
from tools.scratch import own


def write_down(name: str, pid: int) -> None:
    """Write down a program that leads a session of its own."""
    record = {"pid": pid, "birth": birth_of(pid) or "stillborn", "fingerprint": ""}
    (_directory() / f"{name}-{pid}.pid").write_text(json.dumps(record))


@cache
def _directory() -> Path:
    layout = Layout.default()
    layout.create()
    directory = Path(tempfile.mkdtemp(dir=layout.scratch))
    own(directory)
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory
