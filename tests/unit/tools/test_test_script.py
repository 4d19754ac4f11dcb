"""`tools/test.sh` in a repository of a few tests: what is run again in continuous integration, and what is not."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.layout import REPOSITORY

BESIDE = ("tests/isolation", "tests/integration/simulator", "tests/integration/sync")
PASSES = "def test_passes(): pass\n"
FAILS = "def test_fails(): assert False, 'seen in the log'\n"
FAILS_ONCE = """
from pathlib import Path
def test_fails_once():
    mark = Path(__file__).with_suffix(".mark")
    is_first = not mark.exists()
    mark.touch()
    assert not is_first, 'seen in the log'
"""
NAMED = "FAILED AT FIRST, PASSED ALONE: a race to be mended"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the script with these tests, by the folder they are in."""
    for name in ("__init__.py", "again.py", "test.sh"):
        (tmp_path / "tools").mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / "tools" / name, tmp_path / "tools")
    lint = tmp_path / "tools/lint.sh"
    lint.write_text("#!/bin/sh\nexit 0\n")
    lint.chmod(0o755)
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\ntestpaths = tests\n")

    def run(ci: bool = True, **tests: str) -> subprocess.CompletedProcess[str]:
        for folder in ("tests/unit", *BESIDE):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / "test_well.py").write_text(PASSES)
        for name, code in tests.items():
            folder = BESIDE[0] if name.startswith("beside") else "tests/unit"
            (tmp_path / folder / f"test_{name}.py").write_text(code)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST"))}
        return subprocess.run(
            [tmp_path / "tools/test.sh"],
            env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | ({"CI": "true"} if ci else {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


def test_all_is_well(run: Run) -> None:
    done = run()
    assert done.returncode == 0, done.stdout
    assert "=====\n" in done.stdout
    assert "again" not in done.stdout


@pytest.mark.parametrize("where", ["rest", "beside"])
def test_what_fails_once_is_named_and_does_not_stop_the_build(run: Run, where: str) -> None:
    done = run(**{where: FAILS_ONCE})
    assert done.returncode == 0, done.stdout
    folder = BESIDE[0] if where == "beside" else "tests/unit"
    assert done.stdout.endswith(f"{NAMED}\n{folder}/test_{where}.py::test_fails_once\n\n")
    assert "seen in the log" in done.stdout


@pytest.mark.parametrize("where", ["rest", "beside"])
def test_what_fails_always_stops_it(run: Run, where: str) -> None:
    done = run(**{where: FAILS, "other": FAILS_ONCE})
    assert done.returncode == 1
    assert (
        f"FAILED AGAIN:\n{BESIDE[0] if where == 'beside' else 'tests/unit'}/test_{where}.py::test_fails" in done.stdout
    )


def test_many_that_fail_are_not_run_again(run: Run) -> None:
    done = run(rest="\n".join(FAILS_ONCE.replace("fails_once", f"{n}").replace(".mark", f".{n}") for n in range(6)))
    assert done.returncode == 1
    assert "6 tests failed; nothing is run again" in done.stdout


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [("import nothing_of_this_name\n", 2), ("import os\ndef test_crashes(): os._exit(3)\n", 3)],
    ids=["cannot be collected", "crashes"],
)
def test_a_run_that_did_not_end_by_itself_is_not_repeated(run: Run, code: str, exit_code: int) -> None:
    done = run(beside=code, rest=FAILS_ONCE)
    assert done.returncode == 1
    assert f"pytest ended with {exit_code}; nothing is run again" in done.stdout
    assert NAMED in done.stdout


def test_what_is_not_there_any_more_has_not_passed(run: Run) -> None:
    done = run(
        rest="import uuid, pytest\n@pytest.mark.parametrize('n', [uuid.uuid4().hex])\n" + FAILS.replace("()", "(n)")
    )
    assert done.returncode == 1
    assert "FAILED AGAIN:\ntests/unit/test_rest.py::test_fails[" in done.stdout


def test_at_home_nothing_is_run_again(run: Run) -> None:
    done = run(ci=False, rest=FAILS_ONCE)
    assert done.returncode == 1
    assert NAMED not in done.stdout
