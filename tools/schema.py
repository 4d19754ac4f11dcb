"""The schema as people read it: the files of sql/, in load order."""

from pathlib import Path
from typing import Any

import psycopg

SQL = Path(__file__).parents[1] / "sql"


def files(directory: Path = SQL) -> list[Path]:
    """List the schema's files in the order in which they load: by folder, then by name."""
    return sorted(directory.rglob("*.sql"))


def load(connection: psycopg.Connection[Any], directory: Path = SQL) -> None:
    """Build the schema in a database that has none of it, in one transaction.

    Raises:
        psycopg.Error: with a note that names the file it comes from.
    """
    with connection.transaction():
        for file in files(directory):
            try:
                connection.execute(file.read_text())
            except psycopg.Error as error:
                error.add_note(f"in {file.relative_to(directory.parent)}")
                raise
