"""The door of the API keys: what the webhook app asks Postgres before each request, over eight connections.

Beside it as many bare inserts of a row like the one that lets a request through, a commit each.
"""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from bench.clients import PROCESSES, Clients, Statement
from bench.ground import API_KEYS, Ground
from bench.rounds import in_turns
from bench.rows import Row, compare

_ROUNDS: Final = 7
_REQUESTS: Final = 100
"""Of one connection in one round: together fewer than a key may make in a minute."""
_CONNECTIONS: Final = 8

_ONE: Final = "open_api_request, all on one key"
_EACH: Final = "open_api_request, a key for each connection"
_BARE: Final = "bare inserts of one row, a commit each"

_OPEN: Final = "select outcome from private.open_api_request(%s, %s, %s)"
_BARE_INSERT: Final = "insert into bench.bare_grants (grant_hash, api_key_id, expires_at) values (%s, %s, %s)"


def keys(ground: Ground) -> list[Row]:
    """Measure requests let through per second."""
    size = ground.size(_REQUESTS)
    with ground.database() as database, Clients(_CONNECTIONS // PROCESSES) as clients:
        with database.connect("supabase_admin") as owner:
            # Logged, as what counts the requests is.
            owner.execute("create table bench.bare_grants (like private.api_grants including all)")
            owner.execute("grant insert on bench.bare_grants to webhooks")
        url = database.url("webhooks")
        begins_at = datetime.now(UTC).replace(second=0, microsecond=0)
        rounds = iter(range(3 * (_ROUNDS + 1)))

        def open_requests(key_count: int) -> float:
            # Each round has a minute of its own.
            at = begins_at + timedelta(minutes=next(rounds))
            return clients.execute(url, partial(requests, count=size, key_count=key_count, at=at)).rate

        samples = in_turns(
            {
                _ONE: lambda: open_requests(1),
                _EACH: lambda: open_requests(_CONNECTIONS),
                _BARE: lambda: clients.execute(url, partial(bare_inserts, count=size)).rate,
            },
            _ROUNDS,
        )
    note = f"{_CONNECTIONS} connections of {PROCESSES} client processes."
    return compare("API key's door", samples, "/s", [(_ONE, _EACH), (_ONE, _BARE), (_EACH, _BARE)], note)


def requests(connection: int, count: int, key_count: int, at: datetime) -> list[Statement]:
    """Make the questions of one connection about its key, in one minute."""
    secret_hash = hashlib.sha256(str(API_KEYS[connection % key_count]).encode()).digest()
    return [(_OPEN, [secret_hash, _grant_hash(), at]) for _ in range(count)]


def bare_inserts(connection: int, count: int) -> list[Statement]:
    """Make as many rows that let a request through."""
    at = datetime.now(UTC)
    return [(_BARE_INSERT, [_grant_hash(), API_KEYS[connection], at]) for _ in range(count)]


def _grant_hash() -> bytes:
    return hashlib.sha256(uuid.uuid4().bytes).digest()
