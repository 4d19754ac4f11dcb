"""A program reads with an API key, until the key is revoked."""

from http import HTTPStatus
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from devstack.demo_accounts import NORTHWIND
from devstack.rows import checked_rows, own_organization
from devstack.stack import Stack
from supabase import Client

_SCOPE: Final = "calls:read"
_ASKED: Final = (
    "/organizations?select=name",
    "/calls?select=started_at,outcome&order=started_at.desc&limit=1",
    "/audit_entries",
)


def show_key(stack: Stack, admin: Client, console: Console) -> None:
    """Make a key as Northwind's admin, read with it, and revoke it."""
    org_id = own_organization(admin, NORTHWIND)["id"]
    arguments = {"p_org_id": org_id, "p_name": "make demo", "p_scopes": [_SCOPE]}
    (key,) = checked_rows(admin.rpc("create_api_key", arguments).execute().data)
    try:
        door = f"{stack.api_url}/api/v1"
        headers = {"authorization": f"Bearer {key['secret']}"}
        with httpx.Client(base_url=door, headers=headers, timeout=30, trust_env=False) as program:
            answers = {path: program.get(path) for path in _ASKED}
            _revoke(admin, key["id"])
            refused = program.get(_ASKED[0])
    finally:
        _revoke(admin, key["id"])
    title = f"An API key of Northwind, {key['prefix']}_…, with the scope {_SCOPE}"
    console.print(Text.assemble("\n", (title, "bold"), "\n"))
    if HTTPStatus.NOT_FOUND in {answer.status_code for answer in answers.values()}:
        console.print("There is no door for API keys here.", style="dim")
        return
    table = Table(box=None, padding=(0, 3, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for path, answer in answers.items():
        table.add_row(f"GET /api/v1{path}", f"{answer.status_code}  {answer.text}")
    left = f"{answer.headers['ratelimit-remaining']} of {answer.headers['ratelimit-limit']}"
    table.add_row("requests left in this minute", left)
    table.add_row("once it is revoked", f"{refused.status_code}  {refused.json()['message']}")
    console.print(table)


def _revoke(admin: Client, key_id: str) -> None:
    admin.rpc("revoke_api_key", {"p_api_key_id": key_id}).execute()
