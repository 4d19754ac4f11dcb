"""Faults of deliveries: what becomes of an event on its way to the receiver."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from simulator.events import Event
from simulator.request_faults import REQUEST_FAULTS, malformed, shifted, with_links
from simulator.switches import Fault, Switch


@dataclass(frozen=True, slots=True)
class Sending:
    """One sending of an event.

    With `after_seconds` it is sent by itself so much later. With `held_seconds` it waits until the next event of
    its call has been sent, for at most so long. `patience_seconds` is how long its first answer is waited for.
    """

    event: Event
    after_seconds: float = 0
    held_seconds: float | None = None
    patience_seconds: float | None = None
    is_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFault(Fault):
    """A fault of deliveries: a sending becomes none, another one or several."""

    strike: Callable[[Switch, Sending, Random], list[Sending]]


def _duplicates(switch: Switch, sending: Sending, rng: Random) -> list[Sending]:
    copies = [
        replace(sending, after_seconds=sending.after_seconds + rng.uniform(0, switch.seconds or 0), is_copy=True)
        for _ in range(switch.copies or 1)
    ]
    return [sending, *copies]


def _reordering(switch: Switch, sending: Sending, _: Random) -> list[Sending]:
    return [replace(sending, held_seconds=switch.seconds)]


def _loss(_: Switch, __: Sending, ___: Random) -> list[Sending]:
    return []


def _lateness(switch: Switch, sending: Sending, _: Random) -> list[Sending]:
    return [replace(sending, after_seconds=sending.after_seconds + (switch.seconds or 0))]


def _delivery_timeout(switch: Switch, sending: Sending, _: Random) -> list[Sending]:
    return [replace(sending, patience_seconds=switch.seconds)]


def _clock_skew(switch: Switch, sending: Sending, _: Random) -> list[Sending]:
    event = sending.event
    return [replace(sending, event=replace(event, payload=shifted(event.payload, switch.seconds or 0)))]


def _link_malformed(switch: Switch, sending: Sending, _: Random) -> list[Sending]:
    payload = with_links(sending.event.payload, lambda link: malformed(link, switch.how))
    return [replace(sending, event=replace(sending.event, payload=payload))]


DELIVERY_FAULTS: dict[str, DeliveryFault] = {
    "duplicates": DeliveryFault(
        about="an event is sent once more (--copies), within so many seconds",
        options={"copies": 1, "seconds": 2.0},
        strike=_duplicates,
    ),
    "reordering": DeliveryFault(
        about="an event is sent after the next one of its call, or after so many seconds if none comes",
        options={"seconds": 5.0},
        strike=_reordering,
    ),
    "loss": DeliveryFault(about="an event is never sent", strike=_loss),
    "lateness": DeliveryFault(
        about="an event is sent so many seconds later, by itself", options={"seconds": 30.0}, strike=_lateness
    ),
    "delivery_timeout": DeliveryFault(
        about="an event's first answer is waited for only so many seconds; then it is sent again, as after silence",
        options={"seconds": 0.001},
        strike=_delivery_timeout,
    ),
    "clock_skew": DeliveryFault(
        about=REQUEST_FAULTS["clock_skew"].about, options=REQUEST_FAULTS["clock_skew"].options, strike=_clock_skew
    ),
    "link_malformed": DeliveryFault(
        about=REQUEST_FAULTS["link_malformed"].about,
        options=REQUEST_FAULTS["link_malformed"].options,
        choices=REQUEST_FAULTS["link_malformed"].choices,
        strike=_link_malformed,
    ),
}
