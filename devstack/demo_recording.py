"""A recording is played by who may hear it, and by nobody else, and every play is told."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import httpx
from postgrest.exceptions import APIError
from rich.console import Console
from rich.table import Table
from storage3.exceptions import StorageApiError

from devstack.demo_accounts import HARBOR, NORTHWIND
from devstack.errors import DevstackError
from devstack.people import signed_in
from devstack.rows import Row, checked_rows
from devstack.stack import Stack
from devstack.waiting import wait_for
from supabase import Client

_LISTENERS: Final = (
    (f"agent of {NORTHWIND}", "agent@northwind.example"),
    (f"viewer of {NORTHWIND}", "viewer@northwind.example"),
    (f"agent of {HARBOR}", "agent@harbor.example"),
)


def show_recording(stack: Stack, agent: Client, admin: Client, console: Console, seconds: float) -> None:
    """Fetch the newest recording that Northwind's agent may hear, as them and as others, and compare it with the truth.

    Raises:
        DevstackError: no audio came in time, it is not what the provider has, or somebody else heard it.
    """
    with console.status("Waiting for a recording …"):
        recording = wait_for(lambda: _newest(agent), seconds, every=0.5)
    if recording is None:
        raise DevstackError(f"No recording came within {seconds:.0f} seconds. See: make logs PART=sync")
    started_at = datetime.fromisoformat(recording["started_at"])
    outside = recording["external_number"] or "a withheld number"
    console.print(f"\n[bold]A recording of {NORTHWIND}[/]\n")
    console.print(
        f"{recording['direction']} call, {outside}, {started_at:%a %d %b %H:%M} UTC; "
        f"{recording['size_bytes']:,} bytes of {recording['content_type']} in Storage.",
        highlight=False,
    )
    console.print()
    table = Table(box=None, padding=(0, 3, 0, 0), show_header=False)
    for name, email in _LISTENERS:
        with signed_in(stack, email) as listener:
            table.add_row(name, _listen(stack, listener, recording, may_hear=email == _LISTENERS[0][1]))
    console.print(table)
    plays = (
        admin.table("audit_entries")
        .select("actor")
        .eq("action", "play")
        .contains("row_key", {"id": recording["id"]})
        .order("id", desc=True)
        .limit(1)
        .execute()
    )
    told = [entry["actor"] for entry in checked_rows(plays.data)]
    if told != [_LISTENERS[0][1]]:
        raise DevstackError(f"The audit trail should tell of the play, it tells of {told}.")
    console.print(f"\nThe audit trail tells of the play by {told[0]}, and of no other.", highlight=False)


def _newest(client: Client) -> Row | None:
    columns = (
        "id, call_id, direction, external_number, started_at, size_bytes, content_type, sha256, calls(provider_call_id)"
    )
    answer = (
        client.table("recordings")
        .select(columns)
        .eq("state", "stored")
        .eq("kind", "call")
        .order("started_at", desc=True)
        .limit(1)
        .execute()
    )
    return next(iter(checked_rows(answer.data)), None)


def _listen(stack: Stack, listener: Client, recording: Row, *, may_hear: bool) -> str:
    """Play and fetch a recording; returns what came of it."""
    try:
        (grant,) = checked_rows(listener.rpc("play_recording", {"p_recording_id": recording["id"]}).execute().data)
        name = str(grant["object_name"])
    except APIError as error:
        refusal, name = str(error.details), str(recording["id"])
    else:
        refusal = ""
    try:
        audio = listener.storage.from_("recordings").download(name)
    except StorageApiError as error:
        if may_hear:
            raise DevstackError(f"Storage did not give the audio to who may hear it: {error}") from None
        return f"{refusal}; Storage itself: {error.status} {error.message}"
    if not may_hear:
        raise DevstackError("Somebody heard a recording that they may not hear.")
    heard = sha256(audio).hexdigest()
    if not heard == recording["sha256"].removeprefix("\\x") == _truth(stack, recording):
        raise DevstackError("What was heard is not what MightyCall has.")
    return f"plays: {len(audio):,} bytes, the same that MightyCall has (SHA-256 {heard[:16]}…)"


def _truth(stack: Stack, recording: Row) -> str | None:
    """Ask the simulator for the checksum of the audio that it has."""
    started_at = datetime.fromisoformat(recording["started_at"])
    around = {"from": started_at - timedelta(minutes=1), "to": started_at + timedelta(minutes=1)}
    answer = httpx.get(
        f"{stack.simulator_url}/__simulator__/truth",
        params={"parts": "recordings", **{name: at.isoformat() for name, at in around.items()}},
        timeout=30,
        trust_env=False,
    )
    answer.raise_for_status()
    call_id = recording["calls"]["provider_call_id"]
    checksums = [
        str(known["sha256"])
        for account in answer.json()["accounts"]
        for known in account["recordings"]
        if known["kind"] == "call" and known["call_id"] == call_id
    ]
    return next(iter(checksums), None)
