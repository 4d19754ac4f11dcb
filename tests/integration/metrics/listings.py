"""The lists behind the figures, beside the rows that they are made of."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from tests.integration.metrics import clock, contacts
from tests.integration.metrics.oracle import Question, Row, Tables
from tests.integration.metrics.place import Caller, acting

_MISSED_WITHIN: Final = timedelta(days=30)


def read(connection: psycopg.Connection[Any], caller: Caller, view: str) -> list[dict[str, Any]]:
    """What a view shows somebody."""
    query = f"select * from public.{view}".encode()  # noqa: S608
    with connection.transaction(), acting(connection, caller), connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def counted_calls(connection: psycopg.Connection[Any], tables: Tables, caller: Caller) -> int:
    """Compare what is said of each call that counts."""
    rows = {row["id"]: row for row in read(connection, caller, "counted_calls")}
    seen = [call for call in _ended(tables.calls) if call["direction"] != "internal" and caller.sees(call)]
    assert set(rows) == {call["id"] for call in seen}
    called = [(contacts.caller(c), c["started_at"]) for c in seen if c["direction"] == "inbound"]
    for call in seen:
        row = rows[call["id"]]
        settings, shown = tables.judged_by(call), clock.local(call["started_at"], tables.zone(call["org_id"]))
        wait, is_inbound, outcome = call["wait_seconds"], call["direction"] == "inbound", call["outcome"]
        is_short = settings["excludes_short_abandons"] and wait is not None and wait < settings["short_abandon_seconds"]
        expected = {
            "is_identified": contacts.caller(call) is not None,
            "is_in_hours": tables.is_in_hours(call),
            "local_day": shown.date(),
            "weekday": shown.isoweekday(),
            "hour": shown.hour,
        }
        if is_inbound:
            expected |= {
                "is_short_abandon": outcome == "missed" and is_short,
                "is_repeat": any(
                    who == contacts.caller(call) and timedelta() < call["started_at"] - at <= contacts.AGAIN
                    for who, at in called
                    if who
                ),
            }
        if is_inbound and outcome == "answered":
            expected["is_answered_in_time"] = None if wait is None else wait <= settings["answer_within_seconds"]
        assert {name: row[name] for name in expected} == expected, (row, expected, call)
    return len(rows)


def missed_callers(connection: psycopg.Connection[Any], tables: Tables, caller: Caller, role: str) -> int:
    """Compare who is to be called back; nobody has closed or put off anything."""
    rows = {(row["org_id"], row["external_number"]): row for row in read(connection, caller, "missed_callers")}
    ended = _ended(tables.calls)
    works_on = [] if role == "viewer" else [c for c in ended if _is_worked_on(c, caller)]
    misses: dict[contacts.Caller, list[Row]] = {}
    for call in works_on:
        who = contacts.caller(call)
        is_miss = call["direction"] == "inbound" and call["outcome"] == "missed"
        if who and is_miss and call["started_at"] > tables.now - _MISSED_WITHIN:
            misses.setdefault(who, []).append(call)
    expected: dict[contacts.Caller, tuple[Any, ...]] = {}
    for who, missed in misses.items():
        theirs = [c for c in ended if contacts.caller(c) == who and c["direction"] != "internal"]
        last = max((c["started_at"] for c in theirs if c["outcome"] == "answered"), default=None)
        since = sorted(c["started_at"] for c in missed if last is None or c["started_at"] > last)
        if last in {c["started_at"] for c in missed}:
            # Missed and reached at the same instant: either may have come first.
            rows.pop(who, None)
        elif since:
            attempts = [
                c
                for c in theirs
                if c["direction"] != "inbound" and c["outcome"] != "answered" and c["started_at"] > since[0]
            ]
            expected[who] = (since[0], since[-1], len(since), len(attempts))
    told = {
        who: (row["first_missed_at"], row["last_missed_at"], row["misses"], row["attempts"])
        for who, row in rows.items()
    }
    assert told == expected, (told, expected)
    assert all(row["state"] == "open" for row in rows.values())
    return len(rows)


def _is_worked_on(call: Row, caller: Caller) -> bool:
    return call["org_id"] in caller.reads_in_full or call["line_id"] in caller.lines


def _ended(calls: Sequence[Row]) -> list[Row]:
    return [call for call in calls if call["outcome"] is not None and call["deleted_at"] is None]


def callers(window: timedelta) -> Callable[[Sequence[Row], Tables, Question, object], int]:
    """Compare who called, and whether they were reached in time."""

    def check(rows: Sequence[Row], tables: Tables, question: Question, _: object) -> int:
        told = {(row["org_id"], row["external_number"]): row for row in rows}
        expected = contacts.callers(tables, question, window)
        assert len(told) == len(rows)
        assert set(told) == set(expected), (told, expected)
        for who, one in expected.items():
            row = told[who]
            assert row["reached_by"] in one.pop("reached_by"), (row, one)
            seconds = one.pop("seconds_to_contact")
            assert (row["seconds_to_contact"] is None) == (seconds is None), (row, seconds)
            assert seconds is None or abs(float(row["seconds_to_contact"]) - float(seconds)) < 1e-5, (row, seconds)
            assert {name: row[name] for name in one} == one, (row, one)
        last = [row["last_called_at"] for row in rows]
        assert last == sorted(last, reverse=True)
        return len(rows)

    return check
