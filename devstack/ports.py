import random
import socket
from typing import Self

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from settings import Settings

HOST = "127.0.0.1"


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
        """Pick ports that are free now, for a stack beside another one."""
        # Below the range that outgoing connections draw from, one of which could take a port before it is used.
        candidates = random.sample(range(20_000, 32_000), 200)
        free = filter(is_free, candidates)
        return cls(**{field: next(free) for field in cls.model_fields})

    def variable(self, field: str) -> str:
        """Name the environment variable that moves a port."""
        return self._variable_name(field)


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
