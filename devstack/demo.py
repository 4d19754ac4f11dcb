"""Shows what different people read through the API, side by side, and how fast a live call reaches them."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from postgrest.exceptions import APIError
from postgrest.types import CountMethod
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from devstack.demo_accounts import ACCOUNTS, HARBOR, NORTHWIND
from devstack.errors import DevstackError
from devstack.people import anonymous, signed_in
from devstack.rows import Row, checked_rows, rows
from devstack.stack import Stack
from supabase import Client

_KPIS: Final = {
    "offered": ("offered", "{:,.0f}"),
    "answered": ("answered", "{:,.0f}"),
    "voicemail": ("voicemail", "{:,.0f}"),
    "missed": ("missed", "{:,.0f}"),
    "answer_rate": ("answer rate", "{:.1%}"),
    "abandonment_rate": ("abandonment", "{:.1%}"),
    "average_speed_of_answer": ("speed of answer", "{:.0f} s"),
    "average_handle_time": ("handle time", "{:.0f} s"),
    "outbound": ("outbound", "{:,.0f}"),
}
_ARROWS: Final = {"inbound": "in", "outbound": "out", "callback": "back", "internal": "int"}
# Of a call that somebody handled on a line not given to them, the number is all they see of the line.
_CALL_COLUMNS: Final = "started_at, direction, outcome, external_number, business_number, lines(label)"
_CALLS_SHOWN: Final = 6
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Reader:
    """Somebody, and what the API shows them."""

    title: str
    refusal: str | None
    """Why nothing is shown."""
    kpis: dict[str, float | None]
    calls: list[Row]
    call_count: int
    zone: ZoneInfo


def demo(stack: Stack, console: Console, *, patience: float = 15, seconds: float = 60) -> None:
    """Sign in as different people, print what each reads, then time one live call.

    Args:
        stack: a running one, with its demo data.
        console: where to print.
        patience: how long to wait for the live traffic to bring a call before asking the simulator for one.
        seconds: how long to wait for that one, at most.

    Raises:
        DevstackError: no live call came in time.
    """
    with (
        signed_in(stack, "admin@northwind.example") as admin,
        signed_in(stack, "agent@northwind.example") as agent,
        signed_in(stack, "admin@harbor.example") as neighbour,
        anonymous(stack) as nobody,
    ):
        readers = [
            _read("org admin of Northwind", admin, NORTHWIND),
            _read("agent of Northwind", agent, NORTHWIND),
            _read("org admin of Harbor", neighbour, HARBOR),
            _read("anonymous", nobody, NORTHWIND),
        ]
        console.print("\n[bold]Today's figures, as each of them reads them[/]\n")
        console.print(_kpi_table(readers))
        console.print("\n[bold]The last calls[/]\n")
        console.print(Columns([_call_table(reader) for reader in readers], padding=(1, 4)))
        _show_live_call(stack, admin, console, patience, seconds)


def _read(title: str, client: Client, organization: str) -> Reader:
    try:
        own = {row["name"]: row for row in rows(client, "organizations", "id, name, time_zone")}.get(organization)
        if own is None:
            raise DevstackError(f"{title} does not see {organization}.")
        zone = ZoneInfo(own["time_zone"])
        answer = (
            client.table("calls")
            # Somebody may have handled a call on a line that was not given to them: its number is all they see of it.
            .select(
                "started_at, direction, outcome, external_number, business_number, lines(label)",
                count=CountMethod.exact,
            )
            .order("started_at", desc=True)
            .limit(_CALLS_SHOWN)
            .execute()
        )
    except APIError as error:
        return Reader(title, f"refused: {error.message}", {}, [], 0, ZoneInfo("UTC"))
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = (today + timedelta(days=1)).replace(hour=0)
    summary = client.rpc(
        "kpi_summary",
        {
            "p_org_id": own["id"],
            "p_from": today.astimezone(UTC).isoformat(),
            "p_to": tomorrow.astimezone(UTC).isoformat(),
        },
    ).execute()
    kpis = {row["kpi"]: row["value"] for row in checked_rows(summary.data)}
    return Reader(title, None, kpis, checked_rows(answer.data), answer.count or 0, zone)


def _kpi_table(readers: list[Reader]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for reader in readers:
        table.add_column(reader.title, justify="right")
    for kpi, (name, form) in _KPIS.items():
        table.add_row(name, *(_figure(reader, kpi, form) for reader in readers))
    table.add_row("all calls", *(f"{reader.call_count:,}" for reader in readers), style="bold")
    return table


def _figure(reader: Reader, kpi: str, form: str) -> Text:
    if reader.refusal:
        return Text("nothing", "dim")
    value = reader.kpis.get(kpi)
    return Text("not measurable", "dim") if value is None else Text(form.format(value))


def _call_table(reader: Reader) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), title=reader.title, title_justify="left", title_style="bold")
    for column in (str(reader.zone), "", "from or to", "line", "outcome"):
        table.add_column(column, header_style="dim", no_wrap=True)
    for call in reader.calls:
        started = datetime.fromisoformat(call["started_at"]).astimezone(reader.zone)
        line: dict[str, Any] = call["lines"] or {}
        number = line.get("label") or call["business_number"] or ""
        table.add_row(
            f"{started:%a %H:%M:%S}",
            _ARROWS[call["direction"]],
            call["external_number"] or "",
            number,
            call["outcome"] or "in progress",
        )
    if not reader.calls:
        table.caption = Text(reader.refusal or "no calls", "dim")
    return table


def _show_live_call(stack: Stack, client: Client, console: Console, patience: float, seconds: float) -> None:
    since = datetime.now(UTC)
    with console.status("Waiting for the next live call of Northwind …"):
        found = _next_call(client, since, patience)
        if found is None:
            _ring_northwind(stack)
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


def _ring_northwind(stack: Stack) -> None:
    """Have somebody call now: between two calls of the live traffic minutes may pass."""
    number = next(each for account in ACCOUNTS for each in account.numbers if each.organization == NORTHWIND)
    accounts = json.loads(stack.layout.accounts_file.read_text())["accounts"]
    key = next(each["api_key"] for each in accounts for own in each["numbers"] if own["e164"] == number.e164)
    script = {"account": key, "number": number.e164, "from": "+12125550177", "answer_after": 6, "talk": 20}
    answer = httpx.post(f"{stack.simulator_url}/__simulator__/calls", json=script, timeout=30, trust_env=False)
    answer.raise_for_status()


def _next_call(client: Client, since: datetime, seconds: float) -> tuple[Row, datetime] | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
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
        if found:
            return found[0], read_at
        time.sleep(_POLL_SECONDS)
    return None


def _first_delivery(stack: Stack, call_id: str, since: datetime) -> datetime | None:
    """Ask the simulator when it sent a call's first webhook; it notes that once the delivery was answered."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
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
        if sent:
            return min(sent)
        time.sleep(_POLL_SECONDS)
    return None
