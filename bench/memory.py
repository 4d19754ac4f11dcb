"""Memory of a backfill: `python -m sync backfill` over a long history, beside a tenth of it."""

import hashlib
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from bench.errors import UnequalError
from bench.ground import API_KEY, INTEGRATION, Ground
from bench.provider import INTERVAL, History, serving
from bench.rows import Row, compare

CALLS: Final = 100_000
_A_TENTH: Final = 10
_KIB: Final = 1024
_LOOK_SECONDS: Final = 0.05

# Nothing else is due, and as many requests may be sent as it takes.
_ALONE: Final = """
insert into private.sync_cursors (integration_id, resource, next_run_at)
select %s, resource, now() + interval '1 year' from private.sync_resources
on conflict (integration_id, resource) do update set next_run_at = excluded.next_run_at
"""
_ALLOWED: Final = """
insert into private.provider_quota (api_key_hash, day, quota)
select %s, current_date + n, 1000000 from generate_series(0, 1) n
"""


class _Backfill(NamedTuple):
    mebibytes: float
    """The most that the process held in memory at once."""
    seconds: float


def memory(ground: Ground) -> list[Row]:
    """Measure the peak of a sync process' resident memory."""
    most = ground.backfill_calls or ground.size(CALLS)
    done = {calls: _backfill(ground, calls) for calls in (max(1, most // _A_TENTH), most)}
    names = {calls: f"backfill of {calls:,} calls, peak resident memory" for calls in done}
    (few, many) = names.values()
    samples = {names[calls]: [each.mebibytes] for calls, each in done.items()}
    times = "; ".join(
        f"{calls:,} calls in {each.seconds:.0f} s ({calls / each.seconds:,.0f}/s)" for calls, each in done.items()
    )
    return compare("memory", samples, "MiB", [(many, few)], f"the whole process `python -m sync backfill`; {times}.")


def _backfill(ground: Ground, calls: int) -> _Backfill:
    # As many calls a day however many there are, so that pages are of the same size.
    begins_at = (datetime.now(UTC) - calls * INTERVAL).replace(hour=0, minute=0, second=0, microsecond=0)
    ends_at = begins_at + calls * INTERVAL
    command = [sys.executable, "-m", "sync", "backfill", "--integration", str(INTEGRATION)]
    command += ["--from", f"{begins_at:%Y-%m-%d}", "--to", f"{ends_at:%Y-%m-%d}"]
    with (
        ground.database() as database,
        serving(History(begins_at, calls)) as url,
        database.connect("supabase_admin") as owner,
    ):
        owner.execute(_ALONE, [INTEGRATION])
        owner.execute(_ALLOWED, [hashlib.sha256(API_KEY).digest()])
        environment = {
            **os.environ,
            "SYNC_DATABASE_URL": database.url("sync"),
            "CREDENTIALS_KEYS": ground.scratch.keys.credentials_key,
            "MIGHTYCALL_CALL_CENTER_URL": f"{url}/v4",
        }
        log = ground.scratch.new_directory() / "backfill.log"
        started = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
            peak = _peak(process)
        seconds = time.monotonic() - started
        ((written,),) = owner.execute("select count(*) from public.calls").fetchall()
    if process.returncode or written != calls:
        raise UnequalError(f"{written} of {calls} calls came through: {log.read_text()[-2000:]}")
    return _Backfill(peak / _KIB, seconds)


def _peak(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end; returns the most that was resident, in KiB, as the kernel keeps it of the process.

    Not from its resource usage at the end, which also counts what was resident in us when it was forked.
    """
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        told = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        peak = int(told[1]) if told else peak
        time.sleep(_LOOK_SECONDS)
    return peak
