"""An agent writes to somebody outside, and sees what becomes of the message."""

import secrets
import time
from typing import Final

import httpx
from postgrest.exceptions import APIError
from rich.console import Console

from devstack.demo_accounts import NORTHWIND
from devstack.errors import DevstackError
from devstack.rows import Row, checked_rows, is_current, rows
from devstack.stack import Stack
from devstack.waiting import wait_for
from supabase import Client

_E164: Final = "+12125550110"
_OUTSIDE: Final = "+12125550178"
_STRANGER: Final = "+12125550111"
"""A number of the organization that this agent was not given."""
_SETTLED: Final = ("delivered", "failed")


def show_message(stack: Stack, agent: Client, admin: Client, console: Console, seconds: float) -> None:
    """Send a text message as Northwind's agent and follow it until it was delivered.

    Raises:
        DevstackError: it was not delivered in time, or went out from a line that the agent has not.
    """
    console.print(f"\n[bold]A message from {NORTHWIND}'s agent[/]\n")
    person = {"sms": "delivered", "settles_after": 1}
    outside = httpx.put(
        f"{stack.simulator_url}/__simulator__/outside/{_OUTSIDE}", json=person, timeout=30, trust_env=False
    )
    outside.raise_for_status()
    body = f"Your appointment is confirmed. Reference {secrets.token_hex(3)}."
    begun = time.monotonic()
    sent = _send(agent, _line(agent, _E164), body)
    states = {str(sent["state"]): 0.0}

    def look() -> Row | None:
        columns = "state, failure_reason, sent_by"
        answer = agent.table("messages").select(columns).eq("id", sent["message_id"]).single().execute()
        (message,) = checked_rows([answer.data])
        states.setdefault(message["state"], time.monotonic() - begun)
        return message if message["state"] in _SETTLED else None

    with console.status("Waiting for its delivery …"):
        message = wait_for(look, seconds)
    if message is None or message["state"] != "delivered":
        raise DevstackError(f"The message was not delivered within {seconds:.0f} seconds. See: make logs PART=sync")
    console.print(f"From {_E164} to {_OUTSIDE}: “{body}”", highlight=False)
    steps = [f"{state} [dim]{after:.1f} s[/]" if after else state for state, after in states.items()]
    console.print(" → ".join(steps), highlight=False)
    try:
        _send(agent, _line(admin, _STRANGER), body)
    except APIError as error:
        console.print(f"From a line they have not been given: {error.details}.", highlight=False)
    else:
        raise DevstackError("The agent sent a message from a line they have not been given.")


def _line(client: Client, e164: str) -> str:
    lines = rows(client, "lines", "id, e164, period")
    return next(str(line["id"]) for line in lines if line["e164"] == e164 and is_current(line))


def _send(client: Client, line_id: str, body: str) -> Row:
    arguments = {"p_line_id": line_id, "p_to": [_OUTSIDE], "p_body": body}
    (answer,) = checked_rows(client.rpc("send_message", arguments).execute().data)
    return answer
