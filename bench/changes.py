"""A change by a person, committed: with its entry in the audit trail, and where nothing is written about it."""

from itertools import count
from typing import Any, Final

import psycopg

from bench.callers import session
from bench.errors import UnequalError
from bench.ground import ADMIN, Ground
from bench.rounds import in_turns
from bench.rows import Row, compare
from bench.stopwatch import milliseconds_of
from tools.scratch import Database

_ROUNDS: Final = 12
_CHANGES: Final = 40
"""In one round, a commit each."""

_STATEMENTS: Final = {
    "a line's label": "update public.lines set label = 'Label ' || %s where id = bench.id('d', 0, 5)",
    "a member's role": (
        "select public.set_member_role(bench.id('e', 0, 5), case when %s %% 2 = 0 then 'viewer' else 'agent' end)"
    ),
}
_DISABLE: Final = """
do $$
declare
  v_audit record;
begin
  for v_audit in
    select tgrelid::regclass as on_table, tgname from pg_catalog.pg_trigger where tgfoid = 'private.tg_audit'::regproc
  loop
    execute format('alter table %s disable trigger %I', v_audit.on_table, v_audit.tgname);
  end loop;
end
$$
"""


def changes(ground: Ground) -> list[Row]:
    """Measure milliseconds of a change."""
    size = ground.size(_CHANGES)
    with ground.database() as audited, ground.database() as silent:
        with silent.connect() as owner:
            owner.execute(_DISABLE)
        rows: list[Row] = []
        with (
            session(audited, ADMIN, behind_policies=True) as watched,
            session(silent, ADMIN, behind_policies=True) as unwatched,
        ):
            for what, statement in _STATEMENTS.items():
                pair = (f"{what} changes, audited", f"{what} changes, not audited")
                contestants = {
                    name: _Changing(connection, statement, size)
                    for name, connection in zip(pair, (watched, unwatched), strict=True)
                }
                rows += compare("audited change", in_turns(contestants, _ROUNDS), "ms", [pair], "a commit each.")
        if _entries(audited) - _entries(silent) != len(_STATEMENTS) * (_ROUNDS + 1) * size:
            raise UnequalError("not every change was audited, or one that was not to be was")
    return rows


class _Changing:
    """Changes a row again and again, each time to something else."""

    def __init__(self, connection: psycopg.Connection[Any], statement: str, size: int) -> None:
        self._connection = connection
        self._statement = statement.encode()
        self._size = size
        self._numbers = count()

    def __call__(self) -> float:
        """Return the milliseconds of one change, on average."""
        return milliseconds_of(self._change) / self._size

    def _change(self) -> None:
        for _ in range(self._size):
            self._connection.execute(self._statement, [next(self._numbers)])


def _entries(database: Database) -> int:
    with database.connect() as connection:
        ((entries,),) = connection.execute("select count(*) from public.audit_entries").fetchall()
    return int(entries)
