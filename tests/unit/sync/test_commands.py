import subprocess
import sys

import pytest

from credentials import generate_keypair

ID = "00000000-0000-0000-0000-000000000001"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sync", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_missing_setting_stops_it_with_one_message() -> None:
    done = run("run")
    assert done.returncode == 2
    assert "SYNC_DATABASE_URL is missing" in done.stderr
    assert "CREDENTIALS_KEYS is missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("backfill", "--integration", "x", "--from", "2026-06-01", "--to", "2026-06-02"),
        ("backfill", "--integration", ID, "--from", "June", "--to", "2026-06-02"),
        ("backfill", "--integration", ID, "--from", "2026-06-01"),
        ("backfill", "--integration", ID, "--from", "2026-06-01", "--to", "2026-06-02", "--resource", "team"),
        ("one", "--integration", ID),
        ("replay",),
        ("replay", "--integration", ID, "--failed", "yes"),
    ],
)
def test_a_command_that_cannot_be_read_is_explained(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage: python -m sync" in done.stderr


def test_an_absent_database_is_said_readably() -> None:
    done = run(
        "run",
        SYNC_DATABASE_URL="postgresql://sync:the-password@127.0.0.1:1/postgres",
        CREDENTIALS_KEYS=generate_keypair().private_entry,
    )
    assert done.returncode == 1
    assert "the database cannot be reached" in done.stderr
    assert "the-password" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["backfill", "replay"])
def test_a_period_that_runs_backwards_is_refused(command: str) -> None:
    done = run(
        *(command, "--integration", ID, "--from", "2026-06-02", "--to", "2026-06-01"),
        SYNC_DATABASE_URL="postgresql://sync:the-password@127.0.0.1:1/postgres",
        CREDENTIALS_KEYS=generate_keypair().private_entry,
    )
    assert (done.returncode, done.stderr) == (2, "--to is before --from\n")
