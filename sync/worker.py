import sys
import traceback
from datetime import UTC, datetime, timedelta
from typing import Final

from sync.errors import DatabaseAway, LeaseLost, QuotaRefused, QuotaSpent, Stopped, SyncError, TransientError, Yielded
from sync.jobs import JobRun, Tools
from sync.jobstore import Job
from sync.retries import pause
from sync.runtime import Runtime

_QUOTA_REST: Final = timedelta(hours=1)
_KEPT_BACK_REST: Final = timedelta(minutes=15)
_TRANSIENT_REST: Final = timedelta(minutes=5)
_LASTING_REST: Final = timedelta(minutes=15)
_LONGEST_REST: Final = timedelta(hours=1)
_MOST_ATTEMPTS: Final = 8
"""Of a backfill that does not get on: most of a working day."""


def run_pass(tools: Tools) -> int:
    """Do what is due until nothing is left or the process is asked to end; returns how many jobs failed.

    Raises:
        DatabaseError: no more work can be claimed. A job that was running is taken up again when its lease is over.
    """
    failures = 0
    while not tools.runtime.is_stopping():
        job = tools.store.claim_job(tools.worker, tools.runtime.now())
        if job is None:
            break
        failures += not _do(job, tools)
    return failures


def retry_at(error: Exception, attempt: int, runtime: Runtime) -> datetime:
    """When a failed or postponed job should be tried again, so that an outage does not eat the day's requests."""
    now = runtime.now()
    match error:
        case QuotaSpent(reason="used_up"):
            return _midnight(now) + timedelta(seconds=60 * runtime.random())
        case QuotaSpent(reason="kept_back"):
            return min(now + _KEPT_BACK_REST, _midnight(now)) + timedelta(seconds=60 * runtime.random())
        case QuotaRefused() | QuotaSpent():
            return min(now + _QUOTA_REST, _midnight(now)) + timedelta(seconds=60 * runtime.random())
        case TransientError():
            first = _TRANSIENT_REST
        case _:
            first = _LASTING_REST
    seconds = pause(attempt, first.total_seconds(), _LONGEST_REST.total_seconds(), runtime.random)
    return now + timedelta(seconds=seconds)


def _midnight(now: datetime) -> datetime:
    """When the day is over for which requests are counted."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _do(job: Job, tools: Tools) -> bool:
    """Do one job and give it back; false when it failed."""
    tools.reporter.started(job)
    now = tools.runtime.now
    try:
        JobRun(job, tools).run()
        tools.store.finish_job(job.job_id, tools.worker, None, None, now())
    except DatabaseAway as error:
        tools.reporter.ended(job, "interrupted", str(error))
        raise
    except LeaseLost as error:
        tools.reporter.ended(job, "lost", str(error))
    except (Stopped, Yielded) as error:
        tools.store.release_job(job.job_id, tools.worker, now())
        tools.reporter.ended(job, "stopped" if isinstance(error, Stopped) else "yielded")
    except (QuotaSpent, QuotaRefused) as error:
        if not _has_time(job, error):
            return _fail(job, tools, error)
        again = retry_at(error, job.attempt, tools.runtime)
        tools.store.postpone_job(job.job_id, tools.worker, again, str(error), now())
        tools.reporter.ended(job, "postponed", str(error))
    except TransientError as error:
        if job.kind != "backfill" or job.attempt >= _MOST_ATTEMPTS:
            return _fail(job, tools, error)
        again = retry_at(error, job.attempt, tools.runtime)
        tools.store.retry_job(job.job_id, tools.worker, again, str(error), now())
        tools.reporter.ended(job, "postponed", str(error))
    except Exception as error:  # One integration must not stop the others, whatever is wrong with it.
        return _fail(job, tools, error)
    else:
        tools.reporter.ended(job, "done")
    return True


def _fail(job: Job, tools: Tools, error: Exception) -> bool:
    reason = str(error) if isinstance(error, SyncError) else f"unexpected {type(error).__name__}: {error}"
    if not isinstance(error, SyncError):
        traceback.print_exception(error, file=sys.stderr)
    again = retry_at(error, job.attempt, tools.runtime)
    tools.store.finish_job(job.job_id, tools.worker, reason, again, tools.runtime.now())
    tools.reporter.ended(job, "failed", reason)
    return False


def _has_time(job: Job, error: QuotaSpent | QuotaRefused) -> bool:
    """Whether a job may wait for requests; whoever asked for one is told that there are none, unless some are left."""
    if isinstance(error, QuotaRefused):
        return job.kind == "backfill"
    return job.kind in ("scheduled", "backfill") or error.reason == "kept_back"
