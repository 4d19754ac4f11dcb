"""An organization with a month of calls, some of them named by people who mean harm to spreadsheets."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from tests.support.people import People
from tools.scratch import Database

FROM = "2025-03-28T00:00:00+00:00"
TO = "2025-04-02T00:00:00+01:00"
"""Five days of London, the shorter one in spring among them."""
ZONE = "Europe/London"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula."""
HOSTILE = (
    "=1+1",
    '=HYPERLINK("https://example.com","Open")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    'He said "hello", twice',
    "two\nlines",
    "two\r\nlines",
    "comma, semicolon; tab\there",
    " spaces ",
    "Zoë Øster-Łukasz 日本語 مرحبا 😀",
    "'quoted'",
    "",
)

_CALLS = """
insert into public.calls (
  id, org_id, integration_id, provider_call_id, phone_number_id, line_id, direction, business_number,
  external_number, external_name, started_at, outcome, wait_seconds, talk_seconds, duration_seconds,
  is_dropped, transfer_count, member_ids
)
select
  gen_random_uuid(), %(org)s, %(account)s, gen_random_uuid(), l.phone_number_id,
  case when n %% 11 > 0 then l.id end,
  (array['inbound', 'inbound', 'inbound', 'outbound', 'internal', 'callback'])[1 + n %% 6],
  l.e164,
  '+1212555' || lpad((n %% 90 + 100)::text, 4, '0'), (%(names)s::text[])[1 + n %% cardinality(%(names)s::text[])],
  day + interval '7 minutes' * (n * 37 %% 200), (array['answered', 'answered', 'missed', 'voicemail'])[1 + n %% 4],
  case when n %% 5 > 0 then n * 7 %% 90 end, case when n %% 4 < 2 then n * 13 %% 400 end, n * 17 %% 600,
  n %% 16 = 0, n %% 3,
  case when n %% 4 < 2 and n %% 3 = 0 then array[%(agent)s]::uuid[] else '{}' end
from generate_series(timestamptz '2025-03-28', timestamptz '2025-04-01', interval '1 day') day
cross join generate_series(1, %(calls)s) n
join public.lines l on l.id = (%(lines)s::uuid[])[1 + n %% 2]
"""


@dataclass
class Office:
    """Who and what the reports are about."""

    database: Database
    org_id: UUID
    lines: list[UUID]
    users: dict[str, UUID]
    members: dict[str, UUID]

    def query(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        with self.database.connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *arguments: Any) -> Any:
        return next(iter(self.query(statement, *arguments)[0].values()))

    def document(self, owner: str, report: str, format_: str, **further: Any) -> UUID:
        """Queue a document as its owner would."""
        with self.database.connect() as connection, connection.transaction():
            connection.execute("select tests.act_as(%s)", [self.users[owner]])
            row = connection.execute(
                "select public.create_document(%s, %s, %s, %s)",
                [self.org_id, report, format_, json.dumps({"from": FROM, "to": TO} | further)],
            ).fetchone()
        assert row is not None
        made: UUID = row[0]
        return made

    def state(self, document_id: UUID) -> dict[str, Any]:
        (row,) = self.query("select * from public.documents where id = %s", document_id)
        return row


def office(database: Database, name: str = "Acme", calls_per_day: int = 30) -> Office:
    """Make it: two lines, a person of each role, the agent and the manager on the first line only."""
    people = People(database)
    org_id = people.organization(name)
    integration_id = people.integration()
    lines = [
        people.line(org_id, people.phone_number(integration_id, e164)) for e164 in ("+12125550101", "+12125550102")
    ]
    users = {
        "viewer": people.member(org_id, "viewer"),
        "agent": people.member(org_id, "agent", lines[0]),
        "manager": people.member(org_id, "manager", lines[0]),
        "org_admin": people.member(org_id, "org_admin"),
        "platform_admin": people.platform_admin(),
    }
    made = Office(database, org_id, lines, users, {})
    made.query("update public.organizations set time_zone = %s where id = %s", ZONE, org_id)
    made.members = {
        role: made.value("select id from public.org_members where user_id = %s", user_id)
        for role, user_id in users.items()
        if role != "platform_admin"
    }
    with database.connect() as connection:
        connection.execute(
            _CALLS,
            {
                "org": org_id,
                "account": integration_id,
                "names": [name or None for name in HOSTILE],
                "agent": made.members["agent"],
                "calls": calls_per_day,
                "lines": lines,
            },
        )
    return made
