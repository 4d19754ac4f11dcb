import json
import subprocess
import sys
from pathlib import Path

from bench.__main__ import BENCHMARKS

ROOT = Path(__file__).parents[3]


# Peers are installed from the registry, which no test needs.
MEASURED = [name for name in BENCHMARKS if name not in ("peer", "pandas")]


def test_every_benchmark_measures_both_sides(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "bench", "--scale", "0.02", "--kpi-calls", "3000", "--json", str(figures)),
            *(f"--only={name}" for name in MEASURED),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=480,
    )
    rows = json.loads(figures.read_text())["rows"]
    assert {row["benchmark"] for row in rows} == {
        "webhook intake",
        "freshness",
        "sync upsert",
        "sync upsert, CPU",
        "memory",
        "KPI query",
        "KPIs of a year",
        "ten times the calls",
        "policies, over a year",
        "PostgREST, a year",
        "wait percentile",
        "wait percentile, its time",
        "tax of what is pending",
        "rebuild",
        "sizes",
        "rollups, sync",
        "rollups, sync, CPU",
        "rollups, all in all, CPU",
        "rollups, fold",
        "rollups, webhooks",
        "page of calls",
        "PostgREST",
        "audited change",
        "API key's door",
    }
    assert all(row["ratio"]["median"] > 0 for row in rows)
