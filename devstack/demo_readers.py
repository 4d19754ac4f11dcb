"""What different people read through the API, side by side."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from postgrest.exceptions import APIError
from postgrest.types import CountMethod
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from devstack.errors import DevstackError
from devstack.rows import Row, checked_rows, rows
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


def show_readers(console: Console, readers: list[Reader]) -> None:
    """Print today's figures and the last calls, as each of them reads them."""
    console.print("\n[bold]Today's figures, as each of them reads them[/]\n")
    console.print(_kpi_table(readers))
    console.print("\n[bold]The last calls[/]\n")
    console.print(Columns([_call_table(reader) for reader in readers], padding=(1, 4)))


def read(title: str, client: Client, organization: str) -> Reader:
    """Ask as somebody for today's figures and the last calls of an organization.

    Raises:
        DevstackError: they are signed in and do not see it.
    """
    try:
        own = {row["name"]: row for row in rows(client, "organizations", "id, name, time_zone")}.get(organization)
        if own is None:
            raise DevstackError(f"{title} does not see {organization}.")
        zone = ZoneInfo(own["time_zone"])
        answer = (
            client.table("calls")
            .select(_CALL_COLUMNS, count=CountMethod.exact)
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
