"""Writes the next migration: what changed in sql/ since the migrations, for a person to read.

`python -m tools.migration NAME` builds one database from sql/ and one from supabase/migrations/, lets pg-delta plan the
way from the second to the first, tries the plan, and says what it leaves out.
"""

import json
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from devstack.distribution import PG_DELTA
from devstack.errors import CommandFailedError, DevstackError
from devstack.layout import REPOSITORY
from devstack.migrations import apply_migrations
from tools import schema
from tools.fingerprint import difference, fingerprint
from tools.scratch import PLATFORM, Database, ScratchCluster

MIGRATIONS = REPOSITORY / "supabase/migrations"

NO_CHANGES = 3
"""pg-delta's exit code."""

HEADER = "-- Planned from what changed in sql/.\nset lock_timeout = '5s';\n"

# What pg-delta spells out although whoever applies a migration owns what it makes, and has every right to it.
NOISE = re.compile(
    r"^(ALTER [^;]* OWNER TO|REVOKE ALL ON [^;]* FROM|GRANT [^;]* ON [^;]* TO) \"postgres\";\n\n?"
    r"|^GRANT \"\w+\" TO \"postgres\" WITH ADMIN OPTION;\n\n?",
    re.MULTILINE,
)

# A function becomes another role's only while that role may create something beside it.
HANDED_OVER = re.compile(r'^ALTER FUNCTION "(\w+)"\.("\w+"\([^;]*\)) OWNER TO "(?!postgres")(\w+)";\n', re.MULTILINE)


def tidy(script: str) -> str:
    """Leave out what a plan says for nothing, and say what it takes to give a function another owner."""
    for schema_name, function, owner in HANDED_OVER.findall(script):
        kept = f'GRANT EXECUTE ON FUNCTION "{schema_name}".{function} TO "postgres";\n'
        script = script.replace(kept, f"{kept[:-2]} ;\n")
        given = f'ALTER FUNCTION "{schema_name}".{function} OWNER TO "{owner}";\n'
        may = f'CREATE ON SCHEMA "{schema_name}"'
        script = script.replace(given, f'GRANT {may} TO "{owner}";\n\n{given}\nREVOKE {may} FROM "{owner}";\n')
    return NOISE.sub("", script).replace('TO "postgres" ;\n', 'TO "postgres";\n')


def build(directory: Path, cluster: ScratchCluster) -> Database:
    """Make a database from the files of sql/."""
    database = cluster.copy(PLATFORM)
    with database.connect() as connection:
        schema.load(connection, directory)
    return database


def build_from_migrations(cluster: ScratchCluster) -> Database:
    """Make a database from the migrations."""
    database = cluster.copy(PLATFORM)
    apply_migrations(database.url())
    with database.connect() as connection:
        connection.execute("drop schema if exists supabase_migrations cascade")
    return database


def describe(database: Database) -> dict[str, str]:
    """Take the fingerprint of a database as its superuser."""
    with database.connect("supabase_admin") as connection:
        return fingerprint(connection)


def plan(current: Database, wanted: Database) -> list[str]:
    """Let pg-delta write the SQL that makes one database like another.

    Returns:
        One script per migration: what cannot run in the transaction of the rest stands alone. No script when pg-delta
        sees no difference.
    """
    with tempfile.TemporaryDirectory() as directory:
        plan_file, base = Path(directory, "plan.json"), Path(directory, "plan.sql")
        _pg_delta("plan", "--source", current.url(), "--desired", wanted.url(), "--out", str(plan_file))
        done = _pg_delta("render", "--plan", str(plan_file), "--out", str(base), "--allow-drops")
        return [tidy(Path(file["path"]).read_text()) for file in json.loads(done.stdout)["files"]]


def write(name: str, scripts: list[str], left: str, now: datetime, directory: Path = MIGRATIONS) -> list[Path]:
    """Write migrations that come after all others.

    Args:
        name: snake_case words that say what the migration does.
        scripts: the SQL of each.
        left: what the scripts leave different, to be written by hand into the last one.
        now: the time that names the first.
        directory: where migrations are.
    """
    latest = max((path.name[:14] for path in directory.glob("*.sql")), default="")
    files = []
    for number, script in enumerate(scripts or [""]):
        stamp = f"{now + timedelta(seconds=number):%Y%m%d%H%M%S}"
        if stamp <= latest:
            stamp = str(int(latest) + 1)
        latest = stamp
        file = directory / f"{stamp}_{name}{f'_{number + 1}' if number else ''}.sql"
        file.write_text(f"{HEADER}\n{script}")
        files.append(file)
    if left:
        comment = "\n".join(f"-- {line}".rstrip() for line in left.splitlines())
        with files[-1].open("a") as last:
            last.write(f"\n-- The plan leaves this different; it is to be written by hand:\n{comment}\n")
    return files


def main(name: str) -> int:
    """Plan, try and write the migration called `name`."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > 80:
        sys.stderr.write("The name says what the migration does, in snake_case: make migration NAME=add_call_notes\n")
        return 2
    with ExitStack() as stack:
        # Roles belong to a cluster, not to a database, so each of the two is built in a cluster of its own.
        clusters = [stack.enter_context(ScratchCluster.running()) for _ in range(2)]
        current, wanted = build_from_migrations(clusters[0]), build(schema.SQL, clusters[1])
        expected = describe(wanted)
        if not difference(describe(current), expected):
            sys.stdout.write("No difference: the migrations build what sql/ says.\n")
            return 0
        scripts = plan(current, wanted)
        with current.connect() as connection:
            for script in scripts:
                connection.execute(script.encode())
        left = difference(describe(current), expected)
    for file in write(name, scripts, left, datetime.now(UTC)):
        sys.stdout.write(f"Wrote {file.relative_to(REPOSITORY)}. Read it before you commit it.\n")
    if left:
        sys.stdout.write(f"The plan leaves this different; write it by hand:\n{left}\n")
    return 0


def _pg_delta(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(PG_DELTA), *arguments], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode not in (0, NO_CHANGES):
        raise CommandFailedError(f"pgdelta {arguments[0]}", done.stdout + done.stderr)
    sys.stderr.write("".join(f"{line}\n" for line in done.stderr.splitlines() if "ename" in line))
    return done


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2] or [""]))
    except (DevstackError, psycopg.Error) as error:
        notes = getattr(error, "__notes__", [])
        sys.exit("\n".join([str(error), *notes]))
