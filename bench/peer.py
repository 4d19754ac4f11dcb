"""A peer doing the same job: dlt merges the same calls into Postgres, timed from the items to the last commit."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from bench.errors import UnequalError
from bench.ground import Ground
from bench.peers import installed, requirement
from bench.provider import History
from bench.rounds import in_turns
from bench.rows import Row, compare
from bench.stopwatch import rate_of
from bench.upsert import Door, running_job
from sync.store import Store

_ROUNDS: Final = 3
_CALLS: Final = 10_000
_PAGE: Final = 1000
_PEER: Final = "dlt"
_SCRIPT: Final = Path(__file__).with_name("peer_dlt.py")

_NEW: Final = "new calls, applied"
_UNCHANGED: Final = "unchanged calls, applied"
_NEW_BY_PEER: Final = "new calls, merged by dlt"
_UNCHANGED_BY_PEER: Final = "unchanged calls, merged by dlt"


def peer(ground: Ground) -> list[Row]:
    """Measure calls per second; nothing is measured where the peer cannot be installed."""
    size = ground.size(_CALLS)
    directory = ground.scratch.new_directory()
    python = installed(directory / "environment", _PEER)
    if python is None:
        return []
    with (
        ground.database() as database,
        database.connect("supabase_admin") as owner,
        Store(database.url("sync")) as store,
    ):
        door = Door(store, running_job(owner))
        history = History(datetime.now(UTC) - timedelta(days=300), size * (_ROUNDS + 2))
        ours, theirs = (_Contestant(history, size), _Contestant(history, size))
        with _merging(python, database.url("supabase_admin"), directory) as merge:

            def apply_pages(lines: list[str]) -> None:
                for start in range(0, len(lines), _PAGE):
                    door.apply(lines[start : start + _PAGE])

            def apply(lines: list[str]) -> float:
                return rate_of(len(lines), lambda: apply_pages(lines))

            def merge_lines(lines: list[str]) -> float:
                path = directory / "items.jsonl"
                path.write_text("\n".join(lines) + "\n")
                return len(lines) / merge(path)

            # What comes again must have been there before, whoever has the first turn.
            apply(ours.new())
            merge_lines(theirs.new())
            samples = in_turns(
                {
                    _NEW: lambda: apply(ours.new()),
                    _UNCHANGED: lambda: apply(ours.again()),
                    _NEW_BY_PEER: lambda: merge_lines(theirs.new()),
                    _UNCHANGED_BY_PEER: lambda: merge_lines(theirs.again()),
                },
                _ROUNDS,
            )
        ((calls, merged),) = owner.execute(
            "select (select count(*) from public.calls), count(*) from peer.calls"
        ).fetchall()
    if calls != merged:
        raise UnequalError(f"there are {calls} calls, and {merged} by dlt")
    return compare(
        "peer",
        samples,
        "calls/s",
        [(_NEW, _NEW_BY_PEER), (_UNCHANGED, _UNCHANGED_BY_PEER)],
        f"{size:,} calls at a time; {requirement(_PEER)}, merging with its strategy upsert, its start not counted.",
    )


class _Contestant:
    """The history on its way to one side."""

    def __init__(self, history: History, size: int) -> None:
        self._history = history
        self._size = size
        self._numbers, self._again = count(), count()

    def new(self) -> list[str]:
        """Return the next calls."""
        return self._lines(next(self._numbers))

    def again(self) -> list[str]:
        """Return the oldest calls that did not come a second time."""
        return self._lines(next(self._again))

    def _lines(self, number: int) -> list[str]:
        numbers = range(number * self._size, (number + 1) * self._size)
        return [json.dumps(self._history.item(each)) for each in numbers]


@contextmanager
def _merging(python: Path, url: str, directory: Path) -> "Iterator[_Merge]":
    command = [str(python), str(_SCRIPT), url, str(directory / "pipelines")]
    environment = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "HOME": str(directory)}
    with subprocess.Popen(
        command, env=environment, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield _Merge(process)
        if process.stdin:
            process.stdin.close()


class _Merge:
    """Lets the peer merge a file and returns the seconds it took."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, path: Path) -> float:
        if self._process.stdin is None or self._process.stdout is None:
            raise UnequalError("the peer cannot be talked to")
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        if not told:
            raise UnequalError(f"dlt ended with {self._process.wait()}")
        return float(told)
