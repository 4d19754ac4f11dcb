"""What people read in sql/ is what is deployed from supabase/migrations/."""

from tools import schema
from tools.fingerprint import difference
from tools.migration import build, build_from_migrations, describe
from tools.scratch import ScratchCluster


def test_sql_and_migrations_build_the_same_database() -> None:
    # Two clusters, because roles belong to a cluster: what one creates the other must not find.
    with ScratchCluster.running() as one, ScratchCluster.running() as other:
        found = difference(describe(build_from_migrations(one)), describe(build(schema.SQL, other)))
    assert not found, f"From the migrations to sql/, this differs; see make migration.\n{found}"
