import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from bench import changes, freshness, intake, keys, kpis, memory, page, peer, rest, upsert
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
    "page": page.page,
    "rest": rest.rest,
    "changes": changes.changes,
    "keys": keys.keys,
}


_LARGEST_SCALE = 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks and print what they say."""
    options = _parser().parse_args(arguments)
    started = time.monotonic()
    screen = console()
    rows: list[Row] = []
    with (
        screen.status("laying the ground: a Postgres, migrated") as status,
        Ground.prepared(options.scale, options.backfill_calls) as ground,
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    return parser


if __name__ == "__main__":
    main()
