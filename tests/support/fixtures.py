"""Fixtures of the tests that run against the real parts."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import migrate
from tools.scratch import Database, ScratchCluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[ScratchCluster]:
    """The session's Postgres cluster."""
    with ScratchCluster.running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated(cluster: ScratchCluster) -> Database:
    """The database that every test's database is a copy of; nobody stays connected to it."""
    return migrate(cluster)


@pytest.fixture
def database(cluster: ScratchCluster, migrated: Database) -> Iterator[Database]:
    """A migrated database of the test's own."""
    with cluster.database(migrated.name) as database:
        yield database
