import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bench.report import notes, table, write_json
from bench.rows import Row

ROWS = [
    Row("intake", "committed", "answered", "/s", (400.0, 900.0), (500.0, 1000.0), "two processes"),
    Row("intake", "committed", "inserted", "/s", (400.0, 900.0), (8000.0, 9000.0), "two processes"),
    Row("KPI query", "with policies", "without", "ms", (1.234, 1.1), (1.0, 1.0)),
]


def test_the_table_shows_ratio_and_figures() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table(ROWS))
    shown = console.export_text()
    assert "0.85" in shown
    assert "0.80-0.90" in shown
    assert "8,500 /s" in shown
    assert "1.17 ms" in shown
    assert shown.count("intake") == 1


def test_a_note_is_printed_once() -> None:
    assert notes(ROWS) == ["intake: two processes"]


def test_json_holds_every_figure(tmp_path: Path) -> None:
    write_json(tmp_path / "figures.json", ROWS, 12.34)
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["seconds"] == 12.3
    assert written["rows"][0]["ratio"] == pytest.approx({"median": 0.85, "min": 0.8, "max": 0.9})
    assert written["rows"][2]["a_figures"] == [1.234, 1.1]
