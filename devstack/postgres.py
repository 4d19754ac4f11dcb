import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from devstack.daemon import Account, Daemon
from devstack.errors import CommandFailedError, DevstackError
from devstack.part import Part
from devstack.ports import HOST

SUPERUSER: Final = "supabase_admin"

_SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m %u@%d ",
}
_HASTY_SETTINGS: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_account() -> Account | None:
    """Find the user Postgres is to run as: ourselves (None), or when we are root, some other one.

    Raises:
        DevstackError: we are root and there is neither a user postgres nor nobody.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise DevstackError("Postgres refuses to run as root, and there is no user postgres or nobody to run it as.")


@dataclass(frozen=True)
class Cluster:
    """A Postgres cluster on a loopback port."""

    home: Path
    """Where bin, lib and share are."""
    data: Path
    run: Path
    """Gets the pid file and the log."""
    port: int
    password: str
    """The superuser's."""
    durable: bool = True
    """False trades safety from power cuts for speed, as tests do."""
    port_variable: str = "another port"
    """What moves the port, for the error when it is busy."""

    @cached_property
    def part(self) -> Part:
        """The server as a part of a stack."""
        return Part("Postgres", self.daemon, self.probe, self.port, self.port_variable)

    @cached_property
    def daemon(self) -> Daemon:
        """The server process."""
        settings = {**_SETTINGS, **({} if self.durable else _HASTY_SETTINGS), "port": str(self.port)}
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return Daemon(
            name="postgres",
            command=[str(self.home / "bin/postgres"), "-D", str(self.data), *flags],
            directory=self.run,
            account=postgres_account(),
            stop_signal=signal.SIGINT,
        )

    def create(self) -> bool:
        """Initialize the data directory unless it is there.

        Returns:
            Whether it was made now.
        """
        if self.data.exists():
            return False
        account = postgres_account()
        partial = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password = partial.with_suffix(".password")
        password.touch(mode=0o600)
        password.write_text(self.password)
        if account is not None:
            os.chown(partial, *account)
            os.chown(password, *account)
        try:
            done = subprocess.run(
                [
                    str(self.home / "bin/initdb"),
                    f"--pgdata={partial}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                    *([] if self.durable else ["--no-sync"]),
                ],
                cwd=partial,
                capture_output=True,
                text=True,
                check=False,
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )
        finally:
            password.unlink()
        if done.returncode:
            raise CommandFailedError("initdb", done.stdout + done.stderr)
        partial.rename(self.data)
        return True

    def start(self, seconds: float = 60) -> None:
        """Start the server and wait until it answers; harmless when it runs.

        Raises:
            PortInUseError: some other program has its port.
            PartFailedError: it does not come up.
        """
        self.part.start(seconds)

    def stop(self) -> None:
        """Stop the server, ending its sessions; what it has to write down first may take a while on a busy machine."""
        self.daemon.stop(seconds=60)

    def probe(self) -> str | None:
        """Tell what keeps the superuser from connecting, or None."""
        try:
            self.connect().close()
        except psycopg.OperationalError as error:
            return str(error).strip()
        return None

    def has_session(self, role: str) -> bool:
        """Tell whether a role is signed in."""
        with self.connect() as connection:
            found = connection.execute(
                "select 1 from pg_catalog.pg_stat_activity where usename = %s", [role]
            ).fetchone()
        return found is not None

    def url(self, role: str, password: str, database: str = "postgres") -> str:
        """Return a connection string."""
        return f"postgresql://{role}:{quote(password, safe='')}@{HOST}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Connect as the superuser, in autocommit mode."""
        return psycopg.connect(self.url(SUPERUSER, self.password, database), autocommit=True, connect_timeout=5)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Make a database as a copy of another one, which nobody may be connected to, and owned by the same role."""
        with self.connect() as connection:
            row = connection.execute(
                "select pg_catalog.pg_get_userbyid(datdba) from pg_catalog.pg_database where datname = %s", [template]
            ).fetchone()
            owner = row[0] if row else SUPERUSER
            statement = sql.SQL("create database {} template {} owner {} strategy file_copy")
            _execute_alone(connection, statement.format(*map(sql.Identifier, (name, template, owner))))

    def drop_database(self, name: str) -> None:
        """Remove a database, ending its sessions."""
        with self.connect() as connection:
            _execute_alone(connection, sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _execute_alone(connection: psycopg.Connection, statement: sql.Composed) -> None:
    """Execute what needs a database for itself: sessions that have ended may take a moment to be gone."""
    deadline = time.monotonic() + 60
    while True:
        try:
            connection.execute(statement)
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > deadline:
                raise
        else:
            return
