"""Gives tests that failed a second chance, alone, where nobody sits by to try again: in continuous integration.

Among twenty thousand tests of real programs there may be a race that shows once in many runs. It does not stop the
build, nor is it forgotten: it is named at the end. An ordinary failure fails again, and many are no race.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MOST: Final = 5

_TESTS_FAILED: Final = 1


def main(cache: Path, exit_code: int, arguments: Sequence[str]) -> int:
    """Judge a run of pytest that has ended, and run again what failed in it.

    Args:
        cache: the cache directory of that run, and of no other.
        exit_code: how it ended.
        arguments: what it was to run.

    Returns:
        0 when all is well, or was the second time.
    """
    if exit_code == 0:
        return 0
    if exit_code != _TESTS_FAILED:
        return _say(1, f"pytest ended with {exit_code}; nothing is run again")
    failed = _failed(cache)
    if not 0 < len(failed) <= MOST:
        return _say(1, f"{len(failed)} tests failed; nothing is run again, that is done with {MOST} at most")
    _say(0, "failed, and run again alone:", failed)
    only_those = ["-o", f"cache_dir={cache}", "--last-failed", "--last-failed-no-failures", "none"]
    ended = subprocess.run([sys.executable, "-m", "pytest", *only_those, *arguments], check=False).returncode
    # What was not found any more has not passed.
    left = _failed(cache)
    if ended or left:
        return _say(1, "FAILED AGAIN:", left or failed)
    return _say(0, "FAILED AT FIRST, PASSED ALONE: a race to be mended", failed)


def _failed(cache: Path) -> list[str]:
    file = cache / "v/cache/lastfailed"
    return sorted(json.loads(file.read_text())) if file.exists() else []


def _say(exit_code: int, words: str, tests: Sequence[str] = ()) -> int:
    sys.stdout.write("\n".join(("", f"===== {words}", *tests, "")) + "\n")
    sys.stdout.flush()
    return exit_code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
