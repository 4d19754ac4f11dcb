"""What `up` and `status` tell: addresses, keys, sign-ins and the health of the parts."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from devstack.daemon import State
from devstack.people import DemoUser
from devstack.stack import Stack


@dataclass(frozen=True)
class PartReport:
    """One part as it is now."""

    name: str
    title: str
    state: State
    trouble: str | None
    pid: int | None
    port: int | None
    log: str
    last_lines: list[str]
    """Only of a part in trouble."""


def part_reports(stack: Stack) -> list[PartReport]:
    """Look at every part."""
    reports = []
    for part in stack.parts.values():
        trouble = part.trouble()
        daemon = part.daemon
        reports.append(
            PartReport(
                name=part.name,
                title=part.title,
                state=daemon.state,
                trouble=trouble,
                pid=daemon.pid,
                port=part.port,
                log=str(daemon.log),
                last_lines=daemon.last_lines() if trouble and daemon.state is not State.STOPPED else [],
            )
        )
    return reports


def addresses(stack: Stack) -> dict[str, str]:
    """Return where everything is, and the keys, by the names that programs know them by."""
    return {
        "api_url": stack.api_url,
        "rest_url": f"{stack.api_url}/rest/v1",
        "auth_url": f"{stack.api_url}/auth/v1",
        "storage_url": f"{stack.api_url}/storage/v1",
        "webhooks_url": f"{stack.api_url}/webhooks/mightycall",
        "api_keys_url": f"{stack.api_url}/api/v1",
        "health_url": f"{stack.api_url}/health",
        "simulator_url": stack.simulator_url,
        "mail_folder": str(stack.layout.mail),
        "database_url": stack.database_url("postgres"),
        "publishable_key": stack.keys.publishable_key,
        "secret_key": stack.keys.secret_key,
        "jwt_secret": stack.keys.jwt_secret,
    }


def as_json(stack: Stack, parts: list[PartReport], users: list[DemoUser]) -> dict[str, Any]:
    """Return all of it for programs."""
    return {
        "healthy": all(part.trouble is None for part in parts),
        "state_directory": str(stack.layout.state),
        **addresses(stack),
        "users": [asdict(user) for user in users],
        "parts": [asdict(part) for part in parts],
    }


def print_parts(console: Console, parts: list[PartReport]) -> None:
    """Print a line for each part, and the last lines of one in trouble."""
    table = _table("part", "state", "port", "pid")
    for part in parts:
        is_well = part.trouble is None
        words = part.state.value if is_well or part.state is not State.RUNNING else "in trouble"
        port, pid = (str(number or "") for number in (part.port, part.pid))
        table.add_row(part.name, Text(words, "green" if is_well else "red"), port, pid)
    console.print(table, soft_wrap=True)
    for part in parts:
        if part.last_lines:
            console.print(Text(f"\n{part.name} {part.trouble}. Its last lines:", "bold"), soft_wrap=True)
            console.print(Text("\n".join(f"  {line}" for line in part.last_lines), "dim"), soft_wrap=True)


def print_doors(console: Console, stack: Stack) -> None:
    """Tell programs where to go with an API key, and everybody where letters are."""
    words = f"Programs read with an API key at {addresses(stack)['api_keys_url']}; letters land in {stack.layout.mail}"
    console.print(f"{words}, make logs PART=mail shows them.", style="dim", highlight=False, soft_wrap=True)


def print_welcome(console: Console, stack: Stack, users: list[DemoUser]) -> None:
    """Print where everything is and who can sign in."""
    console.print()
    for name, value in addresses(stack).items():
        # Plain lines: what is copied must not be cut to the width of a terminal.
        console.print(Text.assemble(f"{name.replace('_', ' '):<16}", (value, "cyan")), soft_wrap=True)
    people = _table("e-mail", "password", "role", "organization")
    for user in users:
        people.add_row(user.email, user.password, user.role, user.organization or "all")
    console.print()
    console.print(people, soft_wrap=True)
    console.print()
    print_doors(console, stack)
    words = "make demo shows what they read, and what happens when they act; make logs, make status, make down."
    console.print(words, style="dim", soft_wrap=True)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table
