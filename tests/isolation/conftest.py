"""The world over HTTP: PostgREST, one client per caller, and somebody who sees everything."""

from collections.abc import Iterator

import httpx
import pytest
from postgrest import SyncPostgrestClient

from tests.isolation import matrix
from tests.isolation.matrix import Caller
from tests.isolation.results import LEGEND, Results
from tests.isolation.witness import Witness
from tests.isolation.world import World
from tests.support import programs
from tests.support.programs import Door
from tests.support.tokens import Tokens
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
def rest(cluster: ScratchCluster, world_database: Database) -> Iterator[Door]:
    """PostgREST on the world."""
    with programs.postgrest(cluster, world_database) as door:
        yield door


class Callers:
    """The callers' tokens and clients."""

    def __init__(self, world: World, rest: Door, results: Results) -> None:
        self._world = world
        self._rest = rest
        self._results = results
        self._clients: dict[str, httpx.Client] = {}

    @property
    def url(self) -> str:
        """Where PostgREST answers."""
        return self._rest.url

    @property
    def tokens(self) -> Tokens:
        """Mints tokens that PostgREST believes."""
        return self._rest.tokens

    def headers(self, caller: Caller) -> dict[str, str]:
        """Return what a caller sends to say who they are."""
        token = self._world.token(caller, self._rest.tokens)
        return {"authorization": f"Bearer {token}"} if token else {}

    def client(self, caller: Caller | str) -> httpx.Client:
        """Return a caller's client."""
        if isinstance(caller, str):
            caller = matrix.load().callers[caller]
        if caller.name not in self._clients:
            # PostgREST ends connections as it likes, and a request sent just then would be lost.
            client = self._rest.client({"connection": "close", **self.headers(caller)})
            client.event_hooks["response"].append(self._count)
            self._clients[caller.name] = client
        return self._clients[caller.name]

    def postgrest(self, caller: Caller | str) -> SyncPostgrestClient:
        """Return a caller's client as Python programs use it."""
        client = self.client(caller)
        return SyncPostgrestClient(self.url, headers=dict(client.headers), http_client=client)

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients.values():
            client.close()

    def _count(self, response: httpx.Response) -> None:
        self._results.requests += 1
        assert response.status_code < 500, response.read()


@pytest.fixture(scope="session")
def callers(world: World, rest: Door, results: Results) -> Iterator[Callers]:
    """The callers' clients. An answer of 500 or more fails the test, whatever it expects."""
    callers = Callers(world, rest, results)
    yield callers
    callers.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the matrix as it was found."""
    results = config.stash[RESULTS]
    if not results.cells:
        return
    terminalreporter.section("permission matrix over HTTP")
    for line in (*results.lines(), "", LEGEND):
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        f"{results.cells} cells and {results.columns} columns tried; {results.requests} requests in all."
    )
