"""The pinned Supabase CLI, as people run it against a hosted project."""

import os
import subprocess

from devstack.distribution import SUPABASE_CLI
from devstack.layout import REPOSITORY


def supabase(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the CLI in the repository, without a terminal and without telemetry."""
    return subprocess.run(
        [str(SUPABASE_CLI), *arguments, "--workdir", str(REPOSITORY)],
        env={**os.environ, "DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
