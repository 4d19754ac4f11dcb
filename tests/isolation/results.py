"""What came of every cell of the matrix that was tried, as a table for people to read."""

from collections import defaultdict
from collections.abc import Sequence

LEGEND = (
    "A number is how many rows were read or written (for a function: rows it served, for KPIs calls counted); 0: asked "
    "and got nothing; -: refused. Over SQL and over HTTP the numbers are the same, or the cell says both. Every row "
    "written was put back; no other row of any table changed."
)


class Results:
    """Collects the outcome of cells."""

    def __init__(self, callers: Sequence[str]) -> None:
        self._callers = callers
        self._cells: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        self.requests = 0
        """How many HTTP requests were made for the cells and the attacks."""
        self.statements = 0
        """How many SQL statements were tried."""
        self.columns = 0
        """How many times a column was tried by itself."""

    def note(self, door: str, resource: str, verb: str, caller: str, outcome: int | None) -> None:
        """Keep the outcome of a cell; None: refused."""
        self._cells[resource, verb][caller][door] = "-" if outcome is None else str(outcome)

    def cells(self, door: str) -> int:
        """Tell how many cells were tried at a door."""
        return sum(door in cell for row in self._cells.values() for cell in row.values())

    def lines(self) -> list[str]:
        """Draw the table: objects and verbs down, callers across."""
        width = max(len(f"{resource} {verb}") for resource, verb in self._cells)
        titles = [caller.split("_") for caller in self._callers]
        widths = [max(len(word) for word in (*words, "000")) for words in titles]
        lines = []
        for row in range(max(map(len, titles))):
            words = (title[row] if row < len(title) else "" for title in titles)
            lines.append(" " * width + "".join(f"  {word:>{w}}" for word, w in zip(words, widths, strict=True)))
        lines.append("-" * len(lines[0]))
        previous = None
        resources = list(dict.fromkeys(resource for resource, _ in self._cells))
        rows_ = sorted(self._cells.items(), key=lambda row: resources.index(row[0][0]))
        for (resource, verb), outcomes in rows_:
            label = f"{'' if resource == previous else resource:<{width - len(verb)}}{verb}"
            cells = ("/".join(dict.fromkeys(outcomes.get(caller, {}).values())) for caller in self._callers)
            lines.append(label + "".join(f"  {cell:>{w}}" for cell, w in zip(cells, widths, strict=True)))
            previous = resource
        return lines
