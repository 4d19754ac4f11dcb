"""A database that took long to make, kept for the next run in a cluster of its own."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.errors import BenchmarkError
from devstack.distribution import postgres_home
from devstack.hosted import prepare_cluster, prepare_database
from devstack.keys import Keys
from devstack.layout import Layout
from devstack.ports import Ports
from devstack.postgres import Cluster
from tools.scratch import PLATFORM, Database, ScratchCluster

_DATABASE: Final = "kept"
# Room to load and index millions of rows, and to read them.
_SETTINGS: Final = (
    *("shared_buffers=1GB", "maintenance_work_mem=512MB"),
    *("max_wal_size=8GB", "checkpoint_timeout=30min"),
)


class BusyError(BenchmarkError):
    """Another run uses the kept database."""


def directory() -> Path:
    """Return where kept clusters are; it may be removed while no benchmark runs."""
    return Layout.default().state / "bench"


def forget() -> None:
    """Remove everything that is kept."""
    with _held():
        for each in directory().iterdir():
            if each.is_dir():
                _remove(each)


@contextmanager
def kept(name: str, make: Callable[[ScratchCluster], Database]) -> Iterator[Database]:
    """Start the cluster of this name and return its database; it is made first where it is not there, or not wholly.

    What is kept under other names goes then: nobody asks for it again.

    Raises:
        BusyError: another run uses it.
    """
    with _held():
        home = directory() / name
        made = home / "made"
        if not made.exists():
            for other in directory().iterdir():
                if other.is_dir():
                    _remove(other)
            home.mkdir()
        scratch = _cluster(home)
        try:
            scratch.cluster.stop()
            scratch.cluster.create()
            scratch.cluster.start(seconds=300)
            if not made.exists():
                _prepare(scratch, make)
                made.touch()
            yield Database(scratch.cluster, scratch.keys, _DATABASE)
            with scratch.cluster.connect(_DATABASE) as connection:
                # Or stopping would take longer than it is given.
                connection.execute("checkpoint")
        finally:
            scratch.cluster.stop()


def _cluster(home: Path) -> ScratchCluster:
    keys = Keys.load_or_create(home / "secrets.json")
    cluster = Cluster(
        home=postgres_home(Layout.default().state),
        data=home / "data",
        run=home,
        port=Ports.free().database_port,
        password=keys.supabase_admin_password,
        durable=False,
    )
    cluster.daemon.command = [*cluster.daemon.command, *(part for each in _SETTINGS for part in ("-c", each))]
    return ScratchCluster(cluster, keys)


def _prepare(scratch: ScratchCluster, make: Callable[[ScratchCluster], Database]) -> None:
    prepare_cluster(scratch.cluster, scratch.keys)
    scratch.cluster.create_database(PLATFORM)
    prepare_database(scratch.cluster, PLATFORM)
    database = make(scratch)
    with scratch.cluster.connect() as connection:
        connection.execute(f"alter database {database.name} rename to {_DATABASE}".encode())
        connection.execute("checkpoint")


def _remove(home: Path) -> None:
    if (home / "secrets.json").exists():
        _cluster(home).cluster.stop()
    shutil.rmtree(home)


@contextmanager
def _held() -> Iterator[None]:
    Layout.default().create()
    directory().mkdir(mode=0o755, exist_ok=True)
    with (directory() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"another benchmark uses {directory()}") from error
        yield
