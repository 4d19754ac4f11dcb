"""The figures of a range as they are had without rollups: plain SQL, written for these numbers alone, and pandas.

Each gives the numerators of the KPIs in `KPIS`, so that they can be compared with what `kpi_summary` says.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from bench.errors import UnequalError

KPIS: Final = (
    *("offered", "answered", "voicemail", "missed", "abandonment_rate", "service_level"),
    *("average_speed_of_answer", "average_abandon_wait", "longest_wait", "average_handle_time", "average_duration"),
    *("dropped_rate", "transferred_rate", "very_short_rate", "outbound", "outbound_connected_rate", "outbound_talk"),
)

# As the organizations are set: answered within 20 seconds, abandoned in less than 5 is short.
PLAIN: Final = """
select
  count(*) filter (where direction = 'inbound'),
  count(*) filter (where direction = 'inbound' and outcome = 'answered'),
  count(*) filter (where direction = 'inbound' and outcome = 'voicemail'),
  count(*) filter (where direction = 'inbound' and outcome = 'missed'),
  count(*) filter (where direction = 'inbound' and outcome = 'missed' and (wait_seconds < 5) is not true),
  count(*) filter (where direction = 'inbound' and outcome = 'answered' and wait_seconds <= 20),
  sum(wait_seconds) filter (where direction = 'inbound' and outcome = 'answered'),
  sum(wait_seconds) filter (where direction = 'inbound' and outcome = 'missed'),
  max(wait_seconds) filter (where direction = 'inbound'),
  sum(talk_seconds) filter (where direction = 'inbound' and outcome = 'answered'),
  sum(duration_seconds) filter (where direction = 'inbound'),
  count(*) filter (where direction = 'inbound' and is_dropped),
  count(*) filter (where direction = 'inbound' and outcome = 'answered' and transfer_count > 0),
  count(*) filter (where direction = 'inbound' and outcome = 'answered' and talk_seconds < 10),
  count(*) filter (where direction <> 'inbound'),
  count(*) filter (where direction <> 'inbound' and outcome = 'answered'),
  sum(talk_seconds) filter (where direction <> 'inbound' and outcome = 'answered')
from {}
where org_id = %s and started_at >= %s and started_at < %s
"""
FIVE: Final = """
select
  count(*), count(*) filter (where outcome = 'answered'), count(*) filter (where outcome = 'missed'),
  sum(wait_seconds), sum(talk_seconds)
from {}
where org_id = %s and started_at >= %s and started_at < %s and direction = 'inbound'
"""

_EXPORTED: Final = (
    "copy (select id, started_at, direction, outcome, wait_seconds, talk_seconds, duration_seconds, is_dropped,"
    " transfer_count, external_number from public.calls where org_id = {} and started_at >= {} and started_at < {})"
    " to stdout (format csv, header)"
)
_SCRIPT: Final = Path(__file__).with_name("peer_pandas.py")


def plain(connection: psycopg.Connection[Any], statement: str, table: str, parameters: list[Any]) -> list[int]:
    """Count with plain SQL."""
    (figures,) = connection.execute(statement.format(table).encode(), parameters).fetchall()
    return [int(figure) for figure in figures]


def export(connection: psycopg.Connection[Any], path: Path, parameters: list[Any]) -> None:
    """Write the calls of an organization in a range into a file."""
    statement = sql.SQL(_EXPORTED).format(*map(sql.Literal, parameters))
    with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in copy:
            file.write(part)


class Pandas:
    """A Python with pandas that has read an export."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextmanager
    def reading(cls, python: Path, path: Path) -> "Iterator[Pandas]":
        """Start it."""
        command = [str(python), str(_SCRIPT), str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield cls(process)
            if process.stdin:
                process.stdin.close()

    def ask(self, what: str) -> tuple[float, list[int]]:
        """Have it `load` and count, or `count`; returns milliseconds and figures."""
        if self._process.stdin is None or self._process.stdout is None:
            raise UnequalError("pandas cannot be talked to")
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        if not told:
            raise UnequalError(f"pandas ended with {self._process.wait()}")
        seconds, figures = json.loads(told)
        return seconds * 1000, figures
