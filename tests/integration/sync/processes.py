"""The script as cron or a service manager runs it, and what may stand between it and Postgres."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Self

from tests.integration.sync.world import World
from tests.support.leftovers import write_down

DEADLINE_SECONDS = 60


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition and return what it gave, or fail naming it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


class Process:
    """`python -m sync …`, its lines in a file."""

    def __init__(self, world: World, directory: Path, *arguments: str, **environment: str) -> None:
        self._log = directory / f"{len(list(directory.iterdir()))}.log"
        self._errors = self._log.with_suffix(".errors")
        key = world.keys.current.private_entry
        known = {
            "SYNC_DATABASE_URL": world.database.url("sync"),
            "CREDENTIALS_KEYS": key,
            "MIGHTYCALL_CALL_CENTER_URL": f"{world.simulator.url}/call_center/v4",
            "MIGHTYCALL_CLASSIC_URL": f"{world.simulator.url}/classic/v4",
            "NO_PROXY": "127.0.0.1",
            "PATH": os.environ["PATH"],
        }
        with self._log.open("wb") as log, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sync", *arguments],
                env={**known, **environment},
                stdout=log,
                stderr=errors,
                start_new_session=True,
            )
        write_down("sync", self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit code."""
        return self._process.wait(DEADLINE_SECONDS)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def said(self, event: str) -> list[dict[str, Any]]:
        """The whole lines about one event so far."""
        whole, _, _ = self.output.rpartition("\n")
        return [line for line in map(json.loads, whole.splitlines()) if line["event"] == event]


class Gate:
    """A way to Postgres that can be shut, cutting whoever is inside."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._open: list[socket.socket] = []
        self._is_shut = False
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        with self._lock:
            self._is_shut = True
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def reopen(self) -> None:
        self._is_shut = False

    def close(self) -> None:
        self.shut()
        self._server.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                with self._lock:
                    self._let_in(near)

    def _let_in(self, near: socket.socket) -> None:
        try:
            if self._is_shut:
                raise ConnectionRefusedError
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._open += [near, far]
        for source, sink in ((near, far), (far, near)):
            Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(world: World) -> Iterator[tuple[Gate, str]]:
    """A gate before the world's database, and the URL that leads through it."""
    real = world.database.cluster.port
    way = Gate(real)
    try:
        yield way, world.database.url("sync").replace(f":{real}/", f":{way.port}/")
    finally:
        way.close()
