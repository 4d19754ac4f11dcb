from pathlib import Path
from tempfile import mkdtemp

import pytest

from bench import kept
from devstack.layout import Layout
from tools.scratch import PLATFORM, Database, ScratchCluster


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Path:
    layout = Layout.default()
    layout.create()
    directory = Path(mkdtemp(dir=layout.scratch, prefix="kept_"))
    directory.chmod(0o755)
    monkeypatch.setattr(kept, "directory", lambda: directory)
    return directory


def test_what_took_long_is_made_once(directory: Path) -> None:
    made: list[str] = []

    def make(scratch: ScratchCluster) -> Database:
        database = scratch.copy(PLATFORM, "slow")
        with database.connect() as connection:
            connection.execute("create table answer as select 42 as value")
        made.append("once")
        return database

    for _ in range(2):
        with kept.kept("one", make) as database, database.connect() as connection:
            assert connection.execute("select value from answer").fetchall() == [(42,)]
            with pytest.raises(kept.BusyError):
                kept.forget()
    assert made == ["once"]

    with kept.kept("another", make):
        assert [each.name for each in directory.iterdir() if each.is_dir()] == ["another"]
    kept.forget()
    assert not [each for each in directory.iterdir() if each.is_dir()]
    (directory / "lock").unlink()
    directory.rmdir()


def test_what_was_not_finished_is_made_again(directory: Path) -> None:
    def fail(scratch: ScratchCluster) -> Database:
        scratch.copy(PLATFORM, "slow")
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError), kept.kept("one", fail):
        pass
    with kept.kept("one", lambda scratch: scratch.copy(PLATFORM, "slow")):
        pass
    kept.forget()
    (directory / "lock").unlink()
    directory.rmdir()
