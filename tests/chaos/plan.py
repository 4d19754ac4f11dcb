"""How large a run is, what goes wrong in it, and when: all from a seed."""

import os
from dataclasses import dataclass, field
from random import Random
from typing import Self

from tests.support import fuzz

EVILS = ("kills", "deliveries", "requests", "moves", "corrections", "people")
_SMALLEST_WEEK = 1000


@dataclass(frozen=True)
class Plan:
    """One run."""

    seed: int
    calls: int
    """So many at least are in the week, of both accounts together."""
    minutes: float
    """For so long the week is told by webhooks, oldest first; what is left then, the history alone tells."""
    evils: frozenset[str] = field(default=frozenset(EVILS))

    @classmethod
    def from_environment(cls) -> Self:
        """Read the plan, each part of which may be left out."""
        without = set(os.environ.get("VICTORYSYNC_CHAOS_WITHOUT", "").split(",")) - {""}
        if unknown := without - set(EVILS):
            raise ValueError(f"VICTORYSYNC_CHAOS_WITHOUT: {sorted(unknown)} are not among {EVILS}")
        return cls(
            seed=int(os.environ.get("VICTORYSYNC_CHAOS_SEED") or fuzz.seed()),
            calls=max(_SMALLEST_WEEK, int(os.environ.get("VICTORYSYNC_CHAOS_CALLS") or 20_000)),
            minutes=float(os.environ.get("VICTORYSYNC_CHAOS_MINUTES") or 1.5),
            evils=frozenset(EVILS) - without,
        )

    def dice(self, what: str) -> Random:
        """Chance for one purpose, the same in every run with this seed."""
        return Random(f"{self.seed} {what}")  # noqa: S311

    def moments(self, what: str, count: int) -> list[float]:
        """When something happens, in seconds from the beginning, in order."""
        chance = self.dice(f"moments of {what}")
        return sorted(chance.uniform(0.04, 0.96) * self.minutes * 60 for _ in range(count))
