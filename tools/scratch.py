"""A Postgres cluster for a moment: prepared as hosted Supabase hands one over, gone afterwards."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg

from devstack.daemon import Daemon, birth_of
from devstack.distribution import postgres_home
from devstack.hosted import prepare_cluster, prepare_database
from devstack.keys import Keys
from devstack.layout import Layout
from devstack.ports import Ports
from devstack.postgres import Cluster

PLATFORM = "platform"
"""The database as hosted Supabase hands it over, without anything of ours."""


@dataclass(frozen=True)
class Database:
    """One database of a scratch cluster."""

    cluster: Cluster
    keys: Keys
    name: str

    def url(self, role: str = "postgres") -> str:
        """Return the connection string for a role that signs in."""
        return self.cluster.url(role, self.keys.password(role), self.name)

    def connect(self, role: str = "postgres", **options: Any) -> psycopg.Connection[Any]:
        """Connect in autocommit mode."""
        return psycopg.connect(self.url(role), autocommit=True, connect_timeout=10, **options)


class ScratchCluster:
    """A running cluster whose databases cost a file copy each."""

    def __init__(self, cluster: Cluster, keys: Keys) -> None:
        self.cluster = cluster
        self.keys = keys
        self._names = (f"scratch_{number}" for number in count(1))

    @classmethod
    @contextmanager
    def running(cls, *, durable: bool = False) -> Iterator[Self]:
        """Start a cluster on a free port, durable if it is going to be killed; stop and remove it at the end."""
        layout = Layout.default()
        layout.create()
        _remove_abandoned(layout.scratch)
        keys = Keys()
        directory = Path(tempfile.mkdtemp(dir=layout.scratch))
        directory.chmod(0o755)
        own(directory)
        cluster = Cluster(
            home=postgres_home(layout.state),
            data=directory / "data",
            run=directory,
            port=Ports.free().database_port,
            password=keys.supabase_admin_password,
            durable=durable,
        )
        try:
            cluster.create()
            cluster.start(120)
            prepare_cluster(cluster, keys)
            cluster.create_database(PLATFORM)
            prepare_database(cluster, PLATFORM)
            yield cls(cluster, keys)
        finally:
            cluster.stop()
            shutil.rmtree(directory)

    def new_directory(self) -> Path:
        """Make a directory for the pid files and logs of programs that use this cluster; it goes with the cluster."""
        return Path(tempfile.mkdtemp(dir=self.cluster.run, prefix="programs_"))

    def copy(self, template: str, name: str | None = None) -> Database:
        """Make a database as a copy of another, to which nobody may be connected."""
        database = Database(self.cluster, self.keys, name or next(self._names))
        self.cluster.create_database(database.name, template)
        return database

    @contextmanager
    def database(self, template: str = PLATFORM) -> Iterator[Database]:
        """Make a copy that is dropped at the end."""
        database = self.copy(template)
        try:
            yield database
        finally:
            self.cluster.drop_database(database.name)


def _owner_file(directory: Path) -> Path:
    return directory / "owner.json"


def own(directory: Path) -> None:
    """Write down whose the directory is, all of it at once: others may be looking."""
    partial = directory / "owner.new"
    partial.write_text(json.dumps([os.getpid(), birth_of(os.getpid())]))
    partial.replace(_owner_file(directory))


def _remove_abandoned(scratch: Path) -> None:
    """Stop and remove what processes that were killed left running; two may start at the same moment."""
    with (scratch / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for directory in scratch.iterdir():
            try:
                pid, birth = json.loads(_owner_file(directory).read_text())
            except (FileNotFoundError, NotADirectoryError):
                continue  # It is being made, or removed by its owner.
            if birth_of(pid) != birth:
                for pid_file in (*directory.glob("programs_*/*.pid"), *directory.glob("*.pid")):
                    Daemon(pid_file.stem, [], pid_file.parent).stop()
                shutil.rmtree(directory)
