"""Webhook intake: signed deliveries over kept connections, each answered after its commit, and until all are applied.

Beside it, from as many clients: the same server with nothing behind it, other answers of it without the database,
Postgres taking bare rows of the same shape, and the SQL function called without a server in between.
"""

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

from bench.clients import CONNECTIONS, PROCESSES, Clients, Done, Statement
from bench.deliveries import course
from bench.ground import INTEGRATION, SECRET, Ground, running
from bench.rounds import in_turns
from bench.rows import Row, compare
from devstack.ports import HOST, Ports
from devstack.programs import webhook_app

_ROUNDS: Final = 5
_DELIVERIES: Final = 120
"""Of one connection in one round."""

_SINGLE: Final = "one process: signed deliveries, committed"
_SINGLE_APPLIED: Final = "one process: signed deliveries, until the last call is written"
_SINGLE_HOLLOW: Final = "one process: deliveries answered without a database"
_PRODUCT: Final = "signed deliveries, committed"
_APPLIED: Final = "signed deliveries, until the last call is written"
_HOLLOW: Final = "same server, deliveries answered without a database"
_ALIVE: Final = "same server, GET /healthz"
_REFUSED: Final = "same server and route, wrong signature: 401 before the database"
_BARE: Final = "bare inserts of one row, a commit each"
_CALLED: Final = "the SQL function called directly, one delivery a call"

_SERVERS: Final = {_PRODUCT: (2, False), _HOLLOW: (2, True), _SINGLE: (1, False), _SINGLE_HOLLOW: (1, True)}
"""Processes, and whether nothing is kept."""

_PATH: Final = f"/webhooks/mightycall/{INTEGRATION}"
_BARE_INSERT: Final = """
insert into bench.bare_events (
  org_id, integration_id, dedupe_key, received_at, status, payload, event_type, provider_call_id, direction, kind,
  extension, from_number, to_number, occurred_at
)
values (
  '00000000-0000-0000-0000-000000000000', %s, %s, %s, 'applied', %s, %s, %s, 'inbound', 'arrived', %s, %s, %s, %s
)
"""
_CALL: Final = "select status from private.ingest_webhook_events(array[%s::jsonb])"


def intake(ground: Ground) -> list[Row]:
    """Measure deliveries per second."""
    count = ground.size(_DELIVERIES)
    with (
        ground.database() as database,
        database.connect("supabase_admin") as owner,
        Clients() as clients,
        ExitStack() as stack,
    ):
        owner.execute("create table bench.bare_events (like private.webhook_events including all)")
        owner.execute("grant insert on bench.bare_events to webhooks")
        url = database.url("webhooks")
        ports = {name: stack.enter_context(_serving(ground, url, name)) for name in _SERVERS}
        latencies: list[float] = []
        applied: dict[str, list[float]] = {_PRODUCT: [], _SINGLE: []}

        def answered(name: str) -> float:
            return clients.request(ports[name], partial(signed_requests, count=count, secret=SECRET), 200).rate

        def kept(name: str) -> float:
            done = clients.request(ports[name], partial(signed_requests, count=count, secret=SECRET), 200)
            while owner.execute("select from private.received_deliveries limit 1").fetchone() is not None:
                time.sleep(0.002)
            applied[name].append(len(done.latencies) / (time.monotonic() - done.started))
            if name == _PRODUCT:
                latencies.extend(done.latencies)
            return done.rate

        # As autovacuum does within a minute of the first deliveries; until then Postgres knows nothing of the tables.
        kept(_PRODUCT)
        owner.execute("vacuum (analyze)")
        samples = in_turns(
            {
                _PRODUCT: partial(kept, _PRODUCT),
                _HOLLOW: partial(answered, _HOLLOW),
                _SINGLE: partial(kept, _SINGLE),
                _SINGLE_HOLLOW: partial(answered, _SINGLE_HOLLOW),
                _ALIVE: lambda: clients.request(ports[_PRODUCT], partial(alive_requests, count=count), 200).rate,
                _REFUSED: lambda: (
                    clients.request(
                        ports[_PRODUCT], partial(signed_requests, count=count, secret=b"another secret"), 401
                    ).rate
                ),
                _BARE: lambda: clients.execute(url, partial(bare_inserts, count=count)).rate,
                _CALLED: lambda: clients.execute(url, partial(function_calls, count=count)).rate,
            },
            _ROUNDS,
        )
    samples[_APPLIED] = applied[_PRODUCT][2:]
    samples[_SINGLE_APPLIED] = applied[_SINGLE][1:]
    median, slowest = Done(0, 0, latencies).percentiles
    note = (
        f"{PROCESSES * CONNECTIONS} connections of {PROCESSES} client processes;"
        f" two processes answered a delivery in {median:.1f} ms (median), {slowest:.1f} ms (p99)."
    )
    return compare(
        "webhook intake",
        samples,
        "/s",
        [
            (_SINGLE, _SINGLE_HOLLOW),
            (_SINGLE_APPLIED, _SINGLE_HOLLOW),
            (_PRODUCT, _HOLLOW),
            (_APPLIED, _HOLLOW),
            *((_PRODUCT, other) for other in (_ALIVE, _REFUSED, _BARE, _CALLED)),
        ],
        note,
    )


@contextmanager
def _serving(ground: Ground, database_url: str, name: str) -> Iterator[int]:
    """Run a server, and tell its port."""
    processes, is_hollow = _SERVERS[name]
    port = Ports.free().webhooks_port
    app = webhook_app(
        ground.scratch.new_directory(),
        port=port,
        database_url=database_url,
        credentials_keys=ground.scratch.keys.credentials_key,
        settings={"WEBHOOKS_WORKERS": str(processes)},
    )
    if is_hollow:
        app.daemon.command = [sys.executable, "-m", "gevent.monkey", "--module", "bench.hollow"]
    with running(app):
        yield port


def signed_requests(connection: int, count: int, secret: bytes) -> list[bytes]:
    """Make deliveries as HTTP requests."""
    return [signed_request(each.body, secret) for each in course(connection, count)]


def alive_requests(connection: int, count: int) -> list[bytes]:  # noqa: ARG001
    """Make requests that the server answers by itself."""
    return [f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()] * count


def bare_inserts(connection: int, count: int) -> list[Statement]:
    """Make the rows that deliveries become, apart from their calls."""
    statements: list[Statement] = []
    for each in course(connection, count):
        event = json.loads(each.body)
        call = event["Body"]
        values = (
            *(INTEGRATION, event["Guid"], each.received_at, each.body.decode(), event["EventType"], call["Id"]),
            *(call["Extension"], call["From"], call["To"], event["Timestamp"]),
        )
        statements.append((_BARE_INSERT, values))
    return statements


def function_calls(connection: int, count: int) -> list[Statement]:
    """Make the calls that a server without groups would make."""
    return [
        (
            _CALL,
            [
                json.dumps(
                    {
                        "integration_id": str(INTEGRATION),
                        "body": each.body.decode(),
                        "received_at": each.received_at,
                    }
                )
            ],
        )
        for each in course(connection, count)
    ]


def signed_request(body: bytes, secret: bytes) -> bytes:
    """Make a delivery as an HTTP request."""
    head = (
        f"POST {_PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"X-Signature: {hmac.new(secret, body, hashlib.sha256).hexdigest()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
