"""The database that the tests' databases are copies of."""

from devstack.hosted import open_login_roles
from devstack.layout import REPOSITORY
from devstack.migrations import apply_migrations
from tools.scratch import PLATFORM, Database, ScratchCluster

HELPERS = REPOSITORY / "supabase/tests/00_helpers.sql"


def migrate(cluster: ScratchCluster) -> Database:
    """Make a database with our migrations, pgTAP and the tests' helpers."""
    database = cluster.copy(PLATFORM, "migrated")
    apply_migrations(database.url())
    open_login_roles(cluster.cluster, cluster.keys)
    with database.connect("supabase_admin") as connection:
        connection.execute("create extension pgtap with schema extensions")
    with database.connect() as connection:
        connection.execute(HELPERS.read_bytes())
    return database
