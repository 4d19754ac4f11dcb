"""The faults switched on, and the two places where they strike.

A blueprint under `Faults.guard` has its requests and answers pass them; deliveries pass `Faults.deliveries` before they
are sent. A fault exists when it is in `REQUEST_FAULTS` or `DELIVERY_FAULTS`; some are in both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from itertools import count
from random import Random
from threading import Event as Flag
from threading import Lock
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.datastructures import ImmutableMultiDict

from simulator.clock import Clock, system_clock
from simulator.delivery_faults import DELIVERY_FAULTS, Sending
from simulator.dice import dice
from simulator.events import Event
from simulator.request_faults import REQUEST_FAULTS, RequestFault, Strike, retouched
from simulator.switches import Fault, Switch

__all__ = ["Faults", "Sending", "Switch", "known"]

Struck = tuple[RequestFault, Strike]


@dataclass(slots=True)
class _On:
    """A fault switched on, with what is left of it and whom it has met."""

    number: int
    switch: Switch
    left: int | None
    met: int = 0
    first_met: dict[str, datetime] = field(default_factory=dict)


def known() -> dict[str, Fault]:
    """Return all faults there are, by name."""
    return {**DELIVERY_FAULTS, **REQUEST_FAULTS}


class Faults:
    """The faults switched on at present, in the order they were; what chance decides depends on the seed."""

    def __init__(self, seed: int = 1, clock: Clock = system_clock) -> None:
        self._seed = seed
        self._clock = clock
        self._lock = Lock()
        self._numbers = count(1)
        self._on: list[_On] = []
        self._stopping = Flag()

    def switch_on(self, switch: Switch) -> int:
        """Switch a fault on and return the number to switch it off by.

        Raises:
            ValueError: there is no such fault, or it has no such option.
        """
        fault = known().get(switch.fault)
        if fault is None:
            near = get_close_matches(switch.fault, known(), 1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"no fault {switch.fault!r}{meant}; there are {', '.join(known())}")
        fitted = fault.fit(switch)
        with self._lock:
            number = next(self._numbers)
            self._on.append(_On(number, fitted, fitted.times))
        return number

    def switch_off(self, which: str) -> int:
        """Switch off a number or all of a name, and return how many that were.

        Raises:
            ValueError: nothing of this number or name is on.
        """
        with self._lock:
            kept = [on for on in self._on if which not in (str(on.number), on.switch.fault)]
            if len(kept) == len(self._on):
                is_on = ", ".join(f"{on.switch.fault} ({on.number})" for on in self._on) or "nothing"
                raise ValueError(f"{which!r} is not switched on; on is: {is_on}")
            gone, self._on = len(self._on) - len(kept), kept
        return gone

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._on.clear()

    def on(self) -> list[dict[str, Any]]:
        """Return what is switched on, with its number and the times that are left."""
        with self._lock:
            return [
                {"number": on.number}
                | on.switch.model_dump(exclude_none=True)
                | ({"times": on.left} if on.left else {})
                for on in self._on
            ]

    def skew(self, api_key: str) -> float:
        """Return by how many seconds an account's clock is ahead, so far as all it tells is."""
        with self._lock:
            return sum(
                on.switch.seconds or 0
                for on in self._on
                if on.switch.fault == "clock_skew" and not on.switch.path and on.switch.account in (None, api_key)
            )

    def stop(self) -> None:
        """End the silences under way."""
        self._stopping.set()

    def guard(self, routes: Blueprint, account: Callable[[], str | None] | None = None) -> None:
        """Have the requests of a blueprint run into the faults; without `account` the request's API key tells whose."""

        @routes.before_request
        def run_into_faults() -> Response | None:
            # Read even what is going to be refused: a connection closed over unread input is reset.
            request.get_data(cache=True)
            g.struck = struck = self.take(request.path, account() if account else request.headers.get("x-api-key"))
            for fault, strike in struck:
                if fault.asked:
                    request.args = ImmutableMultiDict(fault.asked(strike.switch, request.args))
            return next((fault.instead(strike) for fault, strike in struck if fault.instead), None)

        @routes.after_request
        def spoil_the_answer(answer: Response) -> Response:
            return self.spoil(g.get("struck", []), answer)

    @staticmethod
    def spoil(struck: list[Struck], answer: Response) -> Response:
        """Return what the faults make of an answer."""
        answer = retouched([(fault, strike) for fault, strike in struck if fault.retouch], answer)
        for fault, strike in struck:
            answer = fault.spoil(strike, answer) if fault.spoil else answer
        return answer

    def take(self, path: str, api_key: str | None) -> list[Struck]:
        """Return the faults a request runs into, and count them as used: the first, and those that only retouch."""
        struck: list[Struck] = []
        with self._lock:
            for on in self._fitting(REQUEST_FAULTS, path, api_key):
                fault = REQUEST_FAULTS[on.switch.fault]
                if not self._hits(on, fault, path):
                    continue
                self._use(on)
                throw = partial(dice, self._seed, on.switch.fault)
                struck.append((fault, Strike(on.switch, self._stopping, throw, partial(self._since, on))))
                if not fault.retouch:
                    break
        return struck

    def deliveries(self, event: Event) -> list[Sending]:
        """Return what is to be sent for an event: the event itself unless faults say otherwise."""
        sendings = [Sending(event)]
        with self._lock:
            if not self._on:
                return sendings
            for on in list(self._fitting(DELIVERY_FAULTS, event.type, event.payload["ApiKey"])):
                fate: Callable[[object], Random] = partial(dice, self._seed, on.switch.fault, on.number, event.guid)
                if fate("share").random() >= on.switch.share:
                    continue
                self._use(on)
                strike = DELIVERY_FAULTS[on.switch.fault].strike
                sendings = [
                    result
                    for place, sending in enumerate(sendings)
                    for result in strike(on.switch, sending, fate(place))
                ]
        if sendings and sendings[0].is_copy:
            sendings[0] = replace(sendings[0], is_copy=False)
        return sendings

    def _fitting(self, registry: dict[str, Any], path: str, api_key: str | None) -> Iterator[_On]:
        for on in list(self._on):
            switch = on.switch
            if switch.fault in registry and (switch.path or "") in path and switch.account in (None, api_key):
                yield on

    def _hits(self, on: _On, fault: RequestFault, path: str) -> bool:
        switch = on.switch
        if fault.each == "thing":
            return True
        on.met += 1
        fate = path if fault.each == "path" else f"{on.number} {on.met}"
        if switch.share < 1 and dice(self._seed, switch.fault, fate).random() >= switch.share:
            return False
        return not fault.passes or switch.seconds is None or self._since(on, path) < switch.seconds

    def _since(self, on: _On, thing: str) -> float:
        return (self._clock() - on.first_met.setdefault(thing, self._clock())).total_seconds()

    def _use(self, on: _On) -> None:
        if on.left is not None:
            on.left -= 1
            if on.left == 0:
                self._on.remove(on)
