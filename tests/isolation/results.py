"""What came of every cell of the matrix that was tried, as a table for people to read."""

from collections import defaultdict
from collections.abc import Sequence

LEGEND = (
    "A number is how many rows were read or written (for a function: calls counted, integrations or lines made); 0: "
    "asked and got nothing. 401 and 403: refused. Every row written was put back; no other row of any table changed."
)


class Results:
    """Collects the outcome of cells."""

    def __init__(self, callers: Sequence[str]) -> None:
        self._callers = callers
        self._cells: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self.requests = 0
        """How many HTTP requests were made for the cells and the attacks."""
        self.columns = 0
        """How many times a column was tried by itself."""

    def note(self, resource: str, verb: str, caller: str, outcome: int) -> None:
        """Keep the outcome of a cell."""
        self._cells[resource, verb][caller] = str(outcome)

    @property
    def cells(self) -> int:
        """How many cells were tried."""
        return sum(len(row) for row in self._cells.values())

    def lines(self) -> list[str]:
        """Draw the table: objects and verbs down, callers across."""
        width = max(len(f"{resource} {verb}") for resource, verb in self._cells)
        titles = [caller.split("_") for caller in self._callers]
        widths = [max(len(word) for word in (*words, "403")) for words in titles]
        lines = []
        for row in (0, 1):
            words = (title[row] if row < len(title) else "" for title in titles)
            lines.append(" " * width + "".join(f"  {word:>{w}}" for word, w in zip(words, widths, strict=True)))
        lines.append("-" * len(lines[0]))
        previous = None
        resources = list(dict.fromkeys(resource for resource, _ in self._cells))
        rows_ = sorted(self._cells.items(), key=lambda row: resources.index(row[0][0]))
        for (resource, verb), outcomes in rows_:
            label = f"{'' if resource == previous else resource:<{width - len(verb)}}{verb}"
            cells = (outcomes.get(caller, "") for caller in self._callers)
            lines.append(label + "".join(f"  {cell:>{w}}" for cell, w in zip(cells, widths, strict=True)))
            previous = resource
        return lines
