"""The ways into a database that the product's processes and people take, each over a connection of its own."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg

from tools.scratch import Database

Connection = psycopg.Connection[Any]

WORKER = "worker"


def event(kind: str, call: str, at: datetime, **body: Any) -> str:
    """Return the body of a webhook; its Guid is a function of what it says."""
    stated = {"EventType": kind, "Timestamp": at.isoformat(), "Body": {"Id": call, **body}}
    return json.dumps({**stated, "Guid": json.dumps(stated)[:200]})


def listed(call: str, at: datetime, number: str, **said: Any) -> str:
    """Return a call as the provider's history lists it."""
    answered = {"name": "Ann", "phone": number, "extension": "101", "isConnected": True}
    return json.dumps(
        {
            "id": call,
            "dateTimeUtc": at.isoformat(),
            "duration": "60000",
            "direction": "Incoming",
            "callStatus": "Connected",
            "businessNumber": number,
            "caller": {"phone": "+12125550199"},
            "called": [answered],
            **said,
        }
    )


def deliver(connection: Connection, account: UUID, received_at: datetime, *bodies: str) -> list[str]:
    """Hand a batch of deliveries to the door, as role webhooks; returns what became of each."""
    envelopes = [json.dumps(_envelope(account, received_at, body)) for body in bodies]
    rows = connection.execute("select status from private.ingest_webhook_events(%s::jsonb[])", [envelopes])
    return [status for (status,) in rows]


def receive(connection: Connection, account: UUID, received_at: datetime, *bodies: str) -> None:
    """Have deliveries stored, to be applied later, as role webhooks."""
    count = len(bodies)
    connection.execute(
        "select private.receive_deliveries(%s, %s, %s)", [[account] * count, list(bodies), [received_at] * count]
    )


def _envelope(account: UUID, received_at: datetime, body: str) -> dict[str, str]:
    return {"integration_id": str(account), "body": body, "received_at": received_at.isoformat()}


def apply_page(connection: Connection, job: UUID, observed_at: datetime, items: Sequence[str]) -> None:
    """Apply a page, as role sync."""
    connection.execute(
        "select private.apply_page(%s, %s, %s, %s, null, null, true, now())", [job, WORKER, list(items), observed_at]
    )


def start_job(database: Database, account: UUID, resource: str = "calls") -> UUID:
    """Make a job that is running and stays so, to apply pages in."""
    with database.connect() as connection:
        job: UUID = one(
            connection,
            """insert into public.sync_jobs (org_id, integration_id, resource, kind, state, worker, lease_until)
            select org_id, id, %s, 'backfill', 'running', %s, 'infinity' from public.integrations where id = %s
            returning id""",
            resource,
            WORKER,
            account,
        )
    return job


def give(connection: Connection, number: UUID, org_id: UUID, start: datetime | None = None) -> UUID:
    """Give a phone number to an organization, as the user whose connection it is; returns the line."""
    line: UUID = one(connection, "select public.assign_phone_number(%s, %s, %s)", number, org_id, start)
    return line


@contextmanager
def signed_in(database: Database, user: UUID) -> Iterator[Connection]:
    """Open a connection as PostgREST would for a signed-in user."""
    with database.connect() as connection:
        claims = json.dumps({"sub": str(user), "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        connection.execute("set role authenticated")
        yield connection


def one(connection: Connection, query: str, *arguments: Any) -> Any:
    """Return the first column of the one row."""
    (row,) = connection.execute(query.encode(), arguments).fetchall()
    return row[0]


def column(connection: Connection, query: str, *arguments: Any) -> list[Any]:
    """Return the first column of all rows."""
    return [row[0] for row in connection.execute(query.encode(), arguments)]


def at_once(*actions: Callable[[], Any]) -> None:
    """Let threads begin their actions at the same moment; the first error of any of them is raised."""
    barrier = Barrier(len(actions))

    def act(action: Callable[[], Any]) -> None:
        barrier.wait(timeout=120)
        action()

    with ThreadPoolExecutor(len(actions)) as pool:
        for done in [pool.submit(act, action) for action in actions]:
            done.result(timeout=120)


def behind(held: Connection, waiting: Connection, action: Callable[[], Any]) -> bool:
    """Let an action on one connection run into the open transaction of another, then commit that one.

    Returns:
        Whether the action had to wait.
    """
    pid = waiting.info.backend_pid
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(action)
        deadline = time.monotonic() + 60
        try:
            while not (waits := one(held, "select cardinality(pg_blocking_pids(%s)) > 0", pid)) and not done.done():
                assert time.monotonic() < deadline, "the action neither ended nor waited for the transaction"
                time.sleep(0.005)
        finally:
            held.commit()
        done.result(timeout=120)
    return bool(waits)
