"""What hosted Supabase has before our migrations: roles, schemas, extensions, Auth's and Storage's tables."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from devstack.errors import CommandFailedError
from devstack.keys import Keys
from devstack.layout import REPOSITORY
from devstack.postgres import Cluster

_HERE: Final = Path(__file__).parent
_LOGIN_ROLES: Final = ("postgres", "authenticator", "supabase_auth_admin", "supabase_storage_admin")
_OUR_LOGIN_ROLES: Final = ("webhooks", "sync")


def prepare_cluster(cluster: Cluster, keys: Keys) -> None:
    """Make Supabase's roles, once, and give them their rights, and those that sign in their passwords."""
    with cluster.connect() as connection, connection.transaction():
        if not connection.execute("select 1 from pg_catalog.pg_roles where rolname = 'authenticator'").fetchone():
            connection.execute(_script("roles"))
        connection.execute(_script("rights"))
        for role in _LOGIN_ROLES:
            _set_password(connection, role, keys)


def prepare_database(cluster: Cluster, database: str = "postgres") -> None:
    """Make Supabase's schemas, extensions and default privileges and Auth's and Storage's tables, once."""
    with cluster.connect(database) as connection, connection.transaction():
        if connection.execute("select 1 from pg_catalog.pg_namespace where nspname = 'auth'").fetchone():
            return
        connection.execute(_script("database"))
        for schema in ("auth", "storage"):
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(f"supabase_{schema}_admin")))
            connection.execute(_tables(schema).encode())
            connection.execute(_script(schema))


def open_login_roles(cluster: Cluster, keys: Keys) -> None:
    """Let the roles of our own programs, which the migrations made, sign in."""
    with psycopg.connect(cluster.url("postgres", keys.postgres_password), autocommit=True) as connection:
        for role in _OUR_LOGIN_ROLES:
            _set_password(connection, role, keys)


def _set_password(connection: psycopg.Connection, role: str, keys: Keys) -> None:
    statement = sql.SQL("alter role {} login password {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(keys.password(role))))


def _script(name: str) -> bytes:
    return (_HERE / "sql" / f"{name}.sql").read_bytes()


@cache
def _tables(schema: str) -> str:
    done = subprocess.run(
        ["node", str(_HERE / "gateway/schema.mjs"), schema], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandFailedError(f"gateway/schema.mjs {schema}", done.stderr)
    return done.stdout
