"""Row-level security at a hundred thousand calls: through indexes, and the caller is known once a statement."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.integration.database.doors import one
from tests.integration.database.plans import Explained, Node, explain_as_user, explain_with_grant
from tests.integration.database.races import Stage
from tools.scratch import Database, ScratchCluster

CALLS = 100_000
ORGANIZATIONS = 8
LARGE = ("calls", "legs", "audit_entries")

STATEMENTS = {
    "a page of calls": "select * from public.calls where org_id = %(org)s order by started_at desc, id desc limit 50",
    "a page from far back": """select * from public.calls where org_id = %(org)s and started_at <= '2025-03-01Z'
        order by started_at desc, id desc limit 50""",
    "a page with lines and legs": """
        select c.*, l.label, g.legs
        from public.calls c
        left join lateral (
          select l.label from public.lines l where l.org_id = c.org_id and l.id = c.line_id
        ) l on true
        left join lateral (
          select json_agg(g) as legs from public.legs g where g.org_id = c.org_id and g.call_id = c.id
        ) g on true
        where c.org_id = %(org)s
        order by c.started_at desc, c.id desc
        limit 50""",
    "a page of a line": """select * from public.calls where org_id = %(org)s and line_id = %(line)s
        order by started_at desc, id desc limit 50""",
    "a week of an organization": """select * from public.calls
        where org_id = %(org)s and started_at >= '2025-06-02Z' and started_at < '2025-06-09Z'""",
    "a week of everything": """select * from public.calls
        where started_at >= '2025-06-02Z' and started_at < '2025-06-09Z'""",
    "a call": "select * from public.calls where id = %(call)s",
    "the legs of a call": "select * from public.legs where org_id = %(org)s and call_id = %(call)s",
    "lines": "select * from public.lines where org_id = %(org)s",
    "members": "select * from public.members where org_id = %(org)s",
    "people with what they have": """
        select m.*, p.full_name, array(
            select l.line_id from public.member_lines l where l.org_id = m.org_id and l.member_id = m.id
          ), array(
            select e.extension from public.member_extensions e where e.org_id = m.org_id and e.member_id = m.id
          )
        from public.org_members m
        join public.profiles p on p.user_id = m.user_id
        where m.org_id = %(org)s""",
    "a page of the audit trail": """select * from public.audit_entries where org_id = %(org)s
        order by at desc, id desc limit 50""",
    "a week of the audit trail": """select * from public.audit_entries
        where org_id = %(org)s and at >= '2025-06-02Z' and at < '2025-06-09Z'""",
    "settings": "select * from public.organization_settings where org_id = %(org)s",
    "holidays": "select * from public.holidays where org_id = %(org)s",
    "the KPIs of a month": "select * from public.kpi_summary(%(org)s, '2025-06-01Z', '2025-07-01Z')",
    "the KPIs of a month in business hours": """select * from public.kpi_summary(
        %(org)s, '2025-06-01Z', '2025-07-01Z', p_in_hours => true)""",
    "the KPIs of a line": """select * from public.kpi_summary(
        %(org)s, '2025-06-01Z', '2025-07-01Z', p_line_ids => array[%(line)s])""",
    "the KPIs of a member": """select * from public.kpi_summary(
        %(org)s, '2025-06-01Z', '2025-07-01Z', p_member_ids => array[%(member)s])""",
    "the KPIs of each day": "select * from public.kpi_series(%(org)s, '2025-06-01Z', '2025-07-01Z')",
    "the KPIs of everything": "select * from public.kpi_summary(null, '2025-06-01Z', '2025-06-08Z')",
    "what happened in an organization": "select * from public.activity(%(org)s)",
    "what happened everywhere": "select * from public.activity(null)",
}


@dataclass(frozen=True)
class World:
    """A year of calls of several organizations, one that is asked about, and who asks."""

    database: Database
    users: dict[str, UUID]
    grants: dict[str, str]
    named: dict[str, Any]

    def explain(self, who: str, what: str) -> Explained:
        """Let somebody ask something, as a request would."""
        if who in self.users:
            return explain_as_user(self.database, self.users[who], STATEMENTS[what], self.named)
        return explain_with_grant(self.database, self.grants[who], STATEMENTS[what], self.named)


CALLERS = ("viewer", "agent", "manager", "org_admin", "platform_admin", "an API key", "a platform-wide API key")

ASKED = [(who, what) for what in STATEMENTS for who in CALLERS if not (what == "members" and "API key" in who)]
"""The team page's view is for people; keys read the tables beneath it."""


@pytest.fixture(scope="module")
def world(cluster: ScratchCluster, migrated: Database) -> Iterator[World]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=1) as stage:
        org, account = stage.make("organization"), stage.make("integration")
        others = [stage.make("organization", f"Other {n}") for n in range(1, ORGANIZATIONS)]
        stage.owner.execute(_LINES, {"orgs": [org, *others], "account": account})
        line = one(stage.owner, "select id from public.lines where org_id = %s order by e164 limit 1", org)
        given = [line]
        users = {role: stage.make("member", org, role) for role in ("viewer", "org_admin")}
        users |= {role: stage.make("member", org, role, given) for role in ("agent", "manager")}
        users["platform_admin"] = stage.make("platform_admin")
        stage.owner.execute(_MEMBERS)
        member = one(stage.owner, "select id from public.org_members where user_id = %s", users["agent"])
        with psycopg.ClientCursor(stage.owner) as cursor:
            cursor.execute(_ROWS, {"account": account, "calls": CALLS, "org": org, "agent": member})
        grants = {
            "an API key": _grant(stage, users["org_admin"], org),
            "a platform-wide API key": _grant(stage, users["platform_admin"], None),
        }
        stage.owner.execute("vacuum analyze")
        call = one(stage.owner, "select id from public.calls where line_id = %s limit 1", line)
        yield World(database, users, grants, {"org": org, "line": line, "member": member, "call": call})


_LINES = """
select tests.line(o.id, tests.phone_number(%(account)s, format('+1%%s55501%%s', 300 + o.place, lpad(n::text, 2, '0'))))
from unnest(%(orgs)s::uuid[]) with ordinality o (id, place), generate_series(0, 9) n
"""

_MEMBERS = """
select tests.member(id, 'agent') from public.organizations, generate_series(1, 30) where id <> private.holding_org_id()
"""

_ROWS = """
insert into public.calls (
  id, org_id, integration_id, provider_call_id, line_id, direction, started_at, outcome, wait_seconds, member_ids
)
select
  gen_random_uuid(), l.org_id, %(account)s, n::text, l.id, 'inbound',
  '2025-01-01Z'::timestamptz + n * interval '5 minutes', 'answered', n %% 60,
  case when l.org_id = %(org)s and n %% 9 = 0 then array[%(agent)s::uuid] else '{}' end
from (select row_number() over (order by md5(id::text)) - 1 as place, * from public.lines) l
join generate_series(1, %(calls)s) n on n %% 80 = l.place;

insert into public.legs (id, org_id, call_id, extension)
select gen_random_uuid(), org_id, id, '101' from public.calls;

insert into public.audit_entries (org_id, at, actor_kind, action, resource, details_digest)
select o.id, '2025-01-01Z'::timestamptz + n * interval '40 minutes', 'process', 'update', 'lines', ''
from public.organizations o, generate_series(1, 12500) n
where o.id <> private.holding_org_id();

insert into public.holidays (org_id, day, name)
select o.id, current_date + n, 'Day ' || n
from public.organizations o, generate_series(1, 30) n
where o.id <> private.holding_org_id();

update public.organization_settings set business_hours = '[{"weekday": 1, "opens": "09:00", "closes": "17:00"}]';
"""


def _grant(stage: Stage, admin: UUID, org: UUID | None) -> str:
    """Let an admin make a key for everything and the webhook app open a request with it."""
    (caller,) = stage.signed_in(admin)
    (scopes,) = stage.told("select private.api_scopes()")
    secret = caller.does("select secret from public.create_api_key(%s, 'All', %s)", org, scopes)
    grant = f"a grant of {org}"
    with stage.database.connect("webhooks") as door:
        hashes = [sha256(text.encode()).digest() for text in (secret, grant)]
        ((outcome, *_),) = door.execute(
            "select * from private.open_api_request(%s, %s, %s)", [*hashes, datetime.now(UTC)]
        ).fetchall()
    assert outcome == "granted"
    stage.owner.execute("update private.api_grants set expires_at = 'infinity'")
    return grant


HELPERS = (
    "private.my_",
    "private.org_ids_read_in_full",
    "private.api_org_ids",
    "private.is_platform_admin",
    "auth.uid",
)


@pytest.mark.parametrize(("who", "what"), ASKED)
def test_what_is_large_is_read_through_indexes_and_the_caller_is_known_once(world: World, who: str, what: str) -> None:
    explained = world.explain(who, what)
    assert explained.nodes
    assert (scanned(explained), asked_per_row(explained), asked_again(explained)) == ([], [], [])


def scanned(explained: Explained) -> list[str]:
    """Name the reads of a whole large table."""
    return [str(node) for node in explained.nodes if node.kind == "Seq Scan" and node.table in LARGE]


def asked_per_row(explained: Explained) -> list[str]:
    """Name the conditions in which a function of ours is called for every row."""

    def calls(node: Node) -> bool:
        reads = node.table in LARGE or node.kind == "Bitmap Index Scan"
        return any(name in node.conditions for name in (*HELPERS, "private.") if reads or name in HELPERS)

    return [str(node) for node in explained.nodes if calls(node)]


def asked_again(explained: Explained) -> list[str]:
    """Name what asks for the caller elsewhere than in a part of the plan that runs once.

    What a helper does inside is its own: it stands at the top of a plan of its own.
    """

    def runs_once(node: Node) -> bool:
        return node.told["Actual Loops"] <= 1 and any(each.relationship == "InitPlan" for each in (node, *node.above))

    asking = [node for node in explained.nodes if node.above and any(name in node.output for name in HELPERS)]
    return [str(node) for node in asking if node.kind in ("ProjectSet", "Result") and not runs_once(node)]


@pytest.mark.parametrize(
    ("rule", "query"),
    [
        (scanned, "select * from public.calls where external_name = 'Somebody'"),
        (
            asked_per_row,
            "select * from public.calls where org_id = %(org)s and private.is_platform_admin() = is_dropped",
        ),
        (
            asked_again,
            """select (select x from (select private.is_platform_admin() x where c.wait_seconds > 0 offset 0) y)
            from (select * from public.calls where org_id = %(org)s limit 5) c""",
        ),
    ],
)
def test_each_rule_finds_what_breaks_it(world: World, rule: Callable[[Explained], list[str]], query: str) -> None:
    explained = explain_as_user(world.database, world.users["org_admin"], query, world.named)
    assert rule(explained)
