"""A number moves from one organization to another: the one keeps its history, the other starts empty."""

from typing import Any, Final

from rich.console import Console
from rich.table import Table

from devstack.demo_accounts import HARBOR, NORTHWIND
from devstack.demo_live import ring
from devstack.errors import DevstackError
from devstack.rows import Row, count, is_current, own_organization, rows
from devstack.stack import Stack
from devstack.waiting import wait_for
from supabase import Client

_E164: Final = "+12125550112"


def show_move(
    stack: Stack, operator: Client, admin: Client, neighbour: Client, console: Console, seconds: float
) -> None:
    """Give a number of Northwind to Harbor, have it called, and give it back.

    Raises:
        DevstackError: the call did not come in time.
    """
    harbor_id = own_organization(neighbour, HARBOR)["id"]
    line = _current_line(operator)
    given = [row for row in rows(admin, "member_lines", "org_id, member_id, line_id") if row["line_id"] == line["id"]]
    # Of those who read it in full; what Harbor had of it in earlier runs is not of this line.
    moments = {"before": (_northwinds(admin), "no line")}
    try:
        new = _give(operator, line, harbor_id, None)
        moments["moved"] = (_northwinds(admin), _harbors(neighbour, new))
        ring(stack, _E164)
        with console.status(f"Waiting for a call to {_E164} …"):
            _wait_for_a_call(neighbour, new, seconds)
        moments["after a call"] = (_northwinds(admin), _harbors(neighbour, new))
    finally:
        back = _current_line(operator)
        if back["org_id"] != line["org_id"]:
            back["id"] = _give(operator, line, line["org_id"], line["label"])
            if given:
                admin.table("member_lines").insert([{**row, "line_id": back["id"]} for row in given]).execute()
    moments["given back"] = (_northwinds(admin), _harbors(neighbour, new))
    console.print(f"\n[bold]The operator moves {_E164} from Northwind to Harbor, and back[/]\n", highlight=False)
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="bold")
    for column in ("calls of it", *moments):
        table.add_column(column, justify="right" if table.columns else "left", no_wrap=True)
    for position, title in enumerate((f"org admin of {NORTHWIND}", f"org admin of {HARBOR}")):
        table.add_row(title, *(moment[position] for moment in moments.values()))
    console.print(table)


def _current_line(operator: Client) -> Row:
    lines = rows(operator, "lines", "id, org_id, phone_number_id, e164, label, period")
    return next(line for line in lines if line["e164"] == _E164 and is_current(line))


def _give(operator: Client, line: Row, org_id: str, label: str | None) -> str:
    arguments: dict[str, Any] = {"p_phone_number_id": line["phone_number_id"], "p_org_id": org_id, "p_label": label}
    return str(operator.rpc("assign_phone_number", arguments).execute().data)


def _northwinds(admin: Client) -> str:
    return f"{count(admin, 'calls', business_number=_E164):,}"


def _harbors(neighbour: Client, line_id: str) -> str:
    return f"{count(neighbour, 'calls', line_id=line_id):,}"


def _wait_for_a_call(neighbour: Client, line_id: str, seconds: float) -> None:
    if wait_for(lambda: count(neighbour, "calls", line_id=line_id) or None, seconds) is None:
        raise DevstackError(f"No call to {_E164} came within {seconds:.0f} seconds. See: make logs PART=simulator")
