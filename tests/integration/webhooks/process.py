"""The app as a service manager runs it, to be stopped and killed."""

import http.client
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from devstack.daemon import birth_of
from devstack.ports import Ports
from tests.integration.sync.processes import until
from tests.integration.webhooks.world import World
from tests.support.leftovers import write_down


class Process:
    """`python -m webhooks` and its workers, its lines in a file; the world's senders talk to it."""

    def __init__(self, world: World, log: Path, *, database_url: str | None = None, **environment: str) -> None:
        self._log = log
        self._world = world
        # Through another way the database need not be there.
        self._sign_of_life = "/healthz" if database_url else "/readyz"
        world.port = world.port or Ports.free().webhooks_port
        known = {
            "WEBHOOKS_DATABASE_URL": database_url or world.database.url("webhooks"),
            "WEBHOOKS_PORT": str(world.port),
            "CREDENTIALS_KEYS": world.database.keys.credentials_key,
            "PATH": os.environ["PATH"],
        }
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webhooks"],
                env=known | environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        write_down("webhooks", self._process.pid)

    def __enter__(self) -> Self:
        try:
            until(self.is_alive, "the app")
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def output(self) -> str:
        return self._log.read_text()

    def terminate(self) -> None:
        """Ask it to stop, as a service manager does: the main process alone."""
        self._process.terminate()

    def wait(self) -> int:
        """Its exit code."""
        return self._process.wait(30)

    def kill(self) -> None:
        """End all of its processes without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_master(self) -> None:
        """End the main process without a word; its workers will notice."""
        self._process.kill()
        self._process.wait()

    def kill_worker(self) -> None:
        """End the youngest worker without a word; the main process will notice."""
        youngest = max(until(self._workers, "a worker"))
        with suppress(ProcessLookupError):
            os.kill(youngest, signal.SIGKILL)

    def _workers(self) -> list[int]:
        """The workers, those left out that were killed and wait for the main process to notice."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [pid for pid in map(int, children) if birth_of(pid)]

    def is_alive(self) -> bool:
        """Whether it answers."""
        assert self._process.poll() is None, self.output
        try:
            answer = self._world.request("GET", self._sign_of_life)
        except (OSError, http.client.HTTPException):
            return False
        return answer.status == 200 or answer.json.get("part") == "schema"
