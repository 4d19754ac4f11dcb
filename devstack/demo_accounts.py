"""The MightyCall accounts of the demo: whose they are, their numbers and teams, and what the simulator is told."""

import json
import os
import secrets
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from devstack.stack import Stack


@dataclass(frozen=True)
class Number:
    """A phone number, the organization that has it and the members who are given its line."""

    e164: str
    label: str
    organization: str | None = None
    """None: nobody has it yet."""
    given_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """A member of an account's team; with an e-mail address, somebody who signs in."""

    extension: str
    name: str
    numbers: tuple[str, ...]
    email: str | None = None


@dataclass(frozen=True)
class Account:
    """A MightyCall account and the integration that stands for it."""

    integration_id: UUID
    name: str
    kind: str
    owner: str | None
    """The organization whose integration it is; None: the whole platform's."""
    time_zone: str
    calls_per_day: int
    numbers: tuple[Number, ...]
    team: tuple[Person, ...]


NORTHWIND: Final = "Northwind Dental"
HARBOR: Final = "Harbor Logistics"

ACCOUNTS: Final = (
    Account(
        integration_id=UUID("d0000000-0000-4000-8000-0000000000b1"),
        name="Operator's MightyCall",
        kind="call_center",
        owner=None,
        time_zone="America/New_York",
        calls_per_day=180,
        numbers=(
            Number("+12125550110", "Front desk", NORTHWIND, ("agent@northwind.example", "manager@northwind.example")),
            Number("+12125550111", "Appointments", NORTHWIND, ("manager@northwind.example",)),
            Number("+12125550112", "Billing", NORTHWIND),
            Number("+12125550120", "Bookings", HARBOR, ("agent@harbor.example", "manager@harbor.example")),
            Number("+12125550130", "Spare"),
            Number("+12125550131", "Old campaign"),
        ),
        team=(
            Person("101", "Ana Castillo", ("+12125550110", "+12125550111"), "agent@northwind.example"),
            Person("102", "Marcus Lindqvist", ("+12125550111", "+12125550112"), "manager@northwind.example"),
            Person("103", "Ellen Moss", ("+12125550110", "+12125550112")),
            Person("201", "Tomasz Zielinski", ("+12125550120",), "agent@harbor.example"),
            Person("202", "Imogen Clarke", ("+12125550120",), "manager@harbor.example"),
            Person("301", "Operator's desk", ("+12125550130", "+12125550131")),
        ),
    ),
    Account(
        integration_id=UUID("d0000000-0000-4000-8000-0000000000b2"),
        name="Harbor's own MightyCall",
        kind="classic",
        owner=HARBOR,
        time_zone="Europe/London",
        calls_per_day=70,
        numbers=(
            Number("+16465550140", "Customs desk", HARBOR, ("manager@harbor.example",)),
            Number("+16465550141", "Warehouse", HARBOR),
        ),
        team=(
            Person("11", "Tomasz Zielinski", ("+16465550140",), "agent@harbor.example"),
            Person("12", "Imogen Clarke", ("+16465550140", "+16465550141"), "manager@harbor.example"),
        ),
    ),
)


@dataclass(frozen=True)
class Credentials:
    """What MightyCall's panel shows of an account."""

    api_key: str
    user_key: str
    webhook_secret: str


def serve_accounts(stack: Stack) -> dict[UUID, Credentials]:
    """Write the simulator's accounts file, keeping the keys that an earlier one holds.

    Returns:
        Each account's credentials, by integration.
    """
    path = stack.layout.accounts_file
    earlier = json.loads(path.read_text())["accounts"] if path.exists() else []
    credentials = {
        account.integration_id: next(
            (_credentials(entry) for entry in earlier if entry["webhook"]["url"].endswith(str(account.integration_id))),
            Credentials(secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(32)),
        )
        for account in ACCOUNTS
    }
    content = {
        "accounts": [_entry(account, credentials[account.integration_id], stack.api_url) for account in ACCOUNTS],
        # Seconds rather than ten: somebody is waiting for it.
        "history_lag_seconds": 3,
    }
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    partial.replace(path)
    return credentials


def _credentials(entry: dict[str, Any]) -> Credentials:
    return Credentials(entry["api_key"], entry["user_key"], entry["webhook"]["secret"])


def _entry(account: Account, credentials: Credentials, api_url: str) -> dict[str, Any]:
    return {
        "api_key": credentials.api_key,
        "user_key": credentials.user_key,
        "kind": account.kind,
        "numbers": [
            {"id": f"n{position}", "e164": number.e164, "label": number.label}
            for position, number in enumerate(account.numbers, start=1)
        ],
        "team": [
            {"extension": person.extension, "name": person.name, "numbers": person.numbers} for person in account.team
        ],
        "webhook": {
            "url": f"{api_url}/webhooks/mightycall/{account.integration_id}",
            "mode": "signed",
            "secret": credentials.webhook_secret,
        },
        "calls_per_day": account.calls_per_day,
        "time_zone": account.time_zone,
    }
