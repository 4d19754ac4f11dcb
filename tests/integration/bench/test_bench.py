import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_benchmark_measures_both_sides(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    subprocess.run(
        [sys.executable, "-m", "bench", "--scale", "0.02", "--json", str(figures)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=240,
    )
    rows = json.loads(figures.read_text())["rows"]
    assert {row["benchmark"] for row in rows} == {
        "webhook intake",
        "sync upsert",
        "KPI query",
        "page of calls",
        "PostgREST",
        "audited change",
        "API key's door",
    }
    assert all(row["ratio"]["median"] > 0 for row in rows)
