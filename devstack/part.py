from dataclasses import dataclass

from devstack.daemon import Daemon, State
from devstack.errors import PortInUseError
from devstack.ports import is_listening
from devstack.waiting import Probe, wait_until_healthy


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

    def start(self, seconds: float = 30) -> None:
        """Start it unless it already runs just so, and wait until it is healthy.

        Raises:
            PortInUseError: some other program has its port.
            PartFailedError: it dies, or is not healthy in time.
        """
        if not self.daemon.runs_as_meant():
            self.daemon.stop()
            if self.port is not None and is_listening(self.port):
                raise PortInUseError(self.port, self.title, self.port_variable)
            self.daemon.start()
        wait_until_healthy(self.daemon, self.probe, seconds)

    def stop(self) -> None:
        """Stop it; harmless when it does not run."""
        self.daemon.stop()

    def trouble(self) -> str | None:
        """Tell what is wrong with it now, or None when it is well."""
        return self.probe() if self.daemon.state is State.RUNNING else f"is {self.daemon.state}"
