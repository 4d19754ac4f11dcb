"""Fixtures of the tests that run against the real parts."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import Database, Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's Postgres cluster."""
    with Postgres.running() as postgres:
        yield postgres


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> Database:
    """The database that every test's database is a copy of; nobody stays connected to it."""
    return postgres.migrate()


@pytest.fixture
def database(postgres: Postgres, migrated: Database) -> Iterator[Database]:
    """A migrated database of the test's own."""
    with postgres.database(migrated.name) as database:
        yield database
