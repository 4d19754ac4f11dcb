from typing import Final

from sync.bell import Bell
from sync.errors import DatabaseError
from sync.jobs import Tools
from sync.retries import pause
from sync.worker import run_pass

_POLL_SECONDS: Final = 1.0
_POLL_SECONDS_WITH_BELL: Final = 5.0
_LONGEST_PAUSE_SECONDS: Final = 30.0


def watch(tools: Tools, bell: Bell) -> None:
    """Do work as it comes until the process is asked to end; an absent database is waited for."""
    runtime, reporter = tools.runtime, tools.reporter
    troubles = 0
    was_heard: bool | None = None
    while not runtime.is_stopping():
        try:
            is_heard = bell.hang()
            if is_heard is not was_heard:
                reporter.says("listening" if is_heard else "polling", seconds=None if is_heard else _POLL_SECONDS)
                was_heard = is_heard
            run_pass(tools)
            if troubles:
                reporter.says("database_back")
                troubles = 0
            bell.wait(_POLL_SECONDS_WITH_BELL if is_heard else _POLL_SECONDS)
        except DatabaseError as error:
            troubles += 1
            seconds = pause(troubles, 1, _LONGEST_PAUSE_SECONDS, runtime.random)
            reporter.says("database_away", error=str(error), next_try_seconds=round(seconds, 1))
            tools.store.close()
            bell.close()
            runtime.sleep(seconds)
    reporter.says("stopped")
