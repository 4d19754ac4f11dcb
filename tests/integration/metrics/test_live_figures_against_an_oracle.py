"""Whoever calls, talks and is looked at: the live view and the team's time are what the rows say."""

import json
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from tests.integration.metrics import answers, listings, live
from tests.integration.metrics.oracle import Row, Tables
from tests.integration.metrics.place import LINES, Caller, Hand, Place, ids, read_tables, told
from tests.integration.metrics.stories import housed
from tests.support import fuzz

ASKERS: Final = (
    *(
        ("viewer", "acme"),
        ("org_admin", "acme"),
        ("manager", "acme"),
        ("agent", "acme"),
        ("agent_without_lines", "acme"),
    ),
    *(("their_admin", "globex"), ("of_both", None), ("agent_and_viewer", "acme"), ("agent_and_viewer", None)),
    *(("platform_admin", "acme"), ("platform_admin", None), ("key", "acme"), ("platform_key", None), ("nobody", None)),
    # These are refused.
    *(("viewer", "globex"), ("nobody", "acme"), ("key", "globex")),
)
EXTENSIONS: Final = {
    "101": ("acme", 2),
    "102": ("acme", 3),
    "103": ("acme", 3),
    "7": ("acme", None),
    "9": ("globex", 0),
}
"""Of which organization, and held by which of its members: one has two, and one is nobody's."""
AGO: Final = st.one_of(
    st.sampled_from([-5, 0, 1, 59, 299, 300, 301, 3599, 3600, 3601, 5 * 3600, 43199, 43200, 43201, 3 * 86400]),
    st.integers(0, 7200),
)
SOON: Final = st.sampled_from([None, 0, 3, 10, 400])
LEG: Final = st.tuples(st.sampled_from(list(EXTENSIONS)), st.booleans(), SOON, st.sampled_from([None, None, 50, 5000]))
CALL: Final = st.fixed_dictionaries(
    {
        "ago": AGO,
        "home": st.sampled_from([*LINES, "acme", "globex", "holding"]),
        "members": st.lists(st.integers(0, 7), max_size=2, unique=True),
        "direction": st.sampled_from(["inbound", "inbound", "inbound", "outbound", "callback", "internal"]),
        "outcome": st.sampled_from([None, None, None, "answered", "missed"]),
        "arrived": SOON,
        "rang": SOON,
        "answered": st.sampled_from([None, None, 10, 100]),
        "ended": st.sampled_from([None, None, None, 200]),
        "is_gone": st.sampled_from([False] * 7 + [True]),
        "legs": st.lists(LEG, max_size=2, unique_by=lambda leg: leg[0]),
    }
)
# From now backward: for how long nobody looked, for how long every look found this, what, and who had the telephone.
STATUS: Final = st.tuples(
    st.one_of(st.sampled_from([1, 1799, 1800, 1801]), st.integers(1, 4000)),
    st.one_of(st.integers(0, 9000), st.just(0)),
    st.sampled_from(list(live.KINDS)),
    st.sampled_from([True, True, True, False]),
)
LOOKS: Final = st.fixed_dictionaries(
    {extension: st.tuples(st.booleans(), st.lists(STATUS, max_size=4)) for extension in EXTENSIONS}
)
EVENTS: Final = st.lists(
    st.tuples(st.sampled_from(["acme", "acme", "globex"]), st.sampled_from([0, 100, 604799, 604800, 604801])),
    max_size=3,
)


def member_of(place: Place, extension: str) -> UUID | None:
    owner, number = EXTENSIONS[extension]
    return None if number is None else place.members[owner][number]


class Stage:
    """Lets calls go on and people be looked at."""

    def __init__(self, hand: Hand, tables: Tables) -> None:
        self._hand = hand
        self._now = tables.now
        self._new_id = ids()

    def hold_telephones(self) -> None:
        place = self._hand.place
        for extension, (owner, number) in EXTENSIONS.items():
            if number is not None:
                self._write(
                    "member_extensions",
                    {
                        "id": self._new_id(),
                        "org_id": place.organizations[owner],
                        "member_id": member_of(place, extension),
                        "integration_id": place.account,
                        "extension": extension,
                        "period": "[2020-01-01,)",
                        "created_at": self._now,
                    },
                )

    def call(self, said: dict[str, Any]) -> None:
        place, started_at = self._hand.place, self._now - timedelta(seconds=said["ago"])

        def after(seconds: int | None) -> Any:
            return None if seconds is None else started_at + timedelta(seconds=seconds)

        call = {
            "id": self._new_id(),
            "direction": said["direction"],
            "outcome": said["outcome"],
            "is_dropped": False,
            "transfer_count": 0,
            "started_at": started_at,
            "arrived_at": after(said["arrived"]),
            "rang_at": after(said["rang"]),
            "answered_at": after(said["answered"]),
            "ended_at": after(said["ended"]),
            "deleted_at": self._now if said["is_gone"] else None,
        } | housed(place, (said["home"], said["members"]))
        self._hand.add_calls([call])
        for extension, is_connected, answered, ended in said["legs"]:
            if EXTENSIONS[extension][0] == LINES.get(said["home"], said["home"]):
                self._write(
                    "legs",
                    {
                        "id": self._new_id(),
                        "org_id": call["org_id"],
                        "call_id": call["id"],
                        "extension": extension,
                        "member_id": member_of(place, extension),
                        "is_connected": is_connected,
                        "answered_at": after(answered),
                        "ended_at": after(ended),
                        "created_at": self._now,
                        "updated_at": self._now,
                    },
                )

    def look(self, extension: str, is_looked_at: bool, statuses: list[tuple[int, int, str, bool]]) -> None:
        place, owner, at = self._hand.place, EXTENSIONS[extension][0], self._now
        for number, (gap, lasted, status, is_held) in enumerate(statuses):
            if number or not is_looked_at:
                at -= timedelta(seconds=gap)
            since = at - timedelta(seconds=lasted)
            self._write(
                "agent_statuses",
                {
                    "id": self._new_id(),
                    "org_id": place.organizations[owner],
                    "integration_id": place.account,
                    "extension": extension,
                    "member_id": member_of(place, extension) if is_held else None,
                    "status": status,
                    "since": since,
                    "observed_through": at,
                    "is_account_user_only": False,
                    "created_at": self._now,
                    "updated_at": self._now,
                },
            )
            at = since

    def hear(self, owner: str, ago: int) -> None:
        self._hand.connection.execute(
            """insert into private.webhook_events (org_id, integration_id, dedupe_key, received_at, status, payload)
            values (%s, %s, %s, %s, 'ignored', '{}')""",
            [
                self._hand.place.organizations[owner],
                self._hand.place.account,
                str(self._new_id()),
                self._now - timedelta(seconds=ago),
            ],
        )

    def forget(self) -> None:
        for table in ("legs", "calls", "agent_statuses"):
            self._hand.connection.execute(sql.SQL("delete from {}").format(sql.Identifier("public", table)))

    def _write(self, table: str, row: dict[str, Any]) -> None:
        self._hand.connection.execute(
            sql.SQL("insert into {0} select * from jsonb_populate_record(null::{0}, %s)").format(
                sql.Identifier("public", table)
            ),
            [json.dumps(row, default=str)],
        )


def test_what_goes_on_now_is_what_the_rows_say(hand: Hand) -> None:
    @fuzz.examples(12)
    @given(
        scenes=st.lists(st.tuples(st.lists(CALL, max_size=10), LOOKS, EVENTS), min_size=1, max_size=2),
        questions=st.lists(
            st.tuples(
                st.sampled_from(ASKERS),
                st.one_of(st.none(), st.lists(st.sampled_from(list(LINES)), max_size=2, unique=True)),
                st.one_of(st.none(), st.tuples(st.integers(-20000, 1000), st.integers(1, 40000))),
            ),
            min_size=4,
            max_size=10,
        ),
    )
    def hold(scenes: list[Any], questions: list[Any]) -> None:
        with hand.connection.transaction(force_rollback=True):
            stage = Stage(hand, read_tables(hand.connection))
            stage.hold_telephones()
            for calls, looks, events in scenes:
                # What is corrected is written anew.
                stage.forget()
                for call in calls:
                    stage.call(call)
                for extension, (is_looked_at, statuses) in looks.items():
                    stage.look(extension, is_looked_at, statuses)
                for owner, ago in events:
                    stage.hear(owner, ago)
                tables, team = read_tables(hand.connection), live.read_team(hand.connection)
                for asked, lines, span in questions:
                    ask(hand, tables, team, asked, lines, span)

    hold()


def ask(
    hand: Hand,
    tables: Tables,
    team: live.Team,
    asked: tuple[str, str | None],
    lines: list[str] | None,
    span: tuple[int, int] | None,
) -> None:
    """Ask as somebody what goes on, and compare it with the rows."""
    place, (name, of) = hand.place, asked
    caller, org_id = place.callers[name], of and place.organizations[of]
    begin, end = tables.now - timedelta(hours=24), tables.now
    if span:
        begin = tables.now + timedelta(seconds=span[0])
        end = begin + timedelta(seconds=span[1])
    line_ids = None if lines is None else [place.lines[line] for line in lines]
    question = place.ask(tables, caller, of, begin, end, line_ids=line_ids)
    answers.compared["live_calls"] += live_calls(hand, tables, team, caller)
    now = told(hand.connection, caller, "live_summary", p_org_id=org_id, p_line_ids=line_ids)
    then = told(
        hand.connection,
        caller,
        "team_availability",
        p_org_id=org_id,
        **({} if span is None else {"p_from": begin, "p_to": end}),
    )
    refused = answers.refusal(tables, caller, question, is_of_one=of is not None)
    fuzz.tried("live_summary and team_availability", "refused" if refused else "as the definitions say")
    if refused:
        assert (now, then) == (refused, refused)
        return
    assert not isinstance(now, str)
    assert not isinstance(then, str)
    expected = live.summary(tables, team, question)
    for kpi, value in expected.items():
        is_told = answers.near(now[0][kpi], value) if isinstance(value, Fraction) else now[0][kpi] == value
        assert is_told, (kpi, now, value)
    answers.compared["live_summary"] += len(expected)
    answers.compared["team_availability"] += team_availability(then, tables, team, question.org_ids, begin, end)


def live_calls(hand: Hand, tables: Tables, team: live.Team, caller: Caller) -> int:
    """Compare the calls that go on."""
    rows = {row["id"]: row for row in listings.read(hand.connection, caller, "live_calls")}
    expected = {call["id"]: call for call in live.in_progress(tables, caller.sees)}
    assert set(rows) == set(expected)
    for call_id, call in expected.items():
        row, answered_at = rows[call_id], call["answered_at"]
        assert row["state"] == ("ringing" if answered_at is None else "in_progress")
        assert row["since"] == (answered_at or live.arrived_at(call))
        assert row["waiting_seconds"] == live.seconds(tables, live.waits_since(call))
        assert row["talking_seconds"] == live.seconds(tables, answered_at)
        agents = sorted((leg["extension"], leg["member_id"], _part(leg)) for leg in team.of_call(call))
        parts = [(each["extension"], each["member_id"], each["state"]) for each in row["agents"]]
        assert parts == [(extension, member and str(member), state) for extension, member, state in agents]
    return len(rows)


def _part(leg: Row) -> str:
    if leg["ended_at"] is not None:
        return "left"
    return "talking" if leg["is_connected"] else "ringing"


def team_availability(
    rows: list[dict[str, Any]], tables: Tables, team: live.Team, org_ids: Any, begin: Any, end: Any
) -> int:
    """Compare who is how, and how they spent their time."""
    there, spent = live.people(tables, team, org_ids), live.spent(tables, team, org_ids, begin, end)
    by_person = {(row["org_id"], row["member_id"] or row["extensions"][0]): row for row in rows}
    assert len(by_person) == len(rows)
    assert set(by_person) == {*there, *spent}
    for who, row in by_person.items():
        seen = [status for _, status in there.get(who, []) if status]
        last = max(((each["observed_through"], each["since"]) for each in seen), default=None)
        statuses = {each["status"] for each in seen if (each["observed_through"], each["since"]) == last} or {None}
        assert row["status"] in statuses, (row, seen)
        assert row["status_kind"] == live.KINDS.get(row["status"])
        assert row["is_on_call"] == live.is_on_call(tables, team, who, there.get(who, [])), row
        time = spent.get(who, live.Spent(timedelta(), timedelta(), None))
        assert row["known_seconds"] == Fraction(time.known / timedelta(seconds=1)), (row, time)
        if time.known:
            assert row["available_seconds"] == Fraction(time.available / timedelta(seconds=1)), (row, time)
            assert row["busy_seconds"] == (None if time.busy is None else Fraction(time.busy / timedelta(seconds=1)))
        assert answers.near(row["availability"], time.availability, answers.ROUNDED), (row, time)
        assert answers.near(row["occupancy"], time.occupancy, answers.ROUNDED), (row, time)
    return len(rows)
