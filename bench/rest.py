"""PostgREST: the page of fifty calls a browser asks for; beside it the same SQL from psycopg, with claims and role."""

from functools import partial
from typing import Final
from uuid import UUID

from bench.callers import claims, token
from bench.clients import CONNECTIONS, PROCESSES, Clients, Done, Statement
from bench.ground import ADMIN, AGENT, ORGANIZATION, Ground, running
from bench.rounds import in_turns
from bench.rows import Row, compare
from devstack.ports import HOST, Ports
from devstack.programs import postgrest

_ROUNDS: Final = 5
_PAGES: Final = 25
"""Read by one connection in one round."""

_PATH: Final = f"/calls?org_id=eq.{ORGANIZATION}&order=started_at.desc,id.desc&limit=50"
# One message to the server: what PostgREST sends in several.
_SAME_SQL: Final = """
begin read only;
select set_config('role', 'authenticated', true), set_config('request.jwt.claims', '{claims}', true);
select coalesce(json_agg(page), '[]')
from (
  select * from public.calls where org_id = '{organization}' order by started_at desc, id desc limit 50
) page;
commit
"""


def rest(ground: Ground) -> list[Row]:
    """Measure pages per second."""
    database = ground.calls
    count = ground.size(_PAGES)
    port = Ports.free().postgrest_port
    secret = ground.scratch.keys.jwt_secret
    url = database.url("authenticator")
    server = postgrest(ground.scratch.new_directory(), port=port, database_url=url, jwt_secret=secret)
    latencies: dict[str, list[float]] = {"org admin": [], "agent": []}

    with Clients() as clients, running(server):

        def over_http(who: str, user_id: UUID) -> float:
            done = clients.request(port, partial(requests, count=count, token=token(user_id, secret)), 200)
            latencies[who].extend(done.latencies)
            return done.rate

        def over_psycopg(user_id: UUID) -> float:
            return clients.execute(url, partial(statements, count=count, claims=claims(user_id))).rate

        samples = in_turns(
            {
                "PostgREST, 50 calls as org admin": lambda: over_http("org admin", ADMIN),
                "psycopg, as org admin": lambda: over_psycopg(ADMIN),
                "PostgREST, 50 calls as agent": lambda: over_http("agent", AGENT),
                "psycopg, as agent": lambda: over_psycopg(AGENT),
            },
            _ROUNDS,
        )
    times = "; ".join(
        "{} {:.1f} ms (median), {:.1f} ms (p99)".format(who, *Done(0, 0, each).percentiles)
        for who, each in latencies.items()
    )
    return compare(
        "PostgREST",
        samples,
        "/s",
        [
            ("PostgREST, 50 calls as org admin", "psycopg, as org admin"),
            ("PostgREST, 50 calls as agent", "psycopg, as agent"),
        ],
        f"{PROCESSES * CONNECTIONS} connections of {PROCESSES} client processes; {times}.",
    )


def requests(connection: int, count: int, token: str) -> list[bytes]:  # noqa: ARG001
    """Make the requests of one connection."""
    return [f"GET {_PATH} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()] * count


def statements(connection: int, count: int, claims: str) -> list[Statement]:  # noqa: ARG001
    """Make the same pages' SQL."""
    return [(_SAME_SQL.format(claims=claims, organization=ORGANIZATION), None)] * count
