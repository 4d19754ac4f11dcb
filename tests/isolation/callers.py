"""Clients of PostgREST for each caller."""

import httpx
from postgrest import SyncPostgrestClient

from tests.isolation import matrix
from tests.isolation.matrix import Caller
from tests.isolation.results import Results
from tests.isolation.world import World
from tests.support.programs import Door
from tests.support.tokens import Tokens


class Callers:
    """The callers' tokens and clients. An answer of 500 or more fails the test, whatever it expects."""

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

    def client(self, caller: Caller | str) -> httpx.Client:
        """Return a caller's client."""
        if isinstance(caller, str):
            caller = matrix.load().callers[caller]
        if caller.name not in self._clients:
            token = self._world.token(caller, self._rest.tokens)
            credentials = {"authorization": f"Bearer {token}"} if token else {}
            # PostgREST ends connections as it likes, and a request sent just then would be lost.
            client = self._rest.client({"connection": "close", **credentials, **self._world.headers(caller)})
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
