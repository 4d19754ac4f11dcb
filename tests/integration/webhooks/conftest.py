from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.integration.webhooks.world import Integration, World
from tests.support import programs
from tests.support.programs import Door
from tools.scratch import Database, ScratchCluster


@pytest.fixture(scope="module")
def app_database(cluster: ScratchCluster, migrated: Database) -> Iterator[Database]:
    """A database for all tests of a module: each brings its own integrations."""
    with cluster.database(migrated.name) as database:
        yield database


@pytest.fixture(scope="module")
def app(cluster: ScratchCluster, app_database: Database) -> Iterator[Door]:
    with programs.webhook_app(cluster, app_database) as door:
        yield door


@pytest.fixture
def world(app_database: Database, app: Door) -> World:
    """The database with the app before it."""
    return World(app_database, app.port)


@pytest.fixture
def integration(world: World) -> Integration:
    return world.integrate()


@pytest.fixture
def stranger(integration: Integration) -> Integration:
    """Somebody with the right address and another secret."""
    return replace(integration, secret=b"another secret")
