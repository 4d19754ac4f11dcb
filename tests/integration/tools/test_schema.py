"""sql/ loads in the order of its names, and an error names its file."""

from pathlib import Path

import psycopg
import pytest

from tools import schema
from tools.scratch import ScratchCluster


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_folders_and_files_load_in_the_order_of_their_names(cluster: ScratchCluster, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "10_tenancy/10_members.sql": "create table private.members (id int primary key);",
            "00_foundation/01_schemas.sql": "create schema private;",
            "10_tenancy/20_lines.sql": "create table private.lines (member_id int references private.members);",
        },
    )
    with cluster.database() as database, database.connect() as connection:
        schema.load(connection, tmp_path)
        assert connection.execute("select to_regclass('private.lines') is not null").fetchone() == (True,)


def test_an_error_names_its_file_and_leaves_nothing(cluster: ScratchCluster, tmp_path: Path) -> None:
    write(tmp_path, {"00_a/1.sql": "create schema private;", "00_a/2.sql": "create table private.t (id nonsense);"})
    with cluster.database() as database, database.connect() as connection:
        with pytest.raises(psycopg.errors.UndefinedObject) as raised:
            schema.load(connection, tmp_path)
        assert raised.value.__notes__ == [f"in {tmp_path.name}/00_a/2.sql"]
        assert connection.execute("select to_regnamespace('private') is null").fetchone() == (True,)
