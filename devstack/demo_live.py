"""How fast a live call is readable."""

import json
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from rich.console import Console

from devstack.demo_accounts import ACCOUNTS, NORTHWIND
from devstack.errors import DevstackError
from devstack.rows import Row, checked_rows
from devstack.stack import Stack
from devstack.waiting import wait_for
from supabase import Client

_A_NUMBER: Final = next(each.e164 for account in ACCOUNTS for each in account.numbers if each.organization == NORTHWIND)
_POLL_SECONDS: Final = 0.02


def show_live_call(stack: Stack, client: Client, console: Console, patience: float, seconds: float) -> None:
    """Wait for a call of Northwind and print how long after its first webhook its admin reads it.

    Args:
        stack: a running one, with its demo data.
        client: Northwind's admin.
        console: where to print.
        patience: how long to wait for the live traffic to bring a call before asking the simulator for one.
        seconds: how long to wait for that one, at most.

    Raises:
        DevstackError: no live call came in time.
    """
    since = datetime.now(UTC)
    with console.status("Waiting for the next live call of Northwind …"):
        found = _next_call(client, since, patience)
        if found is None:
            ring(stack, _A_NUMBER)
            found = _next_call(client, since, seconds)
    if found is None:
        raise DevstackError(f"No live call came within {seconds:.0f} seconds. See: make logs PART=simulator")
    call, read_at = found
    sent_at = _first_delivery(stack, call["provider_call_id"], since)
    outside = call["external_number"] or "a withheld number"
    number = call["business_number"]
    console.print(f"\n[bold]Live:[/] {call['direction']} call, {outside}, {number}", highlight=False)
    if sent_at is None:
        console.print("Its webhooks did not tell when they were sent.")
    else:
        took = (read_at - sent_at).total_seconds()
        console.print(f"Readable [green]{took * 1000:.0f} ms[/] after the first webhook was sent.", highlight=False)


def ring(stack: Stack, e164: str) -> None:
    """Have somebody call a number now: between two calls of the live traffic minutes may pass."""
    accounts = json.loads(stack.layout.accounts_file.read_text())["accounts"]
    key = next(each["api_key"] for each in accounts for own in each["numbers"] if own["e164"] == e164)
    script = {"account": key, "number": e164, "from": "+12125550177", "answer_after": 6, "talk": 20}
    answer = httpx.post(f"{stack.simulator_url}/__simulator__/calls", json=script, timeout=30, trust_env=False)
    answer.raise_for_status()


def _next_call(client: Client, since: datetime, seconds: float) -> tuple[Row, datetime] | None:
    def look() -> tuple[Row, datetime] | None:
        answer = (
            client.table("calls")
            .select("provider_call_id, direction, external_number, business_number")
            .gt("created_at", since.isoformat())
            .gt("started_at", (since - timedelta(seconds=5)).isoformat())
            .order("created_at")
            .limit(1)
            .execute()
        )
        read_at = datetime.now(UTC)
        found = checked_rows(answer.data)
        return (found[0], read_at) if found else None

    return wait_for(look, seconds, _POLL_SECONDS)


def _first_delivery(stack: Stack, call_id: str, since: datetime) -> datetime | None:
    """Ask the simulator when it sent a call's first webhook; it notes that once the delivery was answered."""

    def look() -> datetime | None:
        truth = httpx.get(
            f"{stack.simulator_url}/__simulator__/truth",
            params={"from": (since - timedelta(minutes=5)).isoformat()},
            timeout=30,
            trust_env=False,
        )
        truth.raise_for_status()
        sent = [
            datetime.fromisoformat(delivery["sent_at"])
            for account in truth.json()["accounts"]
            for call in account["calls"]
            if call["id"] == call_id
            for delivery in call["deliveries"]
            if delivery["sent_at"]
        ]
        return min(sent, default=None)

    return wait_for(look, 30, _POLL_SECONDS)
