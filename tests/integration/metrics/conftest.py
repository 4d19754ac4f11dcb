"""Where stories take place, and at the end how many figures were compared."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.metrics.answers import compared, of_calls
from tests.integration.metrics.place import Hand, Place
from tools.scratch import Database, ScratchCluster


@pytest.fixture(scope="module")
def hand(cluster: ScratchCluster, migrated: Database) -> Iterator[Hand]:
    """One database for all examples; each of them is undone."""
    with cluster.database(migrated.name) as database, psycopg.connect(database.url()) as connection:
        yield Hand(connection, Place.arrange(connection))
        connection.rollback()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many figures of each function are what their definitions say."""
    if not compared:
        return
    terminalreporter.section("figures compared with their definitions")
    for function, count in sorted(compared.items()):
        terminalreporter.write_line(f"{function}: {count:,}")
    terminalreporter.write_line(f"of a range with calls: {of_calls[True]:,}, without: {of_calls[False]:,}")
