"""The product's programs and their neighbours, each a real process on a free port."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from devstack import programs
from devstack.keys import Keys
from devstack.part import Part
from devstack.ports import HOST, Ports
from tests.support.tokens import Tokens
from tools.scratch import Database, ScratchCluster

LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=1)
"""Idle connections are given up before a server closes them, perhaps just when a request is on its way."""


@dataclass(frozen=True)
class Door:
    """Where a program answers, and clients for it."""

    port: int
    tokens: Tokens
    part: Part

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def as_user(self, user_id: UUID, **claims: Any) -> httpx.Client:
        """Return a client that sends a user's token."""
        return self.with_token(self.tokens(user_id, **claims))

    def with_token(self, token: str) -> httpx.Client:
        """Return a client that sends this token."""
        return self.client({"authorization": f"Bearer {token}"})

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """Return a client without a token."""
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, limits=LIMITS, trust_env=False)


@dataclass(frozen=True)
class Stack:
    """The gateway and everything behind it, on one database."""

    database: Database
    keys: Keys
    gateway: Door
    webhooks: Door
    simulator: Door
    postgrest: Door


@contextmanager
def postgrest(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    """Run PostgREST on a database."""
    port = Ports.free().postgrest_port
    part = programs.postgrest(
        cluster.new_directory(),
        port=port,
        database_url=database.url("authenticator"),
        jwt_secret=cluster.keys.jwt_secret,
    )
    with _running(part, port, cluster.keys) as door:
        yield door


@contextmanager
def webhook_app(
    cluster: ScratchCluster, database: Database, rest: Door | None = None, **settings: str
) -> Iterator[Door]:
    """Run the webhook app on a database; with a PostgREST there is an API of keys too."""
    port = Ports.free().webhooks_port
    part = programs.webhook_app(
        cluster.new_directory(),
        port=port,
        database_url=database.url("webhooks"),
        credentials_keys=cluster.keys.credentials_key,
        rest_url=rest.url if rest else None,
        settings=settings,
    )
    with _running(part, port, cluster.keys) as door:
        yield door


@contextmanager
def simulator(cluster: ScratchCluster) -> Iterator[Door]:
    """Run a simulator without accounts: they are put there by its control API, `POST /__simulator__/accounts`."""
    port = Ports.free().simulator_port
    directory = cluster.new_directory()
    accounts = Path(directory, "accounts.json")
    accounts.write_text(json.dumps({"accounts": [], "history_lag_seconds": 0}))
    with _running(programs.simulator(directory, port=port, accounts=accounts), port, cluster.keys) as door:
        yield door


@contextmanager
def gateway(
    cluster: ScratchCluster, database: Database, *, postgrest_port: int | None = None, webhooks_port: int | None = None
) -> Iterator[Door]:
    """Run the gateway with Auth and Storage; without ports there is nothing where PostgREST and the webhook app are."""
    ports = Ports.free()
    directory = cluster.new_directory()
    storage = directory / "storage"
    storage.mkdir()
    part = programs.gateway(
        directory,
        port=ports.api_port,
        keys=cluster.keys,
        postgrest_port=postgrest_port or ports.postgrest_port,
        webhooks_port=webhooks_port or ports.webhooks_port,
        auth_database_url=database.url("supabase_auth_admin"),
        storage_database_url=database.url("supabase_storage_admin"),
        storage=storage,
    )
    with _running(part, ports.api_port, cluster.keys) as door:
        yield door


@contextmanager
def whole_stack(cluster: ScratchCluster, database: Database) -> Iterator[Stack]:
    """Run everything that answers requests, behind the gateway."""
    with ExitStack() as running:
        rest = running.enter_context(postgrest(cluster, database))
        webhooks = running.enter_context(webhook_app(cluster, database, rest))
        mightycall = running.enter_context(simulator(cluster))
        door = running.enter_context(gateway(cluster, database, postgrest_port=rest.port, webhooks_port=webhooks.port))
        yield Stack(database, cluster.keys, door, webhooks, mightycall, rest)


@contextmanager
def _running(part: Part, port: int, keys: Keys) -> Iterator[Door]:
    try:
        part.start(120)
        yield Door(port, Tokens(keys.jwt_secret), part)
    finally:
        part.stop()
