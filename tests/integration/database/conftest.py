from collections.abc import Iterator

import pytest

from tests.integration.database.moves import Moves
from tools.scratch import Database, ScratchCluster


@pytest.fixture(scope="module")
def moves(cluster: ScratchCluster, migrated: Database) -> Iterator[Moves]:
    """Two organizations and the operator in a database of this module's tests; each brings numbers of its own."""
    with cluster.database(migrated.name) as database:
        yield Moves.set(database)
