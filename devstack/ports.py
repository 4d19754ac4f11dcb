import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final, Self

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from settings import Settings

HOST = "127.0.0.1"

# Below the range that outgoing connections draw from, one of which could take a port before it is used.
_CANDIDATES: Final = range(20_000, 32_000)
_SHARE: Final = 500


class Ports(Settings):
    """The ports of a local stack, Supabase's usual ones where it has them."""

    model_config = SettingsConfigDict(env_prefix="DEVSTACK_")

    api_port: int = Field(default=54321, ge=1, le=65535, description="the gateway: the one origin a browser needs")
    database_port: int = Field(default=54322, ge=1, le=65535, description="Postgres")
    postgrest_port: int = Field(default=54331, ge=1, le=65535, description="PostgREST, behind the gateway")
    webhooks_port: int = Field(default=54332, ge=1, le=65535, description="the webhook app, behind the gateway")
    simulator_port: int = Field(default=54333, ge=1, le=65535, description="the MightyCall simulator")

    @classmethod
    def free(cls) -> Self:
        """Pick ports that are free now and that no other process picks while this one runs."""
        free = filter(is_free, _share.ports())
        return cls(**{field: next(free) for field in cls.model_fields})

    def variable(self, field: str) -> str:
        """Name the environment variable that moves a port."""
        return self._variable_name(field)


class _Share:
    """The ports that this process picks from, in turn: none comes again before all the others did.

    Between picking a port and listening on it there is time enough for another process to pick the same. So each locks
    a part of a file, in which a byte stands for a port; the lock ends with the process, however that ends.
    """

    def __init__(self) -> None:
        self._owner = 0
        self._ports: Iterator[int] = iter(())

    def ports(self) -> Iterator[int]:
        """Return the share of this process, endlessly."""
        if self._owner != os.getpid():  # Locks are not inherited.
            self._ports, self._owner = cycle(self._lock()), os.getpid()
        return self._ports

    def _lock(self) -> list[int]:
        path = Path(tempfile.gettempdir(), f"victorysync-ports-{os.geteuid()}")
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        starts = list(_CANDIDATES[::_SHARE])
        for start in random.sample(starts, len(starts)):
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARE, start)
            except OSError:
                continue
            # The file stays open: closing it would end the lock.
            return random.sample(range(start, start + _SHARE), _SHARE)
        os.close(file)
        return random.sample(_CANDIDATES, len(_CANDIDATES))


_share = _Share()


def is_listening(port: int) -> bool:
    """Tell whether a server answers on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a loopback port."""
    with socket.socket() as probe:
        # As servers do, so that connections to one that stopped a moment ago do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
