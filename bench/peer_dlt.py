"""dlt merging calls into Postgres, in an environment of its own: prints how many seconds each file took.

Usage: `python peer_dlt.py <database url> <directory>`; each line of standard input names a file with one item a line.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found,unused-ignore]


def items(path: Path) -> Iterator[list[dict[str, Any]]]:
    """Read a file's items in pages of a thousand, as they would come from an API."""
    lines = path.read_text().splitlines()
    for start in range(0, len(lines), 1000):
        yield [json.loads(line) for line in lines[start : start + 1000]]


def main() -> None:
    """Merge one file after the other."""
    url, directory = sys.argv[1:]
    pipeline = dlt.pipeline(
        "calls", pipelines_dir=directory, destination=dlt.destinations.postgres(url), dataset_name="peer"
    )
    for line in sys.stdin:
        path = Path(line.strip())
        started = time.monotonic()
        pipeline.run(
            items(path),
            table_name="calls",
            primary_key="id",
            write_disposition={"disposition": "merge", "strategy": "upsert"},
            loader_file_format="csv",
        )
        sys.stdout.write(f"{time.monotonic() - started}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
