import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from devstack.layout import REPOSITORY

_LOG_LIMIT_BYTES = 20_000_000
_TAIL_BYTES = 64 * 1024
_POLL_SECONDS = 0.05


class State(StrEnum):
    """What became of a daemon."""

    RUNNING = "running"
    DEAD = "dead"
    STOPPED = "stopped"


class Account(NamedTuple):
    """A user of the operating system."""

    uid: int
    gid: int


class _Record(NamedTuple):
    pid: int
    birth: str
    fingerprint: str


def birth_of(pid: int) -> str | None:
    """Tell when a process was born, in a form unique on this machine, or None if it does not run (any more).

    A process id alone is no identity: the kernel hands it out again.
    """
    try:
        # The command's name, in parentheses, may contain anything; the fields after it do not.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}:{start_ticks}"


@dataclass
class Daemon:
    """A program that runs on in the background: its pid file, its log, its end."""

    name: str
    command: Sequence[str]
    directory: Path
    """Holds the pid file and the log."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Comes on top of ours."""
    inputs: Sequence[Path] = ()
    """Files it reads when it starts."""
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _child: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @property
    def log(self) -> Path:
        """The file with everything the program printed."""
        return self.directory / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.directory / f"{self.name}.pid"

    @property
    def fingerprint(self) -> str:
        """Changes when the program would be started differently."""
        contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.inputs]
        meant = json.dumps([list(self.command), sorted(self.environment.items()), contents])
        return hashlib.sha256(meant.encode()).hexdigest()

    @property
    def state(self) -> State:
        """Running, dead (started and gone without being stopped) or stopped."""
        record = self._record()
        if record is None:
            return State.STOPPED
        return State.RUNNING if birth_of(record.pid) == record.birth else State.DEAD

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        record = self._record()
        return record.pid if record and birth_of(record.pid) == record.birth else None

    def runs_as_meant(self) -> bool:
        """Tell whether it runs and was started with this very command and environment."""
        record = self._record()
        return self.pid is not None and record is not None and record.fingerprint == self.fingerprint

    def start(self) -> None:
        """Start it in a session of its own, so that it outlives us and our terminal."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                cwd=REPOSITORY if self.account is None else self.directory,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=None if self.account is None else self.account.uid,
                group=None if self.account is None else self.account.gid,
                extra_groups=None if self.account is None else [],
            )
        record = _Record(self._child.pid, birth_of(self._child.pid) or "stillborn", self.fingerprint)
        partial = self._pid_file.with_suffix(".pid.new")
        partial.write_text(json.dumps(record._asdict()))
        partial.replace(self._pid_file)

    def stop(self, seconds: float = 15) -> None:
        """End it: by its stop signal, and when that does not help in time, by force."""
        pid = self.pid
        if pid is not None:
            # It may end by itself in between.
            with suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
                if not self._gone_within(seconds):
                    os.killpg(pid, signal.SIGKILL)
                    self._gone_within(seconds)
        if self._child is not None:
            self._child.wait()
            self._child = None
        self._pid_file.unlink(missing_ok=True)

    def last_lines(self, count: int = 10) -> list[str]:
        """Return the end of the log."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            if log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES)):
                log.readline()
            return log.read().decode(errors="replace").splitlines()[-count:]

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _record(self) -> _Record | None:
        try:
            return _Record(**json.loads(self._pid_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
