"""The week of an organization, the same on every surface."""

import csv
import io
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from devstack.demo_accounts import NORTHWIND
from devstack.errors import DevstackError
from devstack.rows import Row, checked_rows, own_organization
from devstack.waiting import wait_for
from supabase import Client

_COLUMNS: Final = {
    "offered": "{:,.0f}",
    "answered": "{:,.0f}",
    "voicemail": "{:,.0f}",
    "missed": "{:,.0f}",
    "answer_rate": "{:.1%}",
    "service_level": "{:.1%}",
    "outbound": "{:,.0f}",
}
_COUNTS: Final = ("offered", "answered", "voicemail", "missed", "outbound")
_SHADES: Final = " ·░▒▓█"
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def show_week(admin: Client, console: Console, seconds: float) -> None:
    """Print the seven local days before today, and compare report, summary, the rows behind them, CSV and PDF.

    Raises:
        DevstackError: two of them differ, or the PDF was not made in time.
    """
    organization = own_organization(admin, NORTHWIND)
    zone = ZoneInfo(organization["time_zone"])
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    range_ = {
        "p_org_id": organization["id"],
        "p_from": (today - timedelta(days=7)).isoformat(),
        "p_to": today.isoformat(),
    }

    days = _rpc(admin, "report_days", range_)
    summary = {row["kpi"]: row for row in _rpc(admin, "kpi_summary", range_)}
    console.print(f"\n[bold]{NORTHWIND}'s week[/]\n")
    console.print(_days(days, summary))
    console.print()
    console.print(_heatmap(_rpc(admin, "kpi_heatmap", {**range_, "p_kpis": ["offered"]})), highlight=False)
    callbacks = {row["kpi"]: row["value"] for row in _rpc(admin, "callbacks", range_)}
    reached = _form(callbacks["callback_rate"], "{:.1%}")
    console.print(
        f"\nOf those who were missed {reached} were reached within a day. {_waits(admin, range_)}", highlight=False
    )
    told = [
        f"{_agreement(days, summary)} summary",
        _rows_behind(admin, range_, summary),
        _exported(admin, range_, days),
        _printed(admin, range_, console, seconds),
    ]
    console.print("The same on every surface: the days add up to the " + ", ".join(told) + ".", highlight=False)


def _rpc(client: Client, function: str, arguments: dict[str, Any]) -> list[Row]:
    return checked_rows(client.rpc(function, arguments).execute().data)


def _form(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _days(days: list[Row], summary: dict[str, Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column.replace("_", " "), justify="right")
    for day in days:
        name = f"{datetime.fromisoformat(day['day']):%a %d %b}"
        table.add_row(name, *(_form(day[column], form) for column, form in _COLUMNS.items()))
    values = (_form(summary[column]["value"], form) for column, form in _COLUMNS.items())
    table.add_row("the week", *values, style="bold")
    previous = (_form(summary[column]["previous"], form) for column, form in _COLUMNS.items())
    table.add_row("the week before", *previous, style="dim")
    return table


def _heatmap(cells: list[Row]) -> str:
    value = {(cell["weekday"], cell["hour"]): cell["value"] or 0 for cell in cells}
    most = max(value.values(), default=0) or 1
    lines = ["calls by hour  " + "".join(f"{hour:<6}" for hour in range(0, 24, 6))]
    for weekday, name in enumerate(_WEEKDAYS, start=1):
        shares = (value.get((weekday, hour), 0) / most for hour in range(24))
        lines.append(f"           {name} " + "".join(_SHADES[round(share * (len(_SHADES) - 1))] for share in shares))
    return "\n".join(lines)


def _waits(client: Client, range_: dict[str, Any]) -> str:
    waits = {row["kpi"]: row for row in _rpc(client, "kpi_percentiles", range_)}
    median, nine_of_ten = waits["answered_wait_median"]["value"], waits["answered_wait_p90"]["value"]
    if median is None:
        return "How long the answered waited is not measurable: of the past, MightyCall's history tells no waits."
    return f"Half of the answered waited at most {median:.0f} s, nine of ten {nine_of_ten:.0f} s."


def _agreement(days: list[Row], summary: dict[str, Row]) -> str:
    for kpi in _COUNTS:
        if sum(day[kpi] for day in days) != summary[kpi]["value"]:
            raise DevstackError(f"{kpi} of the days does not add up to the summary's.")
    return f"{len(_COUNTS)} counts of the"


def _rows_behind(client: Client, range_: dict[str, Any], summary: dict[str, Row]) -> str:
    answer = (
        client.table("calls")
        .select("id")
        .eq("org_id", range_["p_org_id"])
        .eq("direction", "inbound")
        .eq("outcome", "missed")
        .is_("deleted_at", "null")
        .gte("started_at", range_["p_from"])
        .lt("started_at", range_["p_to"])
        .execute()
    )
    if len(answer.data) != summary["missed"]["value"]:
        raise DevstackError("The missed calls behind the figure are not as many as it says.")
    return f"{len(answer.data)} missed calls are {len(answer.data)} rows"


def _exported(client: Client, range_: dict[str, Any], days: list[Row]) -> str:
    parameters = {"from": range_["p_from"], "to": range_["p_to"]}
    asked = {"p_org_id": range_["p_org_id"], "p_report": "days", "p_parameters": parameters}
    file = client.rpc("export_report", asked).csv().execute().data
    lines = list(csv.DictReader(io.StringIO(str(file).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    if [int(line["offered"]) for line in lines] != [day["offered"] for day in days]:
        raise DevstackError("The CSV is not what the report says.")
    return f"CSV has the same {len(lines)} days"


def _printed(client: Client, range_: dict[str, Any], console: Console, seconds: float) -> str:
    parameters = {"from": range_["p_from"], "to": range_["p_to"]}
    document_id = (
        client.rpc(
            "create_document",
            {"p_org_id": range_["p_org_id"], "p_report": "days", "p_format": "pdf", "p_parameters": parameters},
        )
        .execute()
        .data
    )

    def look() -> Row | None:
        answer = client.table("documents").select("*").eq("id", document_id).execute()
        (document,) = checked_rows(answer.data)
        return document if document["state"] in {"stored", "failed"} else None

    with console.status("Waiting for the PDF …"):
        document = wait_for(look, seconds)
    if document is None or document["state"] != "stored":
        raise DevstackError(f"No PDF was made within {seconds:.0f} seconds. See: make logs PART=sync")
    file = client.storage.from_("reports").download(str(document_id))
    if not file.startswith(b"%PDF-") or sha256(file).hexdigest() != document["sha256"].removeprefix("\\x"):
        raise DevstackError("The PDF in Storage is not the one that was made.")
    return f"PDF of {len(file):,} bytes lies in Storage"
