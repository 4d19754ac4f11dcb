import argparse
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console

from sync.bell import Bell
from sync.config import Config
from sync.errors import DatabaseError, DatabaseNotReady
from sync.jobs import Tools
from sync.progress import Bars, Lines, Reporter
from sync.runtime import Runtime
from sync.sidelines import sidelines
from sync.status import print_status
from sync.store import Store
from sync.watch import watch
from sync.worker import run_pass

NOTHING_WRONG, SOME_WORK_FAILED, MISCONFIGURED = 0, 1, 2
_LOOK_SECONDS = 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the result is the exit code: 0 nothing wrong, 1 some work failed, 2 misconfigured."""
    options = _parser().parse_args(arguments)
    config = Config.load_or_exit()
    runtime = Runtime.real(_stop_on_signals())
    if options.command in ("backfill", "replay") and options.last and options.first and options.last < options.first:
        print("--to is before --from", file=sys.stderr)
        return MISCONFIGURED
    try:
        with Store(config.database_url.get_secret_value()) as store:
            if options.command == "status":
                print_status(config, store.status(runtime.now()), as_json=options.json)
                return NOTHING_WRONG
            with _tools(config, store, runtime) as tools, sidelines(tools) as lines:
                for line in lines:
                    line.start()
                try:
                    code = _work(options, tools)
                finally:
                    for line in lines:
                        line.ask_to_finish()
                    failures = sum([line.finish() for line in lines])
                return code or (SOME_WORK_FAILED if failures and options.command != "watch" else NOTHING_WRONG)
    except DatabaseNotReady as error:
        print(error, file=sys.stderr)
        return MISCONFIGURED
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return SOME_WORK_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sync", description="Pull what MightyCall knows, and send what people ask for."
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="run | watch | backfill | one | replay | status"
    )
    commands.add_parser("run", help="do all work that is due, then end (for cron)")
    commands.add_parser("watch", help="do work as it becomes due or is asked for, until SIGTERM")

    backfill = commands.add_parser("backfill", help="read some days again, doing all other due work in between")
    backfill.add_argument("--integration", required=True, type=UUID, metavar="ID")
    backfill.add_argument("--resource", default="calls", choices=("calls", "voicemails", "messages"), help="calls")
    _add_period(backfill, is_required=True)

    one = commands.add_parser("one", help="read one call again, then do all other due work")
    one.add_argument("--integration", required=True, type=UUID, metavar="ID")
    one.add_argument("call_id", metavar="CALL_ID", help="MightyCall's id of the call")

    replay = commands.add_parser("replay", help="apply webhook events again, doing all other due work in between")
    replay.add_argument("--integration", required=True, type=UUID, metavar="ID")
    replay.add_argument("--failed", action="store_true", help="only those that could not be applied")
    _add_period(replay, is_required=False)

    status = commands.add_parser("status", help="show how far everything has been read")
    status.add_argument("--json", action="store_true", help="for programs")
    return parser


def _add_period(command: argparse.ArgumentParser, *, is_required: bool) -> None:
    day: dict[str, Any] = {"type": date.fromisoformat, "metavar": "DATE", "required": is_required}
    command.add_argument("--from", **day, dest="first", help="first day (UTC)")
    command.add_argument("--to", **day, dest="last", help="last day (UTC), included")


def _work(options: argparse.Namespace, tools: Tools) -> int:
    now = tools.runtime.now()
    match options.command:
        case "watch":
            url = tools.config.database_url.get_secret_value()
            bell = Bell(url, tools.store, tools.runtime)
            watch(tools, bell)
            bell.close()
            return NOTHING_WRONG
        case "backfill":
            start, end = _midnight(options.first), min(_midnight(options.last + timedelta(days=1)), now)
            if start >= end:
                print("--from lies in the future", file=sys.stderr)
                return MISCONFIGURED
            job_id = tools.store.queue_job(
                options.integration, options.resource, "backfill", range_from=start, range_to=end, now=now
            )
            return _follow(job_id, tools)
        case "one":
            return _follow(
                tools.store.queue_job(options.integration, "calls", "one", provider_id=options.call_id, now=now), tools
            )
        case "replay":
            first = options.first and _midnight(options.first)
            last = options.last and _midnight(options.last + timedelta(days=1))
            status = "failed" if options.failed else None
            return _follow(tools.store.queue_replay(options.integration, first, last, status, now), tools)
    return SOME_WORK_FAILED if run_pass(tools) else NOTHING_WRONG


def _follow(job_id: UUID, tools: Tools) -> int:
    """Work until a job is over, whichever worker has taken it, or has to wait for longer than anybody watches."""
    tools.reporter.says("job_queued", job=job_id)
    failures = 0
    while not tools.runtime.is_stopping():
        failures += run_pass(tools)
        outcome = tools.store.job_outcome(job_id)
        if outcome is None or outcome.state in ("done", "failed"):
            tools.reporter.says("job_over", job=job_id, **outcome._asdict() if outcome else {"state": "gone"})
            return SOME_WORK_FAILED if failures or outcome is None or outcome.state == "failed" else NOTHING_WRONG
        if outcome.state == "queued" and outcome.note and outcome.run_after > tools.runtime.now():
            tools.reporter.says("job_waits", job=job_id, until=outcome.run_after, note=outcome.note)
            return SOME_WORK_FAILED
        tools.runtime.sleep(_LOOK_SECONDS)
    return SOME_WORK_FAILED


@contextmanager
def _tools(config: Config, store: Store, runtime: Runtime) -> Iterator[Tools]:
    reporter: Reporter = Bars(Console()) if sys.stdout.isatty() else Lines(sys.stdout, runtime.now)
    worker = f"{config.worker_name}/{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with httpx.Client(headers={"user-agent": "victorysync"}) as http:
            yield Tools(worker, store, config, http, runtime, reporter)
    finally:
        reporter.close()


def _stop_on_signals() -> threading.Event:
    """End after the current page at the first SIGTERM or SIGINT, at once at the second."""
    stop = threading.Event()

    def ask(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


if __name__ == "__main__":
    sys.exit(main())
