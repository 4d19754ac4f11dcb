import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from devstack import programs
from devstack.distribution import postgres_home
from devstack.keys import Keys
from devstack.layout import Layout
from devstack.part import Part
from devstack.ports import HOST, Ports
from devstack.postgres import Cluster


@dataclass(frozen=True)
class Stack:
    """All parts of one local stack: which there are, where they listen, how they know each other."""

    layout: Layout
    ports: Ports
    live_calls_per_minute: float = 0

    @property
    def exists(self) -> bool:
        """Whether it was ever started here."""
        return self.layout.secrets_file.exists()

    @cached_property
    def keys(self) -> Keys:
        """The stack's secrets."""
        self.layout.create()
        return Keys.load_or_create(self.layout.secrets_file)

    @cached_property
    def cluster(self) -> Cluster:
        """The Postgres cluster."""
        self.layout.create()
        return Cluster(
            home=postgres_home(self.layout.state),
            data=self.layout.data,
            run=self.layout.run,
            port=self.ports.database_port,
            password=self.keys.supabase_admin_password,
            port_variable=self.ports.variable("database_port"),
        )

    @property
    def api_url(self) -> str:
        """The one origin."""
        return f"http://{HOST}:{self.ports.api_port}"

    @property
    def simulator_url(self) -> str:
        """The simulator's, for its control API."""
        return f"http://{HOST}:{self.ports.simulator_port}"

    def database_url(self, role: str) -> str:
        """Return the connection string of a role that signs in."""
        return self.cluster.url(role, self.keys.password(role))

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """All parts by name, in the order in which they are started."""
        parts = (
            self.cluster.part,
            programs.postgrest(
                self.layout.run,
                port=self.ports.postgrest_port,
                database_url=self.database_url("authenticator"),
                jwt_secret=self.keys.jwt_secret,
                port_variable=self.ports.variable("postgrest_port"),
            ),
            programs.webhook_app(
                self.layout.run,
                port=self.ports.webhooks_port,
                database_url=self.database_url("webhooks"),
                credentials_keys=self.keys.credentials_key,
                rest_url=f"http://{HOST}:{self.ports.postgrest_port}",
                port_variable=self.ports.variable("webhooks_port"),
            ),
            programs.gateway(
                self.layout.run,
                port=self.ports.api_port,
                keys=self.keys,
                postgrest_port=self.ports.postgrest_port,
                webhooks_port=self.ports.webhooks_port,
                auth_database_url=self.database_url("supabase_auth_admin"),
                storage_database_url=self.database_url("supabase_storage_admin"),
                storage=self.layout.storage,
                port_variable=self.ports.variable("api_port"),
            ),
            programs.simulator(
                self.layout.run,
                port=self.ports.simulator_port,
                accounts=self.layout.accounts_file,
                state=self.layout.simulator_state,
                live_calls_per_minute=self.live_calls_per_minute,
                port_variable=self.ports.variable("simulator_port"),
            ),
            programs.sync_watch(
                self.layout.run,
                database_url=self.database_url("sync"),
                credentials_keys=self.keys.credentials_key,
                simulator_port=self.ports.simulator_port,
                api_port=self.ports.api_port,
                storage_key=self.keys.secret_key,
                mail=self.layout.mail,
                probe=lambda: None if self.cluster.has_session("sync") else "is not connected to the database",
            ),
        )
        return {part.name: part for part in parts}

    def down(self) -> None:
        """Stop all parts, the last started first."""
        for part in reversed(list(self.parts.values())):
            part.stop()

    def clear(self) -> None:
        """Remove all data of a stopped stack, except its keys."""
        for directory in (self.layout.data, self.layout.storage, self.layout.mail, self.layout.run):
            shutil.rmtree(directory, ignore_errors=True)
        for file in (self.layout.accounts_file, self.layout.simulator_state):
            file.unlink(missing_ok=True)
        self.layout.create()
