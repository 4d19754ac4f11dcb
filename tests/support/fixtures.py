"""Fixtures of the tests that run against the real parts.

`database` is a test's own; `postgrest`, `webhook_app` and `people` work on it. `stack` is one for the whole session,
with a database of its own: its tests bring their own organizations.
"""

import signal
import threading
from collections.abc import Iterator

import pytest

from tests.support import programs
from tests.support.people import People
from tests.support.postgres import migrate
from tests.support.programs import Door, Stack
from tests.support.tokens import Tokens
from tools.scratch import Database, ScratchCluster


def pytest_configure() -> None:
    """Let a run that is asked to end, as by `kill` or `timeout`, stop what it started, as Ctrl-C does."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def cluster() -> Iterator[ScratchCluster]:
    """The session's Postgres cluster."""
    with ScratchCluster.running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated(cluster: ScratchCluster) -> Database:
    """The database that every test's database is a copy of; nobody stays connected to it."""
    return migrate(cluster)


@pytest.fixture(scope="session")
def jwt(cluster: ScratchCluster) -> Tokens:
    """Mints tokens that PostgREST believes: `jwt(user_id, aal="aal2")`."""
    return Tokens(cluster.keys.jwt_secret)


@pytest.fixture
def database(cluster: ScratchCluster, migrated: Database) -> Iterator[Database]:
    """A migrated database of the test's own."""
    with cluster.database(migrated.name) as database:
        yield database


@pytest.fixture
def people(database: Database) -> People:
    """Makes people, organizations, numbers and lines in the test's database."""
    return People(database)


@pytest.fixture
def postgrest(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    """PostgREST on the test's database."""
    with programs.postgrest(cluster, database) as door:
        yield door


@pytest.fixture
def webhook_app(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    """The webhook app on the test's database."""
    with programs.webhook_app(cluster, database) as door:
        yield door


@pytest.fixture
def simulator(cluster: ScratchCluster) -> Iterator[Door]:
    """A simulator of the test's own, still without accounts."""
    with programs.simulator(cluster) as door:
        yield door


@pytest.fixture(scope="session")
def stack(cluster: ScratchCluster, migrated: Database) -> Iterator[Stack]:
    """Everything that answers requests, behind the gateway."""
    with cluster.database(migrated.name) as database, programs.whole_stack(cluster, database) as stack:
        yield stack
