"""What the script says while it works: bars on a terminal, JSON lines anywhere else."""

import json
import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TextIO
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from sync.jobstore import Applied, Job


class Reporter(Protocol):
    """Hears what happens."""

    def started(self, job: Job) -> None:
        """A job was claimed."""

    def advanced(self, job: Job, applied: Applied, share: float | None) -> None:
        """A page was applied; `share` of the job (0 to 1) is now read, where that is known."""

    def ended(self, job: Job, outcome: str, error: str | None = None) -> None:
        """A job is over here: `done`, `failed`, `postponed`, `yielded`, `lost`, `stopped`, `interrupted`."""

    def says(self, event: str, **details: Any) -> None:
        """Something else is worth a line."""

    def close(self) -> None:
        """Nothing more will happen."""


class Lines:
    """One JSON object a line, for cron and log collectors."""

    def __init__(self, stream: TextIO, now: Callable[[], datetime]) -> None:
        self._stream = stream
        self._now = now
        self._tallies: dict[UUID, Counter[str]] = {}
        self._lock = Lock()

    def started(self, job: Job) -> None:
        """Begin to count what the job brings."""
        self._tallies[job.job_id] = Counter()
        self._job("job_started", job, attempt=job.attempt, range_from=job.range_from, range_to=job.range_to)

    def advanced(self, job: Job, applied: Applied, share: float | None) -> None:
        """Write what one page brought."""
        self._tallies[job.job_id].update(applied._asdict())
        share = None if share is None else round(share, 3)
        self._job("page_applied", job, share=share, **applied._asdict())

    def ended(self, job: Job, outcome: str, error: str | None = None) -> None:
        """Write what the whole job brought."""
        self._job(f"job_{outcome}", job, error=error, **self._tallies.pop(job.job_id, Counter()))

    def says(self, event: str, **details: Any) -> None:
        """Write one line; what is None is left out."""
        known = {name: value for name, value in details.items() if value is not None}
        line = json.dumps({"at": self._now().isoformat(), "event": event, **known}, default=str)
        with self._lock:  # The sideline says something too.
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except BrokenPipeError:
                # Who listened has gone; the work goes on, and what is still to be said goes nowhere.
                with Path(os.devnull).open("wb") as nowhere:
                    os.dup2(nowhere.fileno(), self._stream.fileno())

    def close(self) -> None:
        """Nothing is held back."""

    def _job(self, event: str, job: Job, **details: Any) -> None:
        of_job = {
            "job": job.job_id,
            "integration": job.integration_id,
            "resource": job.resource,
            "kind": job.kind,
        }
        self.says(event, **of_job, **details)


class Bars:
    """A bar per running job, and a line for each one that is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[items]} items"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[UUID, TaskID] = {}
        self._tallies: dict[UUID, Counter[str]] = {}
        self._progress.start()

    def started(self, job: Job) -> None:
        """Show a bar, pulsing until the share is known."""
        self._tallies[job.job_id] = Counter()
        self._tasks[job.job_id] = self._progress.add_task(_title(job), total=None, items=0)

    def advanced(self, job: Job, applied: Applied, share: float | None) -> None:
        """Move the bar."""
        tally = self._tallies[job.job_id]
        tally.update(applied._asdict())
        total = None if share is None else 1.0
        self._progress.update(self._tasks[job.job_id], items=tally.total(), total=total, completed=share)

    def ended(self, job: Job, outcome: str, error: str | None = None) -> None:
        """Replace the bar by a line."""
        task = self._tasks.pop(job.job_id, None)
        if task is not None:
            self._progress.remove_task(task)
        tally = self._tallies.pop(job.job_id, Counter())
        brought = ", ".join(f"{count} {name.removesuffix('_items')}" for name, count in tally.items()) or "nothing read"
        colour = "green" if outcome == "done" else "red" if outcome == "failed" else "yellow"
        text = f"[{colour}]{outcome:>11}[/] {_title(job)}: {brought}" + (
            f"\n            {escape(error)}" if error else ""
        )
        self._console.print(text, highlight=False)

    def says(self, event: str, **details: Any) -> None:
        """Print the event and what belongs to it."""
        known = ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
        self._console.print(escape(f"{event.replace('_', ' ')}: {known}" if known else event.replace("_", " ")))

    def close(self) -> None:
        """Give the terminal back."""
        self._progress.stop()


def _title(job: Job) -> str:
    return escape(f"{job.resource} of {job.integration_id} ({job.kind})")
