"""The world, the ways into it, one client per caller, and somebody who sees everything."""

from collections.abc import Iterator

import pytest

from tests.isolation import matrix
from tests.isolation.callers import Callers
from tests.isolation.doors import Door, HttpDoor, SqlDoor
from tests.isolation.results import LEGEND, Results
from tests.isolation.witness import Witness
from tests.isolation.world import World
from tests.support import programs
from tools.scratch import Database, ScratchCluster

RESULTS = pytest.StashKey[Results]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the outcomes."""
    config.stash[RESULTS] = Results(list(matrix.load().callers))


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Results:
    """The outcomes, printed at the end."""
    return pytestconfig.stash[RESULTS]


@pytest.fixture(scope="session")
def world_database(cluster: ScratchCluster, migrated: Database) -> Iterator[Database]:
    """The database that the world is in."""
    with cluster.database(migrated.name) as database:
        yield database


@pytest.fixture(scope="session")
def world(world_database: Database) -> World:
    """Everybody and everything, the same for all tests."""
    return World(world_database)


@pytest.fixture(scope="session")
def witness(world: World, world_database: Database) -> Iterator[Witness]:
    """Sees every row, and puts back what a test changed."""
    witness = Witness(world_database)
    yield witness
    witness.close()


@pytest.fixture
def nothing_changes(witness: Witness) -> Iterator[None]:
    """See to it that the test changed nothing in the database."""
    yield
    assert witness.effects_undone() == {}


@pytest.fixture(scope="session")
def rest(cluster: ScratchCluster, world_database: Database) -> Iterator[programs.Door]:
    """PostgREST on the world."""
    with programs.postgrest(cluster, world_database) as door:
        yield door


@pytest.fixture(scope="session")
def callers(world: World, rest: programs.Door, results: Results) -> Iterator[Callers]:
    """The callers' clients."""
    callers = Callers(world, rest, results)
    yield callers
    callers.close()


@pytest.fixture(scope="session")
def http(world: World, callers: Callers) -> Door:
    """The way by PostgREST."""
    return HttpDoor(world, callers)


@pytest.fixture(scope="session")
def sql(world: World, world_database: Database, results: Results) -> Iterator[Door]:
    """The way in Postgres itself."""
    door = SqlDoor(world, world_database, results)
    yield door
    door.close()


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Door:
    """One of the two, which the test names."""
    door: Door = request.getfixturevalue(request.param)
    return door


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the matrix as it was found."""
    results = config.stash[RESULTS]
    if not results.cells("sql") + results.cells("http"):
        return
    terminalreporter.section("permission matrix")
    for line in (*results.lines(), "", LEGEND):
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"{results.cells('sql')} cells tried over SQL and {results.cells('http')} over HTTP, {results.columns} columns "
        f"one by one; {results.statements} statements and {results.requests} requests in all."
    )
