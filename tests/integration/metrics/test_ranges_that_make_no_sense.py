"""Every function that is asked about a range, and what it says of those that make no sense, over SQL and HTTP alike."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.integration.metrics import clock, stories
from tests.integration.metrics.place import Hand, Place, acting
from tests.support import fuzz, programs
from tools.scratch import Database, ScratchCluster

LONDON: Final = ZoneInfo("Europe/London")
NOBODY: Final = UUID(int=1)
TOLD: Final = "told"
NEAREST: Final = "The nearest that fits is month."
WITHIN_PARAMETERS: Final[Mapping[str, Any]] = {"no_beginning": "parameters_invalid", "no_end": "parameters_invalid"}


@dataclass(frozen=True)
class Ranged:
    """Who asks a function of ranges, and what it says of some."""

    asked_by: str = "viewer"
    further: Mapping[str, Any] = field(default_factory=dict)
    reversed: str = "range_reversed"
    no_beginning: str = "range_reversed"
    no_end: str = "range_reversed"
    endless: str = "range_out_of_bounds"
    centuries: str = "range_out_of_bounds"
    hundred_years: str = TOLD
    hint: str | None = None
    """What is advised to who asks for a hundred years."""
    future: str = TOLD
    is_of_calls: bool = True
    """Whether lines and members narrow it."""

    def says(self, of: str) -> str:
        """What becomes of a range of this name."""
        said: str = getattr(self, of.replace(" ", "_"))
        return said


def at_most(days: int, **said: Any) -> Ranged:
    """A function that is told of so many days."""
    return Ranged(hundred_years="range_too_long", hint=f"This is told of at most {days} days.", **said)


def by_day(**said: Any) -> Ranged:
    """A function that tells of each day, or hour."""
    return Ranged(hundred_years="grain_unfit", hint=NEAREST, **said)


FUNCTIONS: Final[Mapping[str, Ranged]] = {
    "kpi_summary": Ranged(),
    "kpi_series": by_day(),
    "kpi_by_organization": Ranged(),
    "kpi_by_line": Ranged(),
    "kpi_by_member": Ranged(),
    "kpi_comparison": Ranged(),
    "kpi_heatmap": at_most(366),
    "kpi_percentiles": Ranged(),
    "kpi_unusual": at_most(92),
    "kpi_messages": at_most(31, asked_by="agent"),
    "callers": at_most(31),
    "callbacks": at_most(31),
    "repeat_callers": at_most(31),
    "peak_concurrency": at_most(31),
    "staffing": at_most(366),
    "report_days": by_day(),
    "report_hours": by_day(),
    "report_sla": by_day(),
    "report_lines": Ranged(),
    "report_members": Ranged(),
    "report_calls": Ranged(),
    # Without ends it tells of the last 24 hours.
    "team_availability": at_most(31, no_beginning=TOLD, no_end="range_too_long", is_of_calls=False),
    "revenue": Ranged(asked_by="org_admin", is_of_calls=False),
    "export_audit_trail": Ranged(asked_by="org_admin", endless=TOLD, centuries=TOLD, is_of_calls=False),
    "replay_webhook_events": Ranged(
        asked_by="org_admin",
        reversed="period_reversed",
        no_beginning=TOLD,
        no_end=TOLD,
        endless=TOLD,
        centuries=TOLD,
        is_of_calls=False,
    ),
    "request_backfill": Ranged(
        asked_by="org_admin",
        reversed="period_reversed",
        no_beginning="period_reversed",
        no_end=TOLD,
        endless="period_too_long",
        centuries="period_too_long",
        hundred_years="period_too_long",
        hint="Begin when the account did.",
        future="period_reversed",
        is_of_calls=False,
    ),
    **{
        f"export_report {report}": Ranged(further={"p_report": report}, **WITHIN_PARAMETERS)
        for report in ("summary", "lines", "members", "calls")
    },
    **{
        f"export_report {report}": by_day(further={"p_report": report}, **WITHIN_PARAMETERS)
        for report in ("days", "hours", "sla")
    },
    "create_document summary": Ranged(
        further={"p_report": "summary", "p_format": "csv"}, is_of_calls=False, **WITHIN_PARAMETERS
    ),
    "create_document hours": by_day(
        further={"p_report": "hours", "p_format": "csv"}, is_of_calls=False, **WITHIN_PARAMETERS
    ),
}

DAY: Final = ("2025-06-02T00:00:00Z", "2025-06-03T00:00:00Z")
RANGES: Final = (
    ("reversed", (DAY[1], DAY[0])),
    ("reversed", (DAY[0], DAY[0])),
    ("no beginning", (None, DAY[1])),
    ("no end", (DAY[0], None)),
    ("endless", ("-infinity", DAY[1])),
    ("endless", ("-infinity", "infinity")),
    ("centuries", ("1800-01-01T00:00:00Z", "2300-01-01T00:00:00Z")),
    ("hundred years", ("1950-01-01T00:00:00Z", "2050-01-01T00:00:00Z")),
    ("future", ("2150-01-01T00:00:00Z", "2150-01-02T00:00:00Z")),
    # The tables of zones end with 2037; from then on clocks are set by a rule.
    ("future", ("2040-03-24T00:00:00Z", "2040-03-27T00:00:00Z")),
)
"""Ranges, and what they are called in what a function says of them."""


@dataclass(frozen=True)
class Office:
    """Where the questions are asked."""

    connection: psycopg.Connection[Any]
    place: Place
    account: UUID
    client: Callable[[str], httpx.Client]

    def asking(self, name: str, span: tuple[str | None, str | None], **narrowed: Any) -> dict[str, Any]:
        """The arguments of a question about a range."""
        function = name.split()[0]
        asked: dict[str, Any] = dict(FUNCTIONS[name].further)
        if function in ("replay_webhook_events", "request_backfill"):
            asked["p_integration_id"] = str(self.account)
        else:
            asked["p_org_id"] = str(self.place.organizations["acme"])
        if function in ("export_report", "create_document"):
            return asked | {"p_parameters": {"from": span[0], "to": span[1]} | narrowed}
        return asked | {"p_from": span[0], "p_to": span[1]} | {f"p_{each}": ids for each, ids in narrowed.items()}

    def over_sql(self, name: str, asked: Mapping[str, Any]) -> tuple[str, str | None, list[dict[str, Any]]]:
        """What is said as the role: of refusals the code and the advice, else the rows; nothing stays done."""
        function = name.split()[0]
        values = {each: Jsonb(value) if isinstance(value, dict) else value for each, value in asked.items()}
        arguments = [sql.SQL("{} => {}").format(sql.Identifier(each), sql.Placeholder(each)) for each in asked]
        query = sql.SQL("select * from {}({})").format(
            sql.Identifier("public", function), sql.SQL(", ").join(arguments)
        )
        with self.connection.cursor(row_factory=dict_row) as cursor:
            try:
                with acting(self.connection, self.place.callers[FUNCTIONS[name].asked_by]):
                    return TOLD, None, cursor.execute(query, values).fetchall()
            except psycopg.Error as error:
                if not (error.sqlstate or "").startswith("PT"):
                    raise
                return error.diag.message_detail or "", error.diag.message_hint, []
            finally:
                self.connection.rollback()

    def over_http(self, name: str, asked: Mapping[str, Any]) -> tuple[str, str | None]:
        """What PostgREST answers."""
        accept = {"accept": "text/csv"} if name.startswith("export_report") else {}
        answer = self.client(FUNCTIONS[name].asked_by).post(f"/rpc/{name.split()[0]}", json=dict(asked), headers=accept)
        if answer.status_code == httpx.codes.OK:
            return TOLD, None
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text
        said = json.loads(answer.text)
        return said["details"], said["hint"]


@pytest.fixture(scope="module")
def office(cluster: ScratchCluster, migrated: Database) -> Iterator[Office]:
    with cluster.database(migrated.name) as database, psycopg.connect(database.url()) as connection:
        place = Place.arrange(connection)
        hand = Hand(connection, place)
        hand.move_house(place.organizations["acme"], LONDON.key)
        hand.add_calls(
            [
                {"id": UUID(int=number), "direction": "inbound", "outcome": outcome, "is_dropped": False}
                | {"started_at": datetime(2025, 6, 2, number % 24, tzinfo=UTC), "external_number": "+12125550111"}
                | {"transfer_count": 0, "wait_seconds": number, "talk_seconds": 60, "duration_seconds": 60 + number}
                | stories.housed(place, (home, [number]))
                for number, (home, outcome) in enumerate(product(("a1", "a2", "g1", "acme"), ("answered", "missed")), 2)
            ]
        )
        row = connection.execute("select tests.integration(%s)", [place.organizations["acme"]]).fetchone()
        assert row is not None
        connection.commit()
        with programs.postgrest(cluster, database) as door, ExitStack() as stack:
            clients = {
                name: stack.enter_context(door.as_user(place.callers[name].id))
                for name in ("viewer", "agent", "org_admin")
            }
            yield Office(connection, place, row[0], clients.__getitem__)


def test_each_function_of_a_range_is_tried(office: Office) -> None:
    there = office.connection.execute(
        """select p.proname from pg_proc p
        where p.pronamespace = 'public'::regnamespace
          and pg_get_function_arguments(p.oid) ~ 'p_from timestamp.*p_to timestamp|p_parameters jsonb'"""
    ).fetchall()
    office.connection.rollback()
    assert {name for (name,) in there} == {name.split()[0] for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_range_that_makes_no_sense_is_refused(office: Office, name: str) -> None:
    for of, span in RANGES:
        expected = FUNCTIONS[name].says(of)
        asked = office.asking(name, span)
        said, hint, rows = office.over_sql(name, asked)
        assert said == expected, (of, span, hint)
        assert office.over_http(name, asked) == (said, hint), (of, span)
        assert (said == TOLD) == (hint is None)
        if of == "hundred years":
            assert hint == FUNCTIONS[name].hint
        if of == "future":
            assert counted(rows) == set()
        fuzz.tried("ranges that make no sense", TOLD if said == TOLD else "refused")


def counted(rows: list[dict[str, Any]]) -> set[Any]:
    """What rows say that they count, but for nothing."""
    return {
        each
        for row in rows
        for each in (row.get("total"), row.get("offered"), row.get("outbound"), row.get("calls"))
        if each
    }


@pytest.mark.parametrize("name", [name for name, ranged in FUNCTIONS.items() if ranged.is_of_calls])
def test_lines_and_members_that_are_not_ones_own_have_nothing(office: Office, name: str) -> None:
    place = office.place
    _, _, everything = office.over_sql(name, office.asking(name, DAY))
    for narrowed, theirs in (
        ("line_ids", place.lines["g1"]),
        ("member_ids", place.members["globex"][0]),
    ):
        answers = []
        for ids in ([], [NOBODY], [theirs], [NOBODY, theirs]):
            said, _, rows = office.over_sql(name, office.asking(name, DAY, **{narrowed: [str(each) for each in ids]}))
            assert said == TOLD
            assert counted(rows) == set()
            answers.append(rows)
        assert all(answer == answers[0] for answer in answers), narrowed
        assert name == "kpi_messages" or answers[0] != everything


FINE: Final = (
    ("hour", "2025-01-01", "2025-03-04", None),
    ("hour", "2025-01-01", "2025-03-05", "day"),
    ("hour", "2015-01-01", "2025-01-01", "week"),
    ("hour", "1990-01-01", "2025-01-01", "month"),
    ("day", "2020-01-01", "2025-01-01", None),
    ("day", "2020-01-01", "2025-01-02", "week"),
    ("day", "1980-01-01", "2025-01-01", "month"),
    ("week", "1995-01-01", "2025-01-01", None),
    ("week", "1994-12-31", "2025-01-01", "month"),
    ("month", "1950-01-01", "2050-01-01", None),
    ("month", "1950-01-01", "2050-01-02", "none"),
    ("hour", "1950-01-01", "2050-01-02", "none"),
    ("minute", "2025-01-01", "2025-01-02", "none"),
)


@pytest.mark.parametrize("function", ["kpi_series", "revenue"])
@pytest.mark.parametrize(("grain", "begin", "end", "nearest"), FINE)
def test_a_grain_too_fine_is_refused_with_the_nearest(
    office: Office, function: str, grain: str, begin: str, end: str, nearest: str | None
) -> None:
    asked = office.asking(function, (f"{begin}T00:00:00Z", f"{end}T00:00:00Z")) | {"p_grain": grain}
    said, hint, _ = office.over_sql(function, asked)
    assert said == (TOLD if nearest is None else "grain_unfit")
    advised = f"The nearest that fits is {nearest}."
    if nearest == "none":
        advised = "Choose hour, day, week or month, over at most 100 years."
    assert hint == (None if nearest is None else advised)
    assert office.over_http(function, asked) == (said, hint)


@pytest.mark.parametrize("year", [2037, 2038, 2100])
@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_days_are_as_long_as_they_will_be(office: Office, year: int, zone: str) -> None:
    place = office.place
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    midnights = [clock.instant(datetime.combine(day, time.min), ZoneInfo(zone)) for day in days]
    Hand(office.connection, place).move_house(place.organizations["acme"], zone)
    with acting(office.connection, place.callers["viewer"]):
        told = office.connection.execute(
            "select k.bucket_start from public.kpi_series(%s, %s, %s) k where k.kpi = 'offered' order by 1",
            [place.organizations["acme"], midnights[0], midnights[-1]],
        ).fetchall()
    office.connection.rollback()
    assert [at.astimezone(UTC) for (at,) in told] == midnights[:-1]
    assert {after - before for before, after in pairwise(midnights)} > {timedelta(days=1)}


def test_a_threshold_between_the_edges_is_refused(office: Office) -> None:
    for threshold in ("answer_within_seconds", "short_abandon_seconds"):
        for seconds in (-1, 0, 11, 17, 21, 3599, 3601, 19.5):
            answer = office.client("org_admin").post(
                "/rpc/change_organization_settings",
                json={"p_org_id": str(office.place.organizations["acme"]), "p_changes": {threshold: seconds}},
            )
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, (threshold, seconds, answer.text)
            assert "10, 12, 15, 20, 25" in answer.json()["hint"], answer.text
