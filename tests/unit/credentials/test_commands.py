import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from credentials import KeyRing, generate_keypair
from credentials.__main__ import main
from credentials.sealing import decode_key

ROOT = Path(__file__).parents[3]
INTEGRATION = "0f8fad5b-d9cb-469f-a165-70867728950e"
USE = ["--organization", "platform", "--integration", INTEGRATION, "--purpose", "api_key"]


def _run(*arguments: str, secret: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "credentials", *arguments],
        input=secret,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        check=False,
    )


def test_keygen_prints_an_entry_and_its_public_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keygen"]) == 0
    printed = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
    current = KeyRing.parse(printed["CREDENTIALS_KEYS"]).current
    assert printed["CREDENTIALS_PUBLIC_KEY"] == current.public_entry


def test_seal_reads_the_secret_from_standard_input() -> None:
    key = generate_keypair()
    finished = _run("seal", *USE, secret="a secret\n", CREDENTIALS_KEYS=key.private_entry)
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert answer["key_id"] == key.key_id
    assert "a secret" not in finished.stdout
    opened = KeyRing(key).open(
        answer["key_id"],
        b64decode(answer["sealed"]),
        organization="platform",
        integration_id=INTEGRATION,
        purpose="api_key",
    )
    assert opened == b"a secret"


def test_seal_needs_only_a_public_key() -> None:
    key = generate_keypair()
    finished = _run("seal", *USE, "--public-key", key.public_entry, secret="a secret")
    assert json.loads(finished.stdout)["key_id"] == key.key_id


@pytest.mark.parametrize("entry", ["", "key", ":", "key:", "key:AAAA", f":{'A' * 43}"])
def test_seal_refuses_what_is_no_public_key(entry: str) -> None:
    finished = _run("seal", *USE, "--public-key", entry, secret="a secret")
    assert finished.returncode == 1
    assert finished.stderr.startswith("seal: ")
    assert "Traceback" not in finished.stderr


def test_seal_refuses_an_empty_secret() -> None:
    finished = _run("seal", *USE, "--public-key", generate_keypair().public_entry, secret="\n")
    assert finished.returncode == 1
    assert finished.stderr == "seal: there is no secret on standard input\n"


def test_a_command_names_every_missing_variable_and_exits_with_2() -> None:
    finished = _run("rotate")
    assert finished.returncode == 2
    assert "SYNC_DATABASE_URL is missing" in finished.stderr
    assert "CREDENTIALS_KEYS is missing" in finished.stderr


def test_rotate_reports_an_unreachable_database_without_a_traceback() -> None:
    key = generate_keypair()
    finished = _run(
        "rotate",
        SYNC_DATABASE_URL="postgresql://sync:hunter2@127.0.0.1:1/app",
        CREDENTIALS_KEYS=key.private_entry,
    )
    assert finished.returncode == 1
    assert finished.stderr.startswith("rotate: ")
    assert "hunter2" not in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_public_entry_is_the_public_half() -> None:
    key = generate_keypair()
    assert decode_key(key.public_entry.partition(":")[2]) == key.public
