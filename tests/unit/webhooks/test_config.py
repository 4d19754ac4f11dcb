import subprocess
import sys
from pathlib import Path

import pytest

from credentials import generate_keypair
from settings import ConfigurationError
from webhooks import Config

ROOT = Path(__file__).parents[3]
KEY = generate_keypair()
GOOD = {
    "WEBHOOKS_DATABASE_URL": "postgresql://webhooks:hunter2@localhost/postgres",
    "CREDENTIALS_KEYS": KEY.private_entry,
}


def test_two_variables_are_enough() -> None:
    config = Config.load(GOOD)
    assert (config.host, config.port, config.credentials_keys.current) == ("127.0.0.1", 8000, KEY)


def test_everything_wrong_is_named_at_once() -> None:
    wrong = {
        "CREDENTIALS_KEYS": "x",
        "WEBHOOKS_PORT": "0",
        "WEBHOOKS_THREADS": "many",
        "WEBHOOKS_SECRETS_TTL_SECONDS": "-1",
    }
    with pytest.raises(ConfigurationError) as caught:
        Config.load(wrong)
    named = [problem.split()[0] for problem in caught.value.problems]
    assert named == [
        "WEBHOOKS_DATABASE_URL",
        "CREDENTIALS_KEYS",
        "WEBHOOKS_PORT",
        "WEBHOOKS_THREADS",
        "WEBHOOKS_SECRETS_TTL_SECONDS",
    ]


def test_no_secret_is_in_the_printed_form() -> None:
    printed = repr(Config.load(GOOD))
    assert "hunter2" not in printed
    assert KEY.private_entry.partition(":")[2] not in printed


def test_the_program_prints_what_is_wrong_and_exits_with_2() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "webhooks"], env={}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == 2
    assert "WEBHOOKS_DATABASE_URL is missing" in finished.stderr
    assert "CREDENTIALS_KEYS is missing" in finished.stderr
    assert "Traceback" not in finished.stderr
