"""What can be made to go wrong, and the two places where it does.

Requests pass `Faults.take` before they are handled, and their answers the fault they took; deliveries pass
`Faults.deliveries` before they are sent. A fault exists when it is in one of the two registries below.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event as Flag
from threading import Lock
from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from simulator.events import Event


class Switch(BaseModel):
    """One fault switched on: for which requests, how often, and its options."""

    model_config = ConfigDict(extra="forbid")

    fault: str
    path: str = ""
    account: str | None = None
    times: int | None = Field(default=None, ge=1)
    status: int = 429
    seconds: float = Field(default=120, ge=0)
    how: str = Field(default="short_list", pattern="^(short_list|cut_body)$")


@dataclass(frozen=True, slots=True)
class RequestFault:
    """A fault of the API: it answers instead of the API, or spoils the API's answer."""

    instead: Callable[[Switch, Flag], Response] | None = None
    spoil: Callable[[Switch, Response], Response] | None = None


def _answer(payload: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(payload), status, mimetype="application/json")


def _server_error(_: Switch, __: Flag) -> Response:
    return _answer({"isSuccess": False, "message": "An error has occurred."}, 500)


def _garbage(_: Switch, __: Flag) -> Response:
    return Response("<html><body>Service is being updated…</body></html>", 200, mimetype="application/json")


def _quota(switch: Switch, _: Flag) -> Response:
    return _answer({"message": "Limit Exceeded"}, switch.status)


def _expired_token(_: Switch, __: Flag) -> Response:
    return _answer({"message": "Authorization has been denied for this request."}, 401)


def _silence(switch: Switch, stopping: Flag) -> Response:
    def body() -> Iterator[bytes]:
        stopping.wait(switch.seconds)
        # The server takes this as the client's leaving: it closes the connection without a word.
        raise ConnectionAbortedError
        yield b""

    return Response(body(), 200)


def _truncated_page(switch: Switch, answer: Response) -> Response:
    whole = answer.get_data()
    if switch.how == "cut_body":

        def half() -> Iterator[bytes]:
            yield whole[: len(whole) // 2]
            raise ConnectionAbortedError

        return Response(half(), answer.status_code, {"Content-Length": str(len(whole))}, "application/json")
    page = json.loads(whole)
    data = page.get("data")
    for name, items in data.items() if isinstance(data, dict) else ():
        if isinstance(items, list):
            data[name] = items[: len(items) // 2]
    return _answer(page, answer.status_code)


REQUEST_FAULTS: dict[str, RequestFault] = {
    "server_error": RequestFault(instead=_server_error),
    "garbage": RequestFault(instead=_garbage),
    "truncated_page": RequestFault(spoil=_truncated_page),
    "silence": RequestFault(instead=_silence),
    "quota": RequestFault(instead=_quota),
    "expired_token": RequestFault(instead=_expired_token),
}
# One event in, the events to send now out; a fault that delays one sends it later itself.
DELIVERY_FAULTS: dict[str, Callable[[Switch, Event], list[Event]]] = {}


class Faults:
    """The faults switched on at present, in the order they were."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._on: list[Switch] = []
        self._stopping = Flag()

    def switch_on(self, switch: Switch) -> None:
        """Switch a fault on.

        Raises:
            ValueError: there is no such fault.
        """
        if switch.fault not in REQUEST_FAULTS | DELIVERY_FAULTS:
            raise ValueError(f"no fault {switch.fault!r}; there are {', '.join([*REQUEST_FAULTS, *DELIVERY_FAULTS])}")
        with self._lock:
            self._on.append(switch.model_copy())

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._on.clear()

    def on(self) -> list[dict[str, Any]]:
        """Return what is switched on, with the times that are left."""
        with self._lock:
            return [switch.model_dump() for switch in self._on]

    def stop(self) -> None:
        """End the silences under way."""
        self._stopping.set()

    def take(self, path: str, api_key: str | None) -> Switch | None:
        """Return the fault a request runs into, and count it as used."""
        return self._take(REQUEST_FAULTS, path, api_key)

    def instead(self, switch: Switch) -> Response | None:
        """Return the answer the fault gives instead of the API, if it does."""
        answer = REQUEST_FAULTS[switch.fault].instead
        return answer(switch, self._stopping) if answer else None

    def spoil(self, switch: Switch, answer: Response) -> Response:
        """Return what the fault makes of the API's answer."""
        spoil = REQUEST_FAULTS[switch.fault].spoil
        return spoil(switch, answer) if spoil else answer

    def deliveries(self, event: Event) -> list[Event]:
        """Return what is to be sent for an event: the event itself unless a fault says otherwise."""
        switch = self._take(DELIVERY_FAULTS, event.type, event.payload["ApiKey"])
        return DELIVERY_FAULTS[switch.fault](switch, event) if switch else [event]

    def _take(self, registry: dict[str, Any], path: str, api_key: str | None) -> Switch | None:
        with self._lock:
            for switch in self._on:
                if switch.fault in registry and switch.path in path and switch.account in (None, api_key):
                    if switch.times is not None:
                        switch.times -= 1
                        if switch.times == 0:
                            self._on.remove(switch)
                    return switch
        return None
