"""A fault that is switched on: where and how often it strikes, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Switch(BaseModel):
    """One fault switched on: for which requests or deliveries, how often, and its options."""

    model_config = ConfigDict(extra="forbid")

    fault: str
    path: str | None = None
    account: str | None = None
    times: int | None = Field(default=None, ge=1)
    share: float = Field(default=1, gt=0, le=1)
    seconds: float | None = None
    status: int | None = None
    how: str | None = None
    copies: int | None = Field(default=None, ge=1, le=100)
    by: int | None = None


OPTIONS = ("seconds", "status", "how", "copies", "by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What can be said of a fault whatever it strikes.

    `options` are those it has, with what they are unless given; of an option with `choices` only these can be had.
    `each`: of what `share` is the probability. A request is thrown for anew each time; a path keeps its fate, as a
    broken recording stays broken; things inside an answer have a fate each.
    """

    about: str
    path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    each: Literal["request", "path", "thing"] = "request"

    def fit(self, switch: Switch) -> Switch:
        """Return the switch with all its options.

        Raises:
            ValueError: it has an option that this fault does not, or one of an impossible value.
        """
        values = {name: value for name in OPTIONS if (value := getattr(switch, name)) is not None}
        for name, value in values.items():
            if name not in self.options:
                has = ", ".join(self.options) or "none"
                raise ValueError(f"{switch.fault} has no option {name}; its options are: {has}")
            if value not in self.choices.get(name, (value,)):
                raise ValueError(f"{name} of {switch.fault} is one of {', '.join(map(str, self.choices[name]))}")
            if name == "seconds" and value < 0 and switch.fault != "clock_skew":
                raise ValueError(f"seconds of {switch.fault} cannot be negative")
        path = self.path if switch.path is None else switch.path
        return switch.model_copy(update={**self.options, **values, "path": path})
