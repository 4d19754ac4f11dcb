"""The product's processes and the simulator, each in a process of its own, to be killed and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx

from devstack.ports import Ports
from devstack.postgres import Cluster
from tests.support.leftovers import write_down

DEADLINE_SECONDS = 300.0


def until(condition: Callable[[], Any], what: str, seconds: float = DEADLINE_SECONDS, every: float = 0.05) -> Any:
    """Wait for a condition and return what it gave, or fail naming it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(every)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


class Program:
    """A program that may be killed, and started again, at any moment; all that it ever said is in one file."""

    def __init__(self, directory: Path, name: str, *command: str, **environment: str) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self.generation = 0
        self._command = [sys.executable, "-m", *command]
        self._environment = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, **environment: str) -> None:
        """Run it."""
        self.generation += 1
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment | environment, stdout=log, stderr=log, start_new_session=True
            )
        write_down(self.name, self._process.pid)

    def kill(self) -> None:
        """End it and all its children without a word."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_child(self) -> None:
        """End its youngest child without a word."""
        children = children_of(self._process.pid) if self._process else []
        if children:
            with suppress(ProcessLookupError):
                os.kill(max(children), signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def said(self) -> Iterator[dict[str, Any]]:
        """The lines of JSON that it wrote, of all its lives; what a kill cut short is left out."""
        for line in self.output.splitlines():
            with suppress(ValueError):
                yield json.loads(line)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Postgres:
    """The cluster, which loses its processes and nothing else."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def kill(self) -> None:
        """End the postmaster and all its children with SIGKILL."""
        pid = self._cluster.daemon.pid
        assert pid, "Postgres does not run"
        # Stopped first, so that it starts no other ones.
        os.kill(pid, signal.SIGSTOP)
        children = children_of(pid)
        for each in [*children, pid]:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        until(lambda: not any(map(_is_there, children)), "the children of Postgres to be gone")
        self._cluster.stop()

    def shut_down_immediately(self) -> None:
        """Let the postmaster end its children at once, as an administrator does in need."""
        pid = self._cluster.daemon.pid
        assert pid, "Postgres does not run"
        os.kill(pid, signal.SIGQUIT)
        until(lambda: self._cluster.daemon.pid is None, "Postgres to be gone")
        self._cluster.stop()

    def start(self) -> None:
        """Recover, and answer again."""
        self._cluster.start()


def _is_there(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


class Provider:
    """The simulator's process, and its control API."""

    def __init__(self, directory: Path, accounts: Mapping[str, Any], *, seed: int, history_days: int) -> None:
        self.port = Ports.free().simulator_port
        self.url = f"http://127.0.0.1:{self.port}"
        file = directory / "accounts.json"
        file.write_text(json.dumps(accounts))
        arguments = f"--port {self.port} --seed {seed} --history-days {history_days} --accounts {file}"
        self.program = Program(directory, "simulator", "simulator", "serve", *arguments.split())
        self._http = httpx.Client(base_url=f"{self.url}/__simulator__", trust_env=False, timeout=120)

    @classmethod
    @contextmanager
    def running(cls, directory: Path, accounts: Mapping[str, Any], *, seed: int, history_days: int) -> Iterator[Self]:
        """Run one until the end."""
        provider = cls(directory, accounts, seed=seed, history_days=history_days)
        with provider.program, provider._http:
            until(provider._is_alive, "the simulator")
            yield provider

    def ask(self, method: str, path: str, json: Any = None, **parameters: Any) -> Any:
        """One request to the control API."""
        answer = self._http.request(method, path, json=json, params=parameters)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def truth(self, account: str, *parts: str) -> dict[str, Any]:
        """What is true of an account."""
        known: dict[str, Any] = self.ask("GET", "/truth", account=account, parts=",".join(parts))
        found: dict[str, Any] = known["accounts"][0]
        return found

    def _is_alive(self) -> bool:
        assert self.program.is_running, self.program.output
        with suppress(httpx.TransportError):
            return self._http.get("/health").is_success
        return False
