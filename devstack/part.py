import time
from dataclasses import dataclass
from typing import Final

from devstack.daemon import Daemon, State
from devstack.errors import PortInUseError
from devstack.ports import is_free, is_listening
from devstack.waiting import Probe, wait_until_healthy

_PASSING_SECONDS: Final = 65.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Part:
    """One program of the stack: how it is started, how one sees that it is well."""

    title: str
    daemon: Daemon
    probe: Probe
    port: int | None = None
    port_variable: str = "another port"

    @property
    def name(self) -> str:
        """What commands and log files call it."""
        return self.daemon.name

    def start(self, seconds: float = 60) -> None:
        """Start it unless it already runs just so, and wait until it is healthy.

        Raises:
            PortInUseError: some other program has its port.
            PartFailedError: it dies, or is not healthy in time.
        """
        if not self.daemon.runs_as_meant():
            self.daemon.stop()
            self._wait_for_port()
            self.daemon.start()
        wait_until_healthy(self.daemon, self.probe, seconds)

    def stop(self) -> None:
        """Stop it; harmless when it does not run."""
        self.daemon.stop()

    def _wait_for_port(self) -> None:
        if self.port is None:
            return
        deadline = time.monotonic() + _PASSING_SECONDS
        while not is_free(self.port):
            # What does not listen is a passing connection that was given the number; it is over within a minute.
            if is_listening(self.port) or time.monotonic() > deadline:
                raise PortInUseError(self.port, self.title, self.port_variable)
            time.sleep(_POLL_SECONDS)

    def trouble(self) -> str | None:
        """Tell what is wrong with it now, or None when it is well."""
        return self.probe() if self.daemon.state is State.RUNNING else f"is {self.daemon.state}"
