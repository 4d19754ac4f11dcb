"""Row-level security on calls goes through indexes, and asks once a statement who is calling."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.database.doors import one, signed_in
from tests.support.people import People
from tools.scratch import Database, ScratchCluster

CALLS = 50_000
ORGANIZATIONS = 20

A_WEEK = "select id from public.calls where started_at >= '2025-06-02Z' and started_at < '2025-06-09Z'"
A_PAGE = "select id from public.calls where org_id = '{org}' order by started_at desc, id desc limit 50"
GOING_ON = "select id, state, waiting_seconds from public.live_calls"
ITS_LEGS = "select id from public.legs where org_id = '{org}' and call_id = '{call}'"

Plan = dict[str, Any]


@pytest.fixture(scope="module")
def database(cluster: ScratchCluster, migrated: Database) -> Iterator[Database]:
    with cluster.database(migrated.name) as database:
        yield database


@pytest.fixture(scope="module")
def actors(database: Database) -> dict[str, str]:
    """Users by role, an organization and a call of it, beside many of other organizations: a year of calls."""
    people = People(database)
    account = people.integration()
    org = people.organization()
    line = people.line(org, people.phone_number(account, "+12125550100"))
    users = {role: people.member(org, role) for role in ("viewer", "org_admin")}
    users |= {role: people.member(org, role, line) for role in ("agent", "manager")}
    users["platform_admin"] = people.platform_admin()
    with database.connect() as connection:
        connection.execute(
            """
            with organization as (
              select row_number() over () as place, id from (
                select %(org)s::uuid as id union all
                select tests.organization('Other ' || n) from generate_series(2, %(organizations)s) n
              ) every
            ),
            line as materialized (
              select
                o.place, o.id as org_id, n as nth,
                case when o.id = %(org)s and n = 0 then %(line)s else tests.line(
                  o.id, tests.phone_number(%(account)s, format('+1%%s55501%%s', 300 + o.place, lpad(n::text, 2, '0')))
                ) end as line_id
              from organization o, generate_series(0, 4) n
            )
            insert into public.calls (
              id, org_id, integration_id, provider_call_id, line_id, direction, started_at, outcome, member_ids
            )
            select
              gen_random_uuid(), l.org_id, %(account)s, n::text, l.line_id, 'inbound',
              '2025-01-01Z'::timestamptz + n * interval '10 minutes', 'answered',
              case when l.org_id = %(org)s and n %% 9 = 0 then array[m.id] else '{}' end
            from generate_series(1, %(calls)s) n
            join line l on l.place = 1 + n %% %(organizations)s and l.nth = n / %(organizations)s %% 5
            cross join (select id from public.org_members where user_id = %(agent)s) m
            """,
            {
                "org": org,
                "line": line,
                "account": account,
                "agent": users["agent"],
                "calls": CALLS,
                "organizations": ORGANIZATIONS,
            },
        )
        connection.execute(
            """insert into public.legs (id, org_id, call_id, extension)
            select gen_random_uuid(), org_id, id, '101' from public.calls"""
        )
        connection.execute("analyze")
        call = one(connection, "select id from public.calls where line_id = %s limit 1", line)
    return {name: str(value) for name, value in {**users, "org": org, "call": call}.items()}


def explain(database: Database, actors: dict[str, str], role: str, query: str) -> list[Plan]:
    """Return all nodes of the plan that ran, the outermost first."""
    with signed_in(database, actors[role]) as connection:  # type: ignore[arg-type]
        (plan,) = one(connection, "explain (analyze, verbose, format json) " + query.format_map(actors))
    return list(_nodes(plan["Plan"]))


def _nodes(node: Plan) -> Iterator[Plan]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def reads(nodes: list[Plan], table: str) -> list[Plan]:
    """Return the nodes that read a table or one of its indexes."""
    return [
        node for node in nodes if node.get("Relation Name") == table or node.get("Index Name", "").startswith(table)
    ]


ROLES = ["viewer", "agent", "manager", "org_admin", "platform_admin"]


@pytest.mark.parametrize("role", ROLES)
def test_a_range_of_time_is_found_through_an_index_for_each_way_to_see_a_call(
    database: Database, actors: dict[str, str], role: str
) -> None:
    nodes = explain(database, actors, role, A_WEEK)
    assert "Seq Scan" not in {node["Node Type"] for node in reads(nodes, "calls")}
    assert "BitmapOr" in {node["Node Type"] for node in nodes}
    conditions = {node["Index Name"]: node["Index Cond"] for node in nodes if node["Node Type"] == "Bitmap Index Scan"}
    assert conditions.keys() == {"calls_org_started_idx", "calls_line_started_idx", "calls_members_idx"}
    assert "org_id = ANY" in conditions["calls_org_started_idx"]
    assert "started_at" in conditions["calls_org_started_idx"]
    assert "line_id = ANY" in conditions["calls_line_started_idx"]
    assert "started_at" in conditions["calls_line_started_idx"]
    assert "member_ids &&" in conditions["calls_members_idx"]


@pytest.mark.parametrize("role", ROLES)
def test_the_latest_calls_of_an_organization_are_read_in_the_index_order(
    database: Database, actors: dict[str, str], role: str
) -> None:
    nodes = explain(database, actors, role, A_PAGE)
    (scan,) = reads(nodes, "calls")
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "calls_org_started_idx")
    assert "Sort" not in {node["Node Type"] for node in nodes}
    assert nodes[0]["Actual Rows"] == 50


@pytest.mark.parametrize("role", ROLES)
def test_the_legs_of_a_call_are_found_through_indexes(database: Database, actors: dict[str, str], role: str) -> None:
    nodes = explain(database, actors, role, ITS_LEGS)
    assert nodes[0]["Actual Rows"] == 1
    assert "Seq Scan" not in {node["Node Type"] for node in reads(nodes, "calls") + reads(nodes, "legs")}


@pytest.mark.parametrize("role", ROLES)
def test_calls_in_progress_are_found_among_years_of_others(
    database: Database, actors: dict[str, str], role: str
) -> None:
    nodes = explain(database, actors, role, GOING_ON)
    assert {node["Index Name"] for node in reads(nodes, "calls") if node["Actual Loops"]} == {"calls_in_progress_idx"}


@pytest.mark.parametrize("query", [A_WEEK, A_PAGE], ids=["a range", "a page"])
@pytest.mark.parametrize("role", ROLES)
def test_who_is_calling_is_asked_once_a_statement(
    database: Database, actors: dict[str, str], role: str, query: str
) -> None:
    nodes = explain(database, actors, role, query)
    asking = [node for node in nodes if any("private." in output for output in node.get("Output", []))]
    assert len(asking) == 3
    assert {node["Node Type"] for node in asking} == {"ProjectSet"}
    assert {node["Parent Relationship"] for node in asking} == {"InitPlan"}
    assert {node["Actual Loops"] for node in asking} <= {0, 1}
    filters = [str(node.get(key, "")) for node in nodes for key in ("Filter", "Index Cond", "Recheck Cond")]
    assert not [text for text in filters if "private." in text or "auth." in text]
