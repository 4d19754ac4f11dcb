"""PostgREST: the page of fifty calls a browser asks for; beside it the same SQL from psycopg, with claims and role."""

from functools import partial
from typing import Final
from uuid import UUID

from psycopg import sql

from bench.callers import claims, token
from bench.clients import CONNECTIONS, PROCESSES, Clients, Done
from bench.ground import ADMIN, AGENT, ORGANIZATION, Ground, running
from bench.questions import requests, statements
from bench.rounds import in_turns
from bench.rows import Row, compare
from devstack.ports import Ports
from devstack.programs import postgrest

_ROUNDS: Final = 5
_PAGES: Final = 25
"""Read by one connection in one round."""

_PATH: Final = f"/calls?org_id=eq.{ORGANIZATION}&order=started_at.desc,id.desc&limit=50"
_QUERY: Final = (
    sql.SQL("select * from public.calls where org_id = {} order by started_at desc, id desc limit 50")
    .format(ORGANIZATION)
    .as_string()
)


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
            done = clients.request(port, partial(requests, count=count, path=_PATH, token=token(user_id, secret)), 200)
            latencies[who].extend(done.latencies)
            return done.rate

        def over_psycopg(user_id: UUID) -> float:
            made = partial(statements, count=count, query=_QUERY, claims=claims(user_id))
            return clients.execute(url, made).rate

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
