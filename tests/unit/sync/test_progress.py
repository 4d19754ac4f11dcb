import io
import json
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from sync.jobstore import Applied, Job
from sync.progress import Bars, Lines, Reporter

NOW = datetime(2026, 6, 5, 12, tzinfo=UTC)
JOB = Job(
    job_id=UUID(int=1),
    integration_id=UUID(int=2),
    organization="platform",
    account_type="call_center",
    resource="calls",
    kind="scheduled",
    range_from=NOW,
    range_to=NOW,
    provider_id=None,
    attempt=1,
)


def tell(reporter: Reporter, error: str | None = None) -> None:
    reporter.says("listening")
    reporter.started(JOB)
    reporter.advanced(JOB, Applied(5, 1, 0, 1), 0.5)
    reporter.advanced(JOB, Applied(2, 0, 3, 0), None)
    reporter.ended(JOB, "failed" if error else "done", error)
    reporter.close()


def test_lines_are_json_objects_that_name_the_job_and_sum_up() -> None:
    stream = io.StringIO()
    tell(Lines(stream, lambda: NOW))
    lines: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "listening",
        "job_started",
        "page_applied",
        "page_applied",
        "job_done",
    ]
    assert all(line["at"] == "2026-06-05T12:00:00+00:00" for line in lines)
    assert all(line["job"] == str(UUID(int=1)) and line["resource"] == "calls" for line in lines[1:])
    assert lines[2]["share"] == 0.5
    assert "share" not in lines[3]
    sums = {name: count for name, count in lines[4].items() if name.endswith("_items")}
    assert sums == {"new_items": 7, "changed_items": 1, "unchanged_items": 3, "rejected_items": 1}


def test_a_line_says_why_a_job_failed() -> None:
    stream = io.StringIO()
    tell(Lines(stream, lambda: NOW), "MightyCall answered 500")
    assert json.loads(stream.getvalue().splitlines()[-1])["error"] == "MightyCall answered 500"


def test_work_goes_on_when_nobody_listens_any_more() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        os.close(reader)
        tell(Lines(stream, lambda: NOW))


@pytest.mark.parametrize("error", [None, "truncated page [2 of 5] [/]"])
def test_a_terminal_shows_each_job_that_is_over(error: str | None) -> None:
    stream = io.StringIO()
    tell(Bars(Console(file=stream, force_terminal=True, width=200, color_system=None)), error)
    shown = stream.getvalue()
    assert "7 new, 1 changed, 3 unchanged, 1 rejected" in shown
    assert (error or "done") in shown
