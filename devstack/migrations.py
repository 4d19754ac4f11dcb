import os
import subprocess
from pathlib import Path

from devstack.distribution import SUPABASE_CLI
from devstack.errors import CommandFailedError
from devstack.layout import REPOSITORY


def apply_migrations(url: str, project: Path = REPOSITORY) -> str:
    """Apply the pending migrations of a project with the Supabase CLI, as on hosted Supabase.

    Args:
        url: connection string of role postgres.
        project: the directory that contains `supabase/`.

    Returns:
        What the CLI printed.

    Raises:
        CommandFailedError: a migration fails; with the CLI's words.
    """
    done = subprocess.run(
        [str(SUPABASE_CLI), "migration", "up", "--remote", url, "--yes", "--workdir", str(project)],
        env={**os.environ, "DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailedError("supabase migration up", done.stdout + done.stderr)
    return done.stdout + done.stderr
