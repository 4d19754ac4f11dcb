"""pandas over exported calls, in an environment of its own: prints how long each answer took, and the answer.

Usage: `python peer_pandas.py <file.csv>`; each line of standard input is `load` or `count`.
"""

import json
import sys
import time
from typing import Any

import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

_WITHIN, _SHORT, _VERY_SHORT = 20, 5, 10


def load(path: str) -> Any:
    """Read the file as one would who is going to count in it."""
    kinds = dict.fromkeys(("direction", "outcome"), "category")
    return pd.read_csv(path, dtype=kinds, parse_dates=["started_at"])


def count(calls: Any) -> list[int]:
    """Return the numerators of the figures, in the order of bench.figures."""
    inbound = calls[calls.direction == "inbound"]
    outbound = calls[calls.direction != "inbound"]
    answered, missed = inbound[inbound.outcome == "answered"], inbound[inbound.outcome == "missed"]
    connected = outbound[outbound.outcome == "answered"]
    figures = [
        *(len(inbound), len(answered), (inbound.outcome == "voicemail").sum(), len(missed)),
        len(missed) - (missed.wait_seconds < _SHORT).sum(),
        (answered.wait_seconds <= _WITHIN).sum(),
        *(answered.wait_seconds.sum(), missed.wait_seconds.sum(), inbound.wait_seconds.max()),
        *(answered.talk_seconds.sum(), inbound.duration_seconds.sum()),
        *((inbound.is_dropped == "t").sum(), (answered.transfer_count > 0).sum()),
        (answered.talk_seconds < _VERY_SHORT).sum(),
        *(len(outbound), len(connected), connected.talk_seconds.sum()),
    ]
    return [int(figure) for figure in figures]


def main() -> None:
    """Answer line after line."""
    (path,) = sys.argv[1:]
    calls = load(path)
    for line in sys.stdin:
        started = time.monotonic()
        if line.strip() == "load":
            calls = load(path)
        figures = count(calls)
        sys.stdout.write(json.dumps([time.monotonic() - started, figures]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
