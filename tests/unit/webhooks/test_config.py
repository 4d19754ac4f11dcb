import subprocess
import sys
from pathlib import Path

import pytest

from credentials import generate_keypair
from settings import ConfigurationError
from webhooks.config import Config

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
        "WEBHOOKS_CONNECTIONS": "many",
        "WEBHOOKS_SECRETS_TTL_SECONDS": "-1",
    }
    with pytest.raises(ConfigurationError) as caught:
        Config.load(wrong)
    named = [problem.split()[0] for problem in caught.value.problems]
    assert named == [
        "WEBHOOKS_DATABASE_URL",
        "CREDENTIALS_KEYS",
        "WEBHOOKS_PORT",
        "WEBHOOKS_CONNECTIONS",
        "WEBHOOKS_SECRETS_TTL_SECONDS",
    ]


def test_the_api_has_an_address_or_is_not_there() -> None:
    assert Config.load(GOOD).rest_url is None
    api = GOOD | {"WEBHOOKS_REST_URL": "https://project.supabase.co/rest/v1/", "WEBHOOKS_REST_KEY": "sb_publishable_x"}
    config = Config.load(api)
    assert config.rest_url == "https://project.supabase.co/rest/v1"
    assert config.rest_key is not None
    assert config.rest_key.get_secret_value() == "sb_publishable_x"
    assert "sb_publishable_x" not in repr(config)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "postgrest",
            "postgrest:3000",
            "ftp://host",
            "https://",
            "https:///rest/v1",
            "https://host:port",
            "https://[",
        ),
        *("https://user:hunter2@host", "https://host/?a=b", "https://host/#a", "https://host:99999"),
    ],
)
def test_an_address_that_is_none_is_named_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.load(GOOD | {"WEBHOOKS_REST_URL": url})
    assert caught.value.problems == ("WEBHOOKS_REST_URL is malformed: should look like https://host/rest/v1",)


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
