"""Sessions and tokens of the people whose view is measured."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID

import psycopg

from tools.scratch import Database


def claims(user_id: UUID) -> str:
    """Return a signed-in user's claims as JSON."""
    now = int(time.time())
    return json.dumps({"sub": str(user_id), "role": "authenticated", "aal": "aal1", "iat": now, "exp": now + 3600})


def token(user_id: UUID, secret: str) -> str:
    """Mint a signed-in user's token."""
    head = _base64(b'{"alg":"HS256","typ":"JWT"}')
    signed = f"{head}.{_base64(claims(user_id).encode())}"
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def session(database: Database, user_id: UUID, *, behind_policies: bool) -> psycopg.Connection[Any]:
    """Open a session with a user's claims: as `authenticated`, or as the tables' owner, past the policies."""
    connection = database.connect()
    connection.execute("select set_config('request.jwt.claims', %s, false)", [claims(user_id)])
    if behind_policies:
        connection.execute("set role authenticated")
    return connection


def key_session(database: Database, key_id: UUID) -> psycopg.Connection[Any]:
    """Open a session as a request that has redeemed the grant of an API key."""
    connection = database.connect("authenticator")
    for name, value in (
        ("victorysync.api_key_id", str(key_id)),
        ("request.jwt.claims", '{"role": "api_reader"}'),
        ("role", "api_reader"),
    ):
        connection.execute("select set_config(%s, %s, false)", [name, value])
    return connection


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
