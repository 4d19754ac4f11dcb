"""Organizations with somebody of each role, whose calls and settings change, and the questions that they ask."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.integration.metrics.oracle import Question, Row, Tables

HOLDING: Final = UUID(int=0)
ORGANIZATIONS: Final = ("acme", "globex", "holding")
LINES: Final = {"a1": "acme", "a2": "acme", "a3": "acme", "g1": "globex", "g2": "globex"}

_TABLES: Final = {
    "organizations": "select id, time_zone from public.organizations",
    "settings": """select org_id, nullif(effective_from, '-infinity') as effective_from, answer_within_seconds,
      short_abandon_seconds, excludes_short_abandons, business_hours, service_level_target
    from public.organization_settings""",
    "holidays": "select org_id, day, opens, closes from public.holidays",
    "calls": """select id, org_id, line_id, direction, external_number, started_at, arrived_at, rang_at, answered_at,
      ended_at, outcome, is_dropped, wait_seconds, talk_seconds, duration_seconds, transfer_count, member_ids,
      deleted_at
    from public.calls""",
}


@dataclass(frozen=True)
class Caller:
    """Somebody who asks, and what the permission table lets them read."""

    name: str
    id: UUID
    asks: frozenset[UUID]
    """Organizations of which they may ask."""
    reads_in_full: frozenset[UUID]
    reads_messages: frozenset[UUID]
    lines: frozenset[UUID] = frozenset()
    members: frozenset[UUID] = frozenset()
    is_key: bool = False

    def sees(self, call: Row) -> bool:
        """Whether a call is among those of a whole organization, of given lines, or handled."""
        return (
            call["org_id"] in self.reads_in_full
            or call["line_id"] in self.lines
            or not self.members.isdisjoint(call["member_ids"])
        )


@dataclass(frozen=True)
class Place:
    """Two organizations and the one that owns what belongs to nobody."""

    organizations: Mapping[str, UUID]
    lines: Mapping[str, UUID]
    members: Mapping[str, Sequence[UUID]]
    """Those with legs in calls, by organization."""
    callers: Mapping[str, Caller]
    account: UUID

    @classmethod
    def arrange(cls, connection: psycopg.Connection[Any]) -> "Place":
        """Make them, as postgres."""

        def make(function: str, *arguments: Any) -> UUID:
            placeholders = ", ".join(["%s"] * len(arguments))
            row = connection.execute(f"select tests.{function}({placeholders})".encode(), arguments).fetchone()
            assert row is not None
            made: UUID = row[0]
            return made

        # What is over stays as it was for people; here it is written before it is asked about.
        connection.execute("alter table public.holidays disable trigger tg_holidays__keep_the_past")
        acme, globex = make("organization", "Acme"), make("organization", "Globex")
        organizations = {"acme": acme, "globex": globex, "holding": HOLDING}
        account = make("integration")
        lines = {
            name: make("line", organizations[owner], make("phone_number", account, f"+1212555010{number}"))
            for number, (name, owner) in enumerate(LINES.items())
        }

        everybody: dict[str, Caller] = {}
        members: dict[str, list[UUID]] = {"acme": [], "globex": [], "holding": []}

        def somebody(name: str, *memberships: tuple[str, str, Sequence[str]]) -> None:
            user = make("user", name)
            in_full, asks, mail = set[UUID](), set[UUID](), set[UUID]()
            given, handled = set[UUID](), set[UUID]()
            for owner, role, some in memberships:
                org_id = organizations[owner]
                member = make("join", user, org_id, role, [lines[line] for line in some])
                asks.add(org_id)
                if role != "viewer":
                    mail.add(org_id)
                members[owner].append(member)
                if role in ("viewer", "org_admin"):
                    in_full.add(org_id)
                else:
                    given.update(lines[line] for line in some)
                    handled.add(member)
            everybody[name] = Caller(
                name,
                user,
                asks=frozenset(asks),
                reads_in_full=frozenset(in_full),
                reads_messages=frozenset(mail),
                lines=frozenset(given),
                members=frozenset(handled),
            )

        somebody("viewer", ("acme", "viewer", []))
        somebody("org_admin", ("acme", "org_admin", []))
        somebody("manager", ("acme", "manager", ["a1", "a2"]))
        somebody("agent", ("acme", "agent", ["a1"]))
        somebody("agent_without_lines", ("acme", "agent", []))
        somebody("their_admin", ("globex", "org_admin", []))
        somebody("of_both", ("acme", "viewer", []), ("globex", "org_admin", []))
        somebody("agent_and_viewer", ("acme", "agent", ["a3"]), ("globex", "viewer", []))
        somebody("nobody")
        everything = frozenset(organizations.values())
        everybody["platform_admin"] = Caller(
            "platform_admin", make("platform_admin"), everything, everything, everything
        )
        for name, of in (("key", acme), ("platform_key", None)):
            reads = frozenset({of}) if of else everything
            everybody[name] = Caller(name, make("api_key", of), reads, reads, reads, is_key=True)
        return cls(organizations, lines, members, everybody, account)

    def ask(
        self,
        tables: Tables,
        caller: Caller,
        of: str | None,
        begin: datetime,
        end: datetime,
        **narrowed: Any,
    ) -> Question:
        """What a caller means when they ask about an organization, or about all that they read in full."""
        org_ids = [self.organizations[of]] if of else sorted(caller.reads_in_full)
        zone = tables.zone(org_ids[0]) if of else ZoneInfo("UTC")
        return Question(org_ids, zone, caller.sees, begin, end, **narrowed)


def read_tables(connection: psycopg.Connection[Any]) -> Tables:
    """Read everything that figures are made of."""
    with connection.cursor(row_factory=dict_row) as cursor:
        now = cursor.execute("select now()").fetchone()
        assert now is not None
        rows = {name: cursor.execute(query.encode()).fetchall() for name, query in _TABLES.items()}
    for call in rows["calls"]:
        call.update({name: value.astimezone(UTC) for name, value in call.items() if isinstance(value, datetime)})
    return Tables(now["now"].astimezone(UTC), rows["organizations"], rows["settings"], rows["holidays"], rows["calls"])


@contextmanager
def acting(connection: psycopg.Connection[Any], caller: Caller) -> Iterator[None]:
    """Be somebody within a transaction, as PostgREST makes one."""
    connection.execute(f"select tests.act_as{'_key' if caller.is_key else ''}(%s)".encode(), [caller.id])
    yield
    connection.execute("select tests.act_as_role('postgres')")


def told(
    connection: psycopg.Connection[Any], caller: Caller, function: str, **arguments: Any
) -> list[dict[str, Any]] | str:
    """What a function tells somebody: its rows, or the code of its error."""
    said = ", ".join(f"{name} => %({name})s{_CASTS.get(name, '')}" for name in arguments)
    try:
        with connection.transaction(), acting(connection, caller), connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(f"select * from public.{function}({said})".encode(), arguments).fetchall()  # noqa: S608
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith("PT"):
            raise
        return error.diag.message_detail or str(error)


_CASTS: Final = {"p_line_ids": "::uuid[]", "p_member_ids": "::uuid[]", "p_org_id": "::uuid", "p_in_hours": "::boolean"}


@dataclass(frozen=True)
class Hand:
    """Writes what has become of an organization, as the programs and people would."""

    connection: psycopg.Connection[Any]
    place: Place

    def call_ids(self) -> list[UUID]:
        """The calls there are, in their order."""
        return [row[0] for row in self.connection.execute("select id from public.calls order by created_at, id")]

    def add_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Put calls there in one statement."""
        self.connection.execute(
            """insert into public.calls
            select (jsonb_populate_record(null::public.calls, c || jsonb_build_object(
              'integration_id', %s::uuid, 'provider_call_id', c ->> 'id',
              'created_at', clock_timestamp(), 'updated_at', now()
            ))).*
            from jsonb_array_elements(%s::jsonb) c""",
            [self.place.account, json.dumps([_written(call) for call in calls])],
        )

    def correct(self, call_ids: Sequence[UUID], changes: Mapping[str, Any]) -> None:
        """Change columns of calls in one statement."""
        columns = ", ".join(changes)
        self.connection.execute(
            f"""update public.calls c set ({columns}) = (
              select {columns} from jsonb_populate_record(c, %s) r
            ) where c.id = any (%s)""".encode(),  # noqa: S608
            [Jsonb(_written(changes)), list(call_ids)],
        )

    def forget(self, call_ids: Sequence[UUID]) -> None:
        """Delete the rows of calls."""
        self.connection.execute("delete from public.calls where id = any (%s)", [list(call_ids)])

    def move_house(self, org_id: UUID, time_zone: str) -> None:
        """Change an organization's time zone."""
        self.connection.execute("update public.organizations set time_zone = %s where id = %s", [time_zone, org_id])

    def settle(self, org_id: UUID, effective_from: str, settings: Mapping[str, Any]) -> None:
        """Write the settings from a date on."""
        columns = ", ".join(settings)
        self.connection.execute(
            f"""insert into public.organization_settings (org_id, effective_from, {columns})
            select %s, %s, {columns} from jsonb_populate_record(null::public.organization_settings, %s)
            on conflict (org_id, effective_from) do update set ({columns}) = row ({
                ", ".join(f"excluded.{name}" for name in settings)
            })""".encode(),  # noqa: S608
            [org_id, effective_from, Jsonb(settings)],
        )

    def drop_settings(self, org_id: UUID, effective_from: str) -> None:
        """Take back settings from a date on."""
        self.connection.execute(
            "delete from public.organization_settings where org_id = %s and effective_from = %s",
            [org_id, effective_from],
        )

    def keep_holiday(self, org_id: UUID, day: str, opens: str | None, closes: str | None) -> None:
        """Keep other hours on a day."""
        self.connection.execute(
            """insert into public.holidays (org_id, day, name, opens, closes) values (%s, %s, 'Holiday', %s, %s)
            on conflict (org_id, day) do update set opens = excluded.opens, closes = excluded.closes""",
            [org_id, day, opens, closes],
        )

    def drop_holidays(self, org_id: UUID) -> None:
        """Keep the week's hours on all days."""
        self.connection.execute("delete from public.holidays where org_id = %s", [org_id])

    def fold(self, limit: int) -> int:
        """Count some of what has changed ahead; returns how much it was."""
        row = self.connection.execute("select private.fold_rollups(%s, now())", [limit]).fetchone()
        assert row is not None
        return int(row[0])


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, UUID) else value


def ids() -> Callable[[], UUID]:
    """Return what makes ids, the same each time, so that an example that fails is the same when it is shrunk."""
    dice = random.Random(0)  # noqa: S311
    return lambda: any_id(dice)


def any_id(dice: random.Random) -> UUID:
    """An id that comes from the dice alone."""
    return UUID(int=dice.getrandbits(128), version=4)
