from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from sync.errors import TransientError

T = TypeVar("T")


@dataclass(frozen=True)
class Retries:
    """Runs a request again after errors that pass by themselves, each time after a longer, jittered pause."""

    sleep: Callable[[float], None]
    """Waits that many seconds."""
    random: Callable[[], float]
    """Uniform in [0, 1)."""
    attempts: int = 4
    first_pause_seconds: float = 1
    longest_pause_seconds: float = 20

    def __call__(self, request: Callable[[], T]) -> T:
        """Run the request.

        Raises:
            TransientError: the last of `attempts`.
            Exception: the first of any other kind.
        """
        return Retrying(
            sleep=self.sleep,
            stop=stop_after_attempt(self.attempts),
            wait=self._pause,
            retry=retry_if_exception_type(TransientError),
            reraise=True,
        )(request)

    def _pause(self, state: RetryCallState) -> float:
        return pause(state.attempt_number, self.first_pause_seconds, self.longest_pause_seconds, self.random)


def pause(attempt: int, first_seconds: float, longest_seconds: float, random: Callable[[], float]) -> float:
    """Seconds to wait after the attempt of this number, counted from 1.

    Doubles each time up to the longest; the upper half is random, so that workers that failed together do not
    come back together.
    """
    whole = min(longest_seconds, first_seconds * 2.0 ** min(attempt - 1, 30))
    return whole * (0.5 + random() / 2)
