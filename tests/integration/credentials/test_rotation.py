"""`python -m credentials rotate` on the real database, as the role `sync`."""

import os
import subprocess
import sys
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from credentials import KeyPair, KeyRing, generate_keypair, seal
from credentials.rotation import Report, rotate
from tests.support.people import People
from tools.scratch import Database

OLD, NEW = generate_keypair(), generate_keypair()
RING = KeyRing(NEW, OLD)
PURPOSES = ("api_key", "user_key", "webhook_secret", "access_token")


def _secret(integration_id: UUID, purpose: str) -> bytes:
    return f"{purpose} of {integration_id}".encode()


class Stored:
    """Two integrations, one of them an organization's, with every kind of secret under the old key."""

    def __init__(self, database: Database) -> None:
        self.database = database
        people = People(database)
        org_id = people.organization()
        self.integrations = {people.integration(): "platform", people.integration(org_id): str(org_id)}
        for integration_id, organization in self.integrations.items():
            for purpose in PURPOSES:
                self.store(integration_id, purpose, OLD, organization)

    def store(self, integration_id: UUID, purpose: str, key: KeyPair, organization: str) -> None:
        sealed = seal(
            _secret(integration_id, purpose),
            key.public,
            organization=organization,
            integration_id=integration_id,
            purpose=purpose,
        )
        with self.database.connect() as connection:
            connection.execute(
                "insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)"
                " select org_id, id, %s, %s, %s from public.integrations where id = %s",
                [purpose, key.key_id, sealed, integration_id],
            )

    def open_all(self, *keys: KeyPair) -> int:
        """Open every secret with these keys alone and return how many there are."""
        with self.database.connect() as connection:
            rows = connection.execute(
                "select integration_id, purpose, key_id, sealed from private.integration_credentials"
            ).fetchall()
        for integration_id, purpose, key_id, sealed in rows:
            opened = KeyRing(*keys).open(
                key_id,
                sealed,
                organization=self.integrations[integration_id],
                integration_id=integration_id,
                purpose=purpose,
            )
            assert opened == _secret(integration_id, purpose)
        return len(rows)


@pytest.fixture
def stored(database: Database) -> Stored:
    return Stored(database)


def _connect(stored: Stored) -> "psycopg.Connection[tuple[object, ...]]":
    return stored.database.connect("sync", prepare_threshold=None)


def test_everything_is_sealed_under_the_new_key_and_a_second_time_changes_nothing(stored: Stored) -> None:
    with _connect(stored) as connection:
        assert rotate(connection, RING) == Report(resealed=8, overtaken=0, failed={})
        assert stored.open_all(NEW) == 8
        assert rotate(connection, RING) == Report(resealed=0, overtaken=0, failed={})


def test_an_interrupted_rotation_is_continued(stored: Stored) -> None:
    class Interrupted(KeyRing):
        """A ring that is taken away in the middle."""

        left = 3

        def open(self, key_id: str, sealed: bytes, **context: Any) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return super().open(key_id, sealed, **context)

    with _connect(stored) as connection:
        with pytest.raises(KeyboardInterrupt):
            rotate(connection, Interrupted(NEW, OLD))
        assert stored.open_all(NEW, OLD) == 8
        assert rotate(connection, RING).resealed == 5
        assert stored.open_all(NEW) == 8


def test_what_does_not_open_is_named_and_left_alone_while_the_rest_is_rotated(stored: Stored) -> None:
    lost, integration_id = generate_keypair(), next(iter(stored.integrations))
    stored.store(integration_id, "refresh_token", lost, "platform")
    with _connect(stored) as connection:
        report = rotate(connection, RING)
    assert (report.resealed, report.overtaken, len(report.failed)) == (8, 0, 1)
    assert lost.key_id in next(iter(report.failed.values()))
    assert stored.open_all(NEW, lost) == 9


def test_a_token_that_was_renewed_in_the_meantime_wins(stored: Stored) -> None:
    class Overtaken(KeyRing):
        """Whoever opens the token is too late: it has just been replaced."""

        def open(self, key_id: str, sealed: bytes, **context: Any) -> bytes:
            opened = super().open(key_id, sealed, **context)
            if context["purpose"] == "access_token" and context["organization"] == "platform":
                with stored.database.connect() as connection:
                    connection.execute(
                        "update private.integration_credentials set sealed = %s"
                        " where purpose = 'access_token' and integration_id = %s",
                        [seal(opened, OLD.public, **context), context["integration_id"]],
                    )
            return opened

    with _connect(stored) as connection:
        assert rotate(connection, Overtaken(NEW, OLD)) == Report(resealed=7, overtaken=1, failed={})
        assert rotate(connection, RING) == Report(resealed=1, overtaken=0, failed={})
    assert stored.open_all(NEW) == 8


def _run(stored: Stored, *keys: KeyPair) -> "subprocess.CompletedProcess[str]":
    environ = {
        "PATH": os.environ["PATH"],
        "SYNC_DATABASE_URL": stored.database.url("sync"),
        "CREDENTIALS_KEYS": " ".join(key.private_entry for key in keys),
    }
    command = [sys.executable, "-m", "credentials", "rotate"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_reports_counts(stored: Stored) -> None:
    finished = _run(stored, NEW, OLD)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "re-sealed 8, overtaken 0, failed 0\n", "")
    assert stored.open_all(NEW) == 8
    assert _run(stored, NEW).stdout == "re-sealed 0, overtaken 0, failed 0\n"


def test_the_command_fails_when_a_key_is_missing_and_prints_no_secret(stored: Stored) -> None:
    finished = _run(stored, NEW)
    assert finished.returncode == 1
    assert finished.stdout == "re-sealed 0, overtaken 0, failed 8\n"
    assert finished.stderr.count(f"no key with the id '{OLD.key_id}'") == 8
    assert stored.open_all(OLD) == 8


def test_an_integration_that_is_removed_takes_its_credentials_along(stored: Stored) -> None:
    """What the database promises the rotation: a replaced credential is one that exists."""
    with _connect(stored) as connection:
        replaced = connection.execute(
            "select private.replace_sealed(%s, %s, %s, %s)", [uuid4(), b"x" * 60, NEW.key_id, b"y" * 60]
        ).fetchone()
    assert replaced == (False,)
