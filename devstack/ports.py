import socket
from contextlib import ExitStack
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
        """Pick ports nobody listens on now, for a stack beside another one."""
        with ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in cls.model_fields]
            for each in sockets:
                each.bind((HOST, 0))
            return cls(**dict(zip(cls.model_fields, (each.getsockname()[1] for each in sockets), strict=True)))

    def variable(self, field: str) -> str:
        """Name the environment variable that moves a port."""
        return self._variable_name(field)


def is_listening(port: int) -> bool:
    """Tell whether some program accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
