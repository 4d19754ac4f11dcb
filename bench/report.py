"""The table at the end, and the same as JSON."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.rows import Row

_WIDTH_OF_FILES = 150


def console() -> Console:
    """Return the console to print to; into a file or a pipe it writes lines long enough for the table."""
    ours = Console()
    return ours if ours.is_terminal else Console(width=max(ours.width, _WIDTH_OF_FILES))


def table(rows: Iterable[Row]) -> Table:
    """Lay the rows out, one section per benchmark."""
    laid_out = Table(title="A beside B, measured in turns", title_justify="left")
    for heading in ("benchmark", "A", "B"):
        laid_out.add_column(heading)
    laid_out.add_column("A / B", justify="right", no_wrap=True)
    laid_out.add_column("min-max", justify="right", no_wrap=True)
    laid_out.add_column("A", justify="right", no_wrap=True)
    laid_out.add_column("B", justify="right", no_wrap=True)
    previous = None
    for row in rows:
        if previous not in (None, row.benchmark):
            laid_out.add_section()
        laid_out.add_row(
            "" if row.benchmark == previous else row.benchmark,
            row.a,
            row.b,
            f"{row.ratio:.2f}",
            f"{min(row.ratios):.2f}-{max(row.ratios):.2f}",
            _figure(row.a_figures, row.unit),
            _figure(row.b_figures, row.unit),
        )
        previous = row.benchmark
    return laid_out


def notes(rows: Iterable[Row]) -> list[str]:
    """Collect what the benchmarks have to add, each once, in order."""
    return list(dict.fromkeys(f"{row.benchmark}: {row.note}" for row in rows if row.note))


def write_json(path: Path, rows: Sequence[Row], seconds: float) -> None:
    """Write the rows and what they were measured on."""
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    result = {"machine": machine, "seconds": round(seconds, 1), "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def _figure(figures: Sequence[float], unit: str) -> str:
    median = statistics.median(figures)
    return f"{median:,.0f} {unit}" if median >= 100 else f"{median:,.3g} {unit}"
