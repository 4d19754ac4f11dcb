"""Page of calls: fifty of an organization, newest first, behind the policies; beside it the same page without them.

Both with a plan that the connection keeps, or both planned anew at each reading: left to itself, Postgres may keep the
plan of the one and not of the other, and the ratio would tell of that alone.
"""

from typing import Any, Final

import psycopg

from bench import constants
from bench.callers import key_session, session
from bench.errors import UnequalError
from bench.ground import ADMIN, AGENT, API_KEYS, ORGANIZATION, Ground
from bench.rounds import in_turns
from bench.rows import Row, compare
from bench.stopwatch import fastest_of

_ROUNDS: Final = 60
_READINGS: Final = 20
"""A page takes half a millisecond: a figure is the fastest of so many, and it takes many rounds to see through."""

_OPEN: Final = "without policies"
_OPEN_LISTS: Final = "without policies, constant lists"

_FIRST: Final = "select * from {} where org_id = %s order by started_at desc, id desc limit 50"
_DEEP: Final = (
    "select * from {} where org_id = %s and started_at <= now() - interval '90 days'"
    " order by started_at desc, id desc limit 50"
)
_CASES: Final = (
    ("newest 50 calls", _FIRST, True),
    ("50 calls from 90 days back", _DEEP, True),
    ("newest 50 calls, planned anew,", _FIRST, False),
)


def page(ground: Ground) -> list[Row]:
    """Measure milliseconds."""
    database = ground.calls
    with database.connect() as owner:
        constants.write_down(owner, AGENT)
    rows = []
    with (
        session(database, ADMIN, behind_policies=True) as admin,
        session(database, AGENT, behind_policies=True) as agent,
        key_session(database, API_KEYS[0]) as key,
        session(database, ADMIN, behind_policies=False) as without,
    ):
        for what, statement, is_kept in _CASES:
            for connection in (admin, agent, key, without):
                plans = "force_generic_plan" if is_kept else "auto"
                connection.execute("select set_config('plan_cache_mode', %s, false)", [plans])
            for who, session_of, without_name, table in (
                ("org admin", admin, _OPEN, "public.calls"),
                ("API key", key, _OPEN, "public.calls"),
                ("agent", agent, _OPEN_LISTS, constants.VIEW),
            ):
                watched = _Reading(session_of, statement.format("public.calls"), is_kept)
                unwatched = _Reading(without, statement.format(table), is_kept)
                if watched.read() != unwatched.read():
                    raise UnequalError(f"the {what} of the {who} are others without policies")
                name = f"{what} as {who}"
                samples = in_turns({name: watched, without_name: unwatched}, _ROUNDS)
                rows += compare("page of calls", samples, "ms", [(name, without_name)])
    return rows


class _Reading:
    def __init__(self, connection: psycopg.Connection[Any], statement: str, is_kept: bool) -> None:
        self._connection = connection
        self._is_kept = is_kept
        self._statement = statement.encode()

    def __call__(self) -> float:
        """Return the milliseconds of the fastest of several readings."""
        return fastest_of(_READINGS, self.read)

    def read(self) -> list[Any]:
        return self._connection.execute(self._statement, [ORGANIZATION], prepare=self._is_kept).fetchall()
