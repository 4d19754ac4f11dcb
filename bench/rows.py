"""What a benchmark says: one line per comparison, the ratio first."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A beside B, measured in turns: the n-th figures of both are of the same round.

    The ratio is A's figure over B's. Where the unit is a rate (`…/s`) more is better, where it is a time less is.
    """

    benchmark: str
    a: str
    b: str
    unit: str
    a_figures: tuple[float, ...]
    b_figures: tuple[float, ...]
    note: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratio of each round."""
        return tuple(a / b for a, b in zip(self.a_figures, self.b_figures, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: rounds that the machine spent elsewhere do not count."""
        return statistics.median(self.ratios)

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs that compare runs."""
        return {
            "benchmark": self.benchmark,
            "a": self.a,
            "b": self.b,
            "unit": self.unit,
            "ratio": {"median": self.ratio, "min": min(self.ratios), "max": max(self.ratios)},
            "a_figures": list(self.a_figures),
            "b_figures": list(self.b_figures),
            "note": self.note,
        }


Samples = dict[str, list[float]]
"""The figures of each contestant, one a round."""


def compare(benchmark: str, samples: Samples, unit: str, pairs: Sequence[tuple[str, str]], note: str = "") -> list[Row]:
    """Make a row of each pair of contestants."""
    return [Row(benchmark, a, b, unit, tuple(samples[a]), tuple(samples[b]), note) for a, b in pairs]
