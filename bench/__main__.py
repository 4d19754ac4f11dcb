import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from bench import (
    changes,
    freshness,
    intake,
    kept,
    keys,
    kpis,
    memory,
    page,
    peer,
    rest,
    rollup,
    upsert,
    year,
    year_kpis,
)
from bench.ground import Ground
from bench.report import console, notes, table, write_json
from bench.rows import Row

BENCHMARKS = {
    "intake": intake.intake,
    "freshness": freshness.freshness,
    "upsert": upsert.upsert,
    "peer": peer.peer,
    "memory": memory.memory,
    "kpis": kpis.kpis,
    "year": year_kpis.year,
    "pandas": year_kpis.pandas,
    "rollup": rollup.rollup,
    "page": page.page,
    "rest": rest.rest,
    "changes": changes.changes,
    "keys": keys.keys,
}


_LARGEST_SCALE = 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks and print what they say."""
    options = _parser().parse_args(arguments)
    if options.forget:
        kept.forget()
        return
    started = time.monotonic()
    screen = console()
    rows: list[Row] = []
    with (
        screen.status("laying the ground: a Postgres, migrated") as status,
        Ground.prepared(options.scale, options.backfill_calls, options.kpi_calls) as ground,
    ):
        for name in options.only or BENCHMARKS:
            status.update(name)
            rows += BENCHMARKS[name](ground)
    seconds = time.monotonic() - started
    screen.print(table(rows))
    for note in notes(rows):
        screen.print(note, highlight=False)
    if options.json:
        write_json(options.json, rows, seconds)


def _scale(text: str) -> float:
    scale = float(text)
    if not 0 < scale <= _LARGEST_SCALE:
        raise ValueError
    return scale


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and print ratios side by side.")
    parser.add_argument(
        "--only",
        action="append",
        choices=BENCHMARKS,
        metavar="NAME",
        help=f"one of {', '.join(BENCHMARKS)}; repeatable",
    )
    parser.add_argument("--scale", type=_scale, default=1.0, help="multiplies the sizes (1)")
    parser.add_argument(
        "--backfill-calls",
        type=_positive,
        metavar="N",
        help=f"calls of the backfill whose memory is measured ({memory.CALLS:,})",
    )
    parser.add_argument(
        "--kpi-calls",
        type=_positive,
        metavar="N",
        help=f"calls of the year that KPIs are asked of ({year.CALLS:,}); a million or more are kept for the next run",
    )
    parser.add_argument("--forget", action="store_true", help="remove the calls that are kept, and measure nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    return parser


if __name__ == "__main__":
    main()
