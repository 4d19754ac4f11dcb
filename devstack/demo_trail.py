"""What an organization's audit trail tells of all that, and whether anybody has touched it."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from devstack.demo_accounts import NORTHWIND
from devstack.errors import DevstackError
from devstack.rows import Row, checked_rows, own_organization
from devstack.waiting import wait_for
from supabase import Client

_TELLING: Final = ("email", "name", "e164", "role", "scopes")


def show_trail(admin: Client, console: Console, after: int, seconds: float) -> None:
    """Print what was added to Northwind's trail after an entry, and check its chain.

    Raises:
        DevstackError: the chain is broken, or was not sealed in time.
    """
    own = own_organization(admin, NORTHWIND)
    zone = ZoneInfo(own["time_zone"])
    answer = admin.table("audit_entries").select("*").eq("org_id", own["id"]).gt("id", after).order("id").execute()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in (str(zone), "who", "did", "to", "what"):
        table.add_column(column, no_wrap=True)
    for entry in checked_rows(answer.data):
        at = datetime.fromisoformat(entry["at"]).astimezone(zone)
        table.add_row(f"{at:%a %H:%M:%S}", entry["actor"], entry["action"], entry["resource"], _words(entry))
    console.print("\n[bold]The audit trail of Northwind, as its admin reads it[/]\n")
    console.print(table)
    with console.status("Waiting for the seals …"):
        chain = _sealed_chain(admin, own["id"], seconds)
    words = f"\nIts {chain['sealed']:,} seals hold, each over the one before; the last is {chain['head'][:16]}…"
    console.print(words, highlight=False)


def _sealed_chain(admin: Client, org_id: str, seconds: float) -> Row:
    def look() -> Row | None:
        (chain,) = checked_rows(admin.rpc("verify_audit_chain", {"p_org_id": org_id}).execute().data)
        if chain["problem"]:
            raise DevstackError(f"The audit trail was tampered with: {chain['problem']}.")
        return None if chain["unsealed"] else chain

    chain = wait_for(look, seconds, every=0.2)
    if chain is None:
        raise DevstackError(f"Nobody sealed the audit trail within {seconds:.0f} seconds. See: make logs PART=sync")
    return chain


def _words(entry: Row) -> str:
    """Name what was added or removed, or the columns that changed."""
    details: dict[str, Any] = entry["details"] or {}
    row = details.get("after") or details.get("before") or {}
    if entry["action"] == "update":
        return ", ".join(row)
    return ", ".join(_short(row[name]) for name in _TELLING if row.get(name))


def _short(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
