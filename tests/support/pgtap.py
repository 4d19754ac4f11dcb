"""Runs the pgTAP files in supabase/tests, each in a transaction that it rolls back itself.

There is no Python beside them: a module in there would hide the package supabase, which shares the directory's name.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.abc import Query
from pytest_pgtap.pgtap import Runner
from pytest_pgtap.plugin import PgTapFile

from tests.support.postgres import HELPERS
from tools.scratch import Database, ScratchCluster


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.File | None:
    """Collect SQL files whatever their name: it states the behaviour, and need not begin with "test"."""
    if file_path.suffix != ".sql" or HELPERS.parent not in file_path.parents or file_path == HELPERS:
        return None
    if file_path.name.startswith("test"):
        return None  # pytest-pgtap itself takes these.
    if not file_path.read_text().rstrip().endswith("\nrollback;"):
        raise pytest.UsageError(f"{file_path} does not end with rollback; and would change the database for the others")
    file: pytest.File = PgTapFile.from_parent(parent, path=file_path)
    return file


TAP_LINE = re.compile(r"(not )?ok\b|1\.\.\d|#|Bail out!")


class TapRunner(Runner):  # type: ignore[misc]
    """Reports only TAP: a story also selects from functions that arrange it, and what they answer is no TAP.

    The parser takes a UUID such as 1ab5… for a plan of five tests.
    """

    def run(self, query: Query) -> list[str]:
        """Run a file and return its TAP lines."""
        try:
            return [line for line in super().run(query) if isinstance(line, str) and TAP_LINE.match(line)]
        except psycopg.Error as error:
            message = str(error)
        pytest.fail(message, pytrace=False)


@pytest.fixture(scope="session")
def _pgtap_runner(cluster: ScratchCluster, migrated: Database) -> Iterator[Runner]:
    """Override the plugin's: as postgres, which is no superuser, and from there as whoever the story tells of."""
    with (
        cluster.database(migrated.name) as database,
        psycopg.connect(database.url(), options="-c search_path=public,extensions") as connection,
    ):
        yield TapRunner(connection)
