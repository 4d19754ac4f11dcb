"""One question in two forms: for PostgREST, with a user's token, and for Postgres, with that user's role and claims."""

from typing import Final

from bench.clients import Statement
from devstack.ports import HOST

# One message to the server: what PostgREST sends in several.
_SAME_SQL: Final = """
begin read only;
select set_config('role', 'authenticated', true), set_config('request.jwt.claims', '{claims}', true);
select coalesce(json_agg(found), '[]') from ({query}) found;
commit
"""


def request(path: str, token: str) -> bytes:
    """Make a request."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def requests(_connection: int, count: int, path: str, token: str) -> list[bytes]:
    """Make the requests of one connection."""
    return [request(path, token)] * count


def statements(_connection: int, count: int, query: str, claims: str) -> list[Statement]:
    """Make the statements of one connection, one message each."""
    return [(_SAME_SQL.format(query=query, claims=claims), None)] * count
