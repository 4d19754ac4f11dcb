"""Shows the product from the outside: what different people read, and what happens when one of them acts."""

from rich.console import Console

from devstack.demo_accounts import HARBOR, NORTHWIND
from devstack.demo_guest import show_guest
from devstack.demo_key import show_key
from devstack.demo_live import show_live_call
from devstack.demo_message import show_message
from devstack.demo_move import show_move
from devstack.demo_readers import read, show_readers
from devstack.demo_recording import show_recording
from devstack.demo_trail import show_trail
from devstack.demo_week import show_week
from devstack.people import ADMINS, OPERATOR, anonymous, signed_in
from devstack.rows import newest_audit_entry
from devstack.stack import Stack


def demo(stack: Stack, console: Console, *, patience: float = 15, seconds: float = 60) -> None:
    """Sign in as different people and print what each reads and what happens when they act; then look back.

    What it moves it puts back, so that it can be done again.

    Args:
        stack: a running one, with its demo data.
        console: where to print.
        patience: how long to wait for the live traffic to bring a call before asking the simulator for one.
        seconds: how long to wait for anything that has to come, at most.

    Raises:
        DevstackError: something did not come in time.
    """
    with (
        signed_in(stack, ADMINS[NORTHWIND]) as admin,
        signed_in(stack, "agent@northwind.example") as agent,
        signed_in(stack, ADMINS[HARBOR]) as neighbour,
        signed_in(stack, OPERATOR) as operator,
        anonymous(stack) as nobody,
    ):
        begun = newest_audit_entry(admin)
        readers = [
            read("org admin of Northwind", admin, NORTHWIND),
            read("agent of Northwind", agent, NORTHWIND),
            read("org admin of Harbor", neighbour, HARBOR),
            read("anonymous", nobody, NORTHWIND),
        ]
        show_readers(console, readers)
        show_live_call(stack, admin, console, patience, seconds)
        show_week(admin, console, seconds)
        show_message(stack, agent, admin, console, seconds)
        show_recording(stack, agent, admin, console, seconds)
        show_guest(stack, admin, nobody, console, seconds)
        show_move(stack, operator, admin, neighbour, console, seconds)
        show_key(stack, admin, console)
        show_trail(admin, console, begun, seconds)
