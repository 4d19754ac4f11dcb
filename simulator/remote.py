"""Commands that talk to a running simulator through its control API."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from simulator.control import TOKEN_HEADER

TIMEOUT_SECONDS = 120


class RemoteError(Exception):
    """What was asked could not be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A running simulator."""

    url: str
    control_token: str | None = None

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """Ask the control API for something and return its answer.

        Raises:
            RemoteError: there was none, or it was a refusal.
        """
        headers = {TOKEN_HEADER: self.control_token} if self.control_token else {}
        try:
            answer = httpx.request(
                method,
                f"{self.url.rstrip('/')}/__simulator__/{path}",
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                trust_env=False,
                **request,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RemoteError(
                f"no simulator answers at {self.url} ({error}); is it running, is --url right?"
            ) from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise RemoteError("the simulator wants its control token: --control-token, as it was started with")
        try:
            told = answer.json()
        except ValueError:
            raise RemoteError(f"{answer.url} answered HTTP {answer.status_code}; is that a simulator?") from None
        if answer.is_error:
            said = told.get("error") if isinstance(told, dict) else None
            raise RemoteError(str(said or f"HTTP {answer.status_code}"))
        return told


def fields_of(words: list[str]) -> dict[str, Any]:
    """Return what `name=value` words say: values that are JSON as such, others as text.

    Raises:
        RemoteError: a word is not of this form.
    """
    fields: dict[str, Any] = {}
    for word in words:
        name, is_given, value = word.partition("=")
        if not is_given or not name:
            raise RemoteError(f"{word!r} is not of the form name=value")
        try:
            fields[name] = json.loads(value)
        except ValueError:
            fields[name] = value
    return fields


def on_line(switch: dict[str, Any]) -> str:
    """Return a fault that is on as one line."""
    words = [f"{name}={value}" for name, value in switch.items() if name not in ("number", "fault") and value != ""]
    return f"{switch['number']:>3}  {switch['fault']:<20} {' '.join(words)}".rstrip()


def about_lines(known: list[dict[str, Any]]) -> list[str]:
    """Return the faults there are, each with what it does and its options."""
    lines = []
    for strikes in ("requests", "deliveries"):
        lines += ["", f"faults of {strikes}:"]
        for fault in (fault for fault in known if fault["strikes"] == strikes):
            lines.append(f"  {fault['fault']:<20} {fault['about']}")
            for option, value in fault["options"].items():
                choices = fault["choices"].get(option)
                told = "|".join(map(str, choices)) if choices else "N"
                lines.append(f"  {'':<20}   --{option} {told}" + ("" if value is None else f" (unless given: {value})"))
    return lines[1:]
