"""Somebody is invited, signs up, accepts, and reads what their role lets them."""

import re
import secrets
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.table import Table

from devstack.demo_accounts import NORTHWIND
from devstack.errors import DevstackError
from devstack.mail import Letter, letter_to
from devstack.people import PASSWORD, anonymous
from devstack.rows import checked_rows, count, is_current, own_organization, rows
from devstack.stack import Stack
from devstack.waiting import wait_for
from supabase import Client

_E164: Final = "+12125550110"
_READ: Final = {
    "organizations": "organizations",
    "lines": "lines",
    "calls": "calls",
    "members": "members",
    "API keys": "api_keys",
    "audit trail": "audit_entries",
}


def show_guest(stack: Stack, admin: Client, nobody: Client, console: Console, seconds: float) -> None:
    """Invite a throw-away address as Northwind's admin, follow the letter as the guest, and remove them again.

    Raises:
        DevstackError: the letter did not come in time.
    """
    org_id = own_organization(admin, NORTHWIND)["id"]
    line = next(
        row for row in rows(admin, "lines", "id, e164, label, period") if row["e164"] == _E164 and is_current(row)
    )
    email = f"guest-{secrets.token_hex(4)}@people.example"
    console.print("\n[bold]A guest of Northwind[/]\n")
    try:
        arguments = {"p_org_id": org_id, "p_email": email, "p_role": "agent", "p_line_ids": [line["id"]]}
        admin.rpc("invite_member", arguments).execute()
        console.print(f"The admin invites {email}, as an agent who has the line {line['label']}.", highlight=False)
        with console.status("Waiting for the letter …"):
            letter = _wait_for_a_letter(stack, email, seconds)
        console.print(f"A letter comes (make logs PART=mail): {letter.headers['Subject']}.", highlight=False)
        token = re.findall(r"#token=([\w-]+)", letter.text)[0]
        (preview,) = checked_rows(nobody.rpc("preview_invitation", {"p_token": token}).execute().data)
        until = datetime.fromisoformat(preview["expires_at"])
        console.print(
            f"Whoever opens its link, signed in or not: {preview['organization']}, {preview['role']}, "
            f"invited by {preview['inviter']}, {preview['state']} until {until:%a %d %b %H:%M} UTC.",
            highlight=False,
        )
        with anonymous(stack) as guest:
            guest.auth.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"full_name": "Sam Rivera"}}})
            signed_up = _counts(guest)
            guest.rpc("accept_invitation", {"p_token": token}).execute()
            accepted = _counts(guest)
            _clear(admin, email)
            removed = _counts(guest)
    finally:
        _clear(admin, email)
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="bold")
    for column in ("the guest reads", "signed up", "accepted", "removed again"):
        table.add_column(column, justify="right" if table.columns else "left", no_wrap=True)
    for name, table_name in _READ.items():
        table.add_row(name, *(f"{counts[table_name]:,}" for counts in (signed_up, accepted, removed)))
    console.print()
    console.print(table)


def _wait_for_a_letter(stack: Stack, recipient: str, seconds: float) -> Letter:
    letter = wait_for(lambda: letter_to(stack.layout.mail, recipient), seconds)
    if letter is None:
        raise DevstackError(f"No letter came within {seconds:.0f} seconds. See: make logs PART=sync")
    return letter


def _counts(client: Client) -> dict[str, int]:
    return {table: count(client, table) for table in _READ.values()}


def _clear(admin: Client, email: str) -> None:
    """Remove the guest, and the invitation where it is still open."""
    for row in rows(admin, "members", "id, email"):
        if row["email"] == email:
            admin.rpc("remove_member", {"p_member_id": row["id"]}).execute()
    for row in rows(admin, "invitations", "id, email, state"):
        if row["email"] == email and row["state"] == "pending":
            admin.rpc("revoke_invitation", {"p_invitation_id": row["id"]}).execute()
