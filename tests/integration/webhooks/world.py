"""A database with integrations, and senders that hold their secrets."""

import hashlib
import hmac
import http.client
import json
import secrets
import socket
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from psycopg.rows import dict_row

from credentials import KeyRing, seal
from tests.integration.sync.processes import until
from tests.support.people import People
from tools.scratch import Database

FIXTURES = Path(__file__).parents[2] / "fixtures/mightycall"
API_KEY = "the-api-key-of-the-account"
NUMBER = "+12125550100"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass(frozen=True)
class Integration:
    """One side of the contract: an id and the secret to sign with."""

    id: UUID
    secret: bytes

    @property
    def path(self) -> str:
        return f"/webhooks/mightycall/{self.id}"

    def sign(self, body: bytes) -> str:
        return hmac.digest(self.secret, body, "sha256").hex()


@dataclass(frozen=True)
class TokenIntegration:
    """The other contract: an id and the token that stands below it in the path."""

    id: UUID
    token: str

    @property
    def path(self) -> str:
        return f"/webhooks/mightycall/{self.id}/{self.token}"


@dataclass
class World:
    """Everything a test acts on."""

    database: Database
    port: int = 0
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People(self.database)

    @property
    def keys(self) -> KeyRing:
        return KeyRing.parse(self.database.keys.credentials_key)

    def integrate(self, org_id: UUID | None = None, secret: bytes | None = None) -> Integration:
        """Add an integration the way an administrator does, its secrets sealed, with one phone number."""
        integration = Integration(uuid4(), secret or uuid4().hex.encode())
        sealed = {
            purpose: b64encode(self.seal(value, integration.id, purpose, org_id)).decode()
            for purpose, value in _secrets(integration).items()
        }
        with self.database.connect() as connection, connection.transaction():
            connection.execute("select tests.act_as(tests.platform_admin())")
            connection.execute(
                "select public.create_integration(%s, 'MightyCall', 'call_center', 'signed', %s, %s, %s)",
                [org_id, self.keys.current.key_id, json.dumps(sealed), integration.id],
            )
        self.people.phone_number(integration.id, NUMBER)
        return integration

    def integrate_by_token(self, org_id: UUID | None = None) -> TokenIntegration:
        """Add an integration whose account cannot sign."""
        integration = TokenIntegration(self.integrate(org_id).id, secrets.token_urlsafe(32))
        self.query("update public.integrations set webhook_mode = 'token' where id = %s", integration.id)
        self.add_token(integration)
        return integration

    def add_token(self, integration: TokenIntegration) -> None:
        """Let a token count from now on, beside those that do."""
        self.query(
            "insert into private.webhook_tokens (token_hash, org_id, integration_id)"
            " select %s, org_id, id from public.integrations where id = %s",
            hashlib.sha256(integration.token.encode()).digest(),
            integration.id,
        )

    def end_token(self, integration: TokenIntegration) -> None:
        """Let a token count no longer."""
        self.query(
            "update private.webhook_tokens set valid_until = now() where token_hash = %s",
            hashlib.sha256(integration.token.encode()).digest(),
        )

    def seal(self, value: bytes, integration_id: UUID, purpose: str, org_id: UUID | None = None) -> bytes:
        return seal(
            value,
            self.keys.current.public,
            organization=str(org_id) if org_id else "platform",
            integration_id=integration_id,
            purpose=purpose,
        )

    def query(self, statement: str, *values: object, role: str = "postgres") -> list[dict[str, Any]]:
        """Read or arrange as the database's owner."""
        with self.database.connect(role, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def events(self, integration: Integration | TokenIntegration) -> list[dict[str, Any]]:
        """What is kept of an integration's deliveries, in the order they came."""
        return self.query("select * from private.webhook_events where integration_id = %s order by id", integration.id)

    def wait_until_applied(self) -> None:
        """Wait until nothing that was acknowledged has yet to be applied."""
        until(lambda: not self.received(), "what was received to be applied")

    def received(self) -> int:
        """How many deliveries are acknowledged and not applied."""
        return len(self.query("select id from private.received_deliveries"))

    def event_count(self) -> int:
        """How many deliveries are kept of all integrations, known or not."""
        count: int = self.query("select count(*) from private.webhook_events")[0]["count"]
        return count

    def backends(self, waiting_for: str | None = None) -> list[int]:
        """Process ids of the app's connections, of those that wait for something of this type; a superuser's view."""
        rows = self.query(
            "select pid from pg_stat_activity where datname = current_database() and usename = 'webhooks'"
            " and (%s::text is null or wait_event_type = %s)",
            waiting_for,
            waiting_for,
            role="supabase_admin",
        )
        return [row["pid"] for row in rows]

    def end_backend(self, pid: int) -> None:
        """End a connection's process and wait until it is gone; told to end, it goes on for a moment."""
        [ended] = self.query("select pg_terminate_backend(%s, 60000) as ended", pid, role="supabase_admin")
        assert ended["ended"] or not Path(f"/proc/{pid}").exists(), "the backend goes on"

    def deliver(
        self,
        integration: Integration,
        body: bytes | dict[str, Any],
        *signatures: str | bytes,
        path: str | None = None,
        headers: Iterable[tuple[str, str | bytes]] = (),
    ) -> Answer:
        """Post a delivery, rightly signed unless other signature headers are given."""
        body = json.dumps(body).encode() if isinstance(body, dict) else body
        signed = [("X-Signature", value) for value in signatures or [integration.sign(body)]]
        return self.request("POST", path or integration.path, [*signed, *headers], body)

    def post(self, integration: TokenIntegration, body: bytes | dict[str, Any], path: str | None = None) -> Answer:
        """Post a delivery by its token."""
        body = json.dumps(body).encode() if isinstance(body, dict) else body
        return self.request("POST", path or integration.path, body=body)

    def request(
        self, method: str, path: str, headers: Iterable[tuple[str, str | bytes]] = (), body: bytes | None = None
    ) -> Answer:
        """Send a request with exactly these headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def send(self, *parts: bytes) -> bytes:
        """Send raw bytes, then nothing more, and return everything that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def _secrets(integration: Integration) -> dict[str, bytes]:
    return {"api_key": API_KEY.encode(), "user_key": b"b", "webhook_secret": integration.secret}


def event(kind: str = "IncomingCall", *, call: str | None = None, **body: Any) -> dict[str, Any]:
    """An event that nobody has sent yet."""
    told = {"Id": call or str(uuid4()), "From": "+12125550142", "To": NUMBER, "Extension": "101"}
    return {
        "EventType": kind,
        "Guid": str(uuid4()),
        "ApiKey": API_KEY,
        "Timestamp": "2026-05-25T08:58:10.5140000Z",
        "Body": told | body,
    }


def fixture_names() -> Sequence[str]:
    """The names of the recorded events."""
    return sorted(path.stem for path in FIXTURES.glob("*.json"))
