import random as randomness
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True)
class Runtime:
    """Time, chance and the wish to end, passed in wherever they are needed."""

    now: Callable[[], datetime]
    """The time, aware."""
    sleep: Callable[[float], None]
    """Waits that many seconds, less when the process is asked to end."""
    random: Callable[[], float]
    """Uniform in [0, 1)."""
    is_stopping: Callable[[], bool]
    """Whether the process has been asked to end."""

    @classmethod
    def real(cls, stop: threading.Event) -> Self:
        """The system's clock and randomness; `stop` is set when the process is asked to end."""

        def sleep(seconds: float) -> None:
            stop.wait(seconds)

        return cls(
            now=lambda: datetime.now(UTC),
            sleep=sleep,
            random=randomness.SystemRandom().random,
            is_stopping=stop.is_set,
        )
