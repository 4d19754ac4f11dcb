"""Where benchmarks run: a durable Postgres of their own, with people, numbers and calls in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import psycopg

from credentials import KeyRing, seal
from credentials.sealing import PLATFORM
from devstack.hosted import open_login_roles
from devstack.migrations import apply_migrations
from devstack.part import Part
from tools.scratch import PLATFORM as PLATFORM_DATABASE
from tools.scratch import Database, ScratchCluster

INTEGRATION: Final = UUID("c0000000-0000-4000-8000-000000000000")
ORGANIZATION: Final = UUID("a0000000-0000-4000-8000-000000000000")
"""The organization that is measured."""
ADMIN: Final = UUID("b0000000-0000-4000-8000-000000000000")
AGENT: Final = UUID("b0000000-0000-4000-8000-000000000003")
API_KEYS: Final = tuple(UUID(f"90000000-0000-4000-8000-{number:012}") for number in range(8))
"""Keys of the measured organization, for everything. The secret of each is its id in words."""
SECRET: Final = b"a webhook secret of the benchmarks"
API_KEY: Final = b"the-key-of-the-account"

GROUND: Final = "ground"
"""The database that every benchmark's database is a copy of."""
_SCRIPT: Final = Path(__file__).with_name("ground.sql")
_CREDENTIALS: Final = {"webhook_secret": SECRET, "api_key": API_KEY, "user_key": b"the user's key"}
_CALLS: Final = 200_000
_OTHER_ORGANIZATIONS: Final = 4


@dataclass(frozen=True)
class Ground:
    """A cluster and the database that every benchmark's database is a copy of."""

    scratch: ScratchCluster
    scale: float
    """Multiplies the sizes and, less than them, the time."""
    backfill_calls: int | None = None
    """How many calls a backfill reads, instead of the usual number times the scale."""
    calls_of_year: int | None = None
    """How many calls the year of fifty organizations has, instead of the usual number times the scale."""

    @classmethod
    @contextmanager
    def prepared(
        cls, scale: float, backfill_calls: int | None = None, calls_of_year: int | None = None
    ) -> Iterator[Self]:
        """Start the cluster and lay the ground; everything is gone at the end."""
        with ScratchCluster.running() as scratch:
            # Commits are what is measured: this one must wait for the disk, as a real one does.
            replace(scratch.cluster, durable=True).start()
            lay(scratch)
            yield cls(scratch, scale, backfill_calls, calls_of_year)

    def size(self, usual: int) -> int:
        """Scale a number of things."""
        return max(1, round(usual * self.scale))

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Make a database of the benchmark's own, without calls."""
        with self.scratch.database(GROUND) as database:
            yield database

    @property
    def calls_of_organization(self) -> int:
        """How many calls the measured organization has in `calls`."""
        return self.size(_CALLS)

    @cached_property
    def calls(self) -> Database:
        """A database to read: 180 days of calls of the measured organization, and half as many of others."""
        database = self.scratch.copy(GROUND, "calls")
        with database.connect("supabase_admin") as connection:
            add = "call bench.add_calls(%s, %s, now() - interval '180 days', now())"
            connection.execute(add, [0, self.calls_of_organization])
            for other in range(1, _OTHER_ORGANIZATIONS + 1):
                connection.execute(add, [other, self.calls_of_organization // 2 // _OTHER_ORGANIZATIONS])
            connection.execute("vacuum (analyze) public.calls")
            connection.execute("select private.rebuild_rollup(%s, '-infinity', 'infinity')", [ORGANIZATION])
            connection.execute("analyze")
        return database


def lay(scratch: ScratchCluster) -> Database:
    """Make the ground in a cluster, with its roles."""
    template = scratch.copy(PLATFORM_DATABASE, GROUND)
    apply_migrations(template.url())
    open_login_roles(scratch.cluster, scratch.keys)
    with template.connect("supabase_admin") as connection:
        connection.execute(_SCRIPT.read_bytes())
        _store_credentials(connection, KeyRing.parse(scratch.keys.credentials_key))
    return template


@contextmanager
def running(part: Part) -> Iterator[Part]:
    """Run a program until the end of the block."""
    try:
        part.start()
        yield part
    finally:
        part.stop()


def _store_credentials(connection: psycopg.Connection[Any], keys: KeyRing) -> None:
    for purpose, secret in _CREDENTIALS.items():
        sealed = seal(secret, keys.current.public, organization=PLATFORM, integration_id=INTEGRATION, purpose=purpose)
        connection.execute(
            "insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)"
            " select org_id, id, %s, %s, %s from public.integrations where id = %s",
            [purpose, keys.current.key_id, sealed, INTEGRATION],
        )
