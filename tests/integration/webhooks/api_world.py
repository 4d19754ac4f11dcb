"""Organizations with calls, the keys their admins make, and programs that hold them."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from psycopg.rows import dict_row

from tests.support.people import People
from tests.support.programs import Door
from tools.scratch import Database

_numbers = count(100)


@dataclass(frozen=True)
class Key:
    """An API key as its maker was told it."""

    id: UUID
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secret}"}


@dataclass(frozen=True)
class Organization:
    """An organization, one who administers it, and its calls."""

    id: UUID
    admin: UUID
    line: UUID
    calls: frozenset[str]


@dataclass(frozen=True)
class ApiWorld:
    """A database with PostgREST and the door before it."""

    database: Database
    rest: Door
    door: Door

    @property
    def people(self) -> People:
        return People(self.database)

    def organization(self, calls: int = 3) -> Organization:
        org_id = self.people.organization()
        integration = self.people.integration(org_id)
        line = self.people.line(org_id, self.people.phone_number(integration, f"+1212555{next(_numbers):04}"))
        made = {str(self.people.call(line, datetime.now(UTC) - timedelta(minutes=n))) for n in range(calls)}
        return Organization(org_id, self.people.member(org_id, "org_admin"), line, frozenset(made))

    def key(self, of: Organization | None, *scopes: str, expires_at: datetime | None = None) -> Key:
        """Make a key the way an admin does; of no organization, the way the operator's people do."""
        arguments = {
            "p_org_id": str(of.id) if of else None,
            "p_name": "Warehouse",
            "p_scopes": scopes or ["calls:read"],
            "p_expires_at": expires_at.isoformat() if expires_at else None,
        }
        with self.rest.as_user(of.admin if of else self.people.platform_admin()) as client:
            answer = client.post("/rpc/create_api_key", json=arguments)
        assert answer.status_code == 200, answer.text
        [made] = answer.json()
        return Key(UUID(made["id"]), made["secret"])

    @contextmanager
    def holding(self, key: Key, **headers: str) -> Iterator[httpx.Client]:
        """A program that holds a key."""
        with self.door.client(key.headers | headers) as client:
            client.base_url = httpx.URL(f"{self.door.url}/api/v1/")
            yield client

    def query(self, statement: str, *values: object, role: str = "postgres") -> list[dict[str, Any]]:
        """Read or arrange as the database's owner."""
        with self.database.connect(role, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def used(self, key: Key) -> int:
        """How many requests of a key are counted, over all minutes."""
        rows = self.query("select sum(used)::int as used from private.api_key_minutes where api_key_id = %s", key.id)
        return rows[0]["used"] or 0

    def send(self, data: bytes) -> bytes:
        """Send raw bytes to the door and return everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.door.port), timeout=30) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
