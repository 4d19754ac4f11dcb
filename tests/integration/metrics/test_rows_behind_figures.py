"""Every figure opens its rows: the filters of kpi_definitions, read through PostgREST, come to what is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import httpx
import pytest

from tests.integration.metrics.breakdowns import between
from tests.support import programs
from tests.support.programs import Door
from tools.scratch import Database, ScratchCluster

FROM, TO = "2025-10-20T00:00:00+01:00", "2025-11-05T12:30:00+00:00"
READERS = ("viewer", "agent", "manager", "org_admin", "platform_admin")
PERCENTILES = {"median": Fraction(1, 2), "p90": Fraction(9, 10), "p95": Fraction(19, 20)}

# Two weeks around the end of summer time in London, with calls of every kind, and thresholds that change on the way.
WORLD = """
create table public.story as select * from tests.two_organizations();
update public.organizations set time_zone = 'Europe/London' where id = (select acme from public.story);
update public.organization_settings set business_hours = (
  select jsonb_agg(jsonb_build_object('weekday', n, 'opens', '00:30', 'closes', '17:45')) from generate_series(1, 6) n
) where org_id = (select acme from public.story);
insert into public.organization_settings (
  org_id, effective_from, answer_within_seconds, short_abandon_seconds, excludes_short_abandons, business_hours
)
select acme, '2025-10-26'::date, 30, 10, true, '[{"weekday": 7, "opens": "01:00", "closes": "24:00"}]'::jsonb
from public.story
union all
select acme, '2025-10-31', 45, 10, false, '[{"weekday": 5, "opens": "00:00", "closes": "12:00"}]' from public.story;
alter table public.holidays disable trigger tg_holidays__keep_the_past;
insert into public.holidays (org_id, day, name, opens, closes)
select acme, v.day::date, 'Holiday', v.opens, v.closes
from public.story, (values ('2025-10-22', null, null), ('2025-10-28', '09:00', '10:30')) v (day, opens, closes);

insert into public.calls (
  id, org_id, integration_id, provider_call_id, line_id, direction, external_number, started_at, ended_at,
  outcome, is_dropped, wait_seconds, talk_seconds, duration_seconds, transfer_count, member_ids, deleted_at
)
select
  gen_random_uuid(), s.acme, s.platform_account, n::text, (array[s.given, s.other, s.given, null])[1 + n % 4],
  (array['inbound', 'inbound', 'outbound', 'inbound', 'callback', 'inbound', 'internal'])[1 + n % 7],
  case when n % 11 = 0 then null when n % 13 = 0 then 'anonymous' else '+121255501' || to_char(n * n % 60, 'FM00') end,
  c.started_at, case when n % 4 = 1 then c.started_at + c.duration * interval '1 second' end,
  (array['answered', 'answered', 'missed', 'voicemail', 'missed', 'answered', null, 'answered'])[1 + n % 8], n % 23 = 0,
  case when n % 3 > 0 then n * 7 % 70 end, case when n % 5 > 0 and n % 8 in (0, 1, 5, 7) then n * 13 % 40 end,
  case when n % 9 > 0 then c.duration end, n % 6 % 3,
  case n % 5
    when 0 then '{}' when 1 then array[s.agent_member] when 2 then array[s.manager_member]
    else array[s.agent_member, s.manager_member]
  end,
  case when n % 37 = 0 then now() end
from public.story s
cross join generate_series(1, 1500) n
cross join lateral (
  select '2025-10-12 00:07Z'::timestamptz + n * interval '23 minutes 11 seconds' as started_at,
    600 + n * 29 % 4000 as duration
) c;
insert into public.calls (
  id, org_id, integration_id, provider_call_id, line_id, direction, external_number, started_at, outcome, wait_seconds
)
select
  gen_random_uuid(), s.globex, s.platform_account, 'theirs ' || n, s.theirs, 'inbound', '+12125550101', c.started_at,
  'missed', 3
from public.story s cross join generate_series(1, 50) n
cross join lateral (select '2025-10-20 00:07Z'::timestamptz + n * interval '3 hours' as started_at) c;

insert into public.messages (
  id, org_id, integration_id, provider_message_id, line_id, direction, business_number, external_number, body, state,
  sent_at
)
select
  gen_random_uuid(), s.acme, s.platform_account, case when n % 3 > 0 then n::text end,
  (array[s.given, s.other, null])[1 + n % 3], case v.state when 'received' then 'inbound' else 'outbound' end,
  '+12125550101', '+121255501' || to_char(n % 20, 'FM00'), 'Hello',
  v.state, '2025-10-18 00:07Z'::timestamptz + n * interval '3 hours 11 minutes'
from public.story s
cross join generate_series(1, 200) n
cross join lateral (
  select (
    array['received', 'sent', 'delivered', 'failed', 'received', 'queued', 'unconfirmed', 'delivered']
  )[1 + n * 7 % 11 % 8] as state
) v;
select private.fold_rollups(1000, '2025-10-30 12:34Z');
"""


@dataclass
class Reader:
    """Somebody who asks for figures and for rows."""

    client: httpx.Client
    org_id: str
    _read: dict[tuple[str, tuple[tuple[str, str], ...]], list[dict[str, Any]]] = field(default_factory=dict)

    def told(self, function: str, **arguments: str) -> list[dict[str, Any]]:
        """Ask a KPI function."""
        return self._rows(f"/rpc/{function}", (("p_org_id", self.org_id), *arguments.items()))

    def rows(self, definition: Mapping[str, Any], filters: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """Read the rows of a filter that is given as in an address."""
        name = definition["rows_of"]
        parameters = list(httpx.QueryParams(filters).multi_items())
        if name.startswith("rpc/"):
            parameters += [("p_org_id", self.org_id), *asked.items()]
        else:
            at = "sent_at" if name == "messages" else "started_at"
            parameters += [("org_id", f"eq.{self.org_id}"), (at, f"gte.{asked['p_from']}"), (at, f"lt.{asked['p_to']}")]
            parameters += [(of, f"in.({ids.strip('{}')})") for of, ids in [("line_id", asked.get("p_line_ids"))] if ids]
            parameters += [(of, f"ov.{ids}") for of, ids in [("member_ids", asked.get("p_member_ids"))] if ids]
            parameters += [(of, f"is.{so}") for of, so in [("is_in_hours", asked.get("p_in_hours"))] if so]
        return self._rows(f"/{name}", tuple(parameters))

    def _rows(self, path: str, parameters: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
        if (path, parameters) not in self._read:
            answer = self.client.get(path, params=list(parameters))
            assert answer.status_code == 200, answer.text
            self._read[path, parameters] = answer.json()
        return self._read[path, parameters]


@pytest.fixture(scope="module")
def database(cluster: ScratchCluster, migrated: Database) -> Iterator[Database]:
    with cluster.database(migrated.name) as database:
        with database.connect() as connection:
            connection.execute(WORLD)
        yield database


@pytest.fixture(scope="module")
def ids(database: Database) -> dict[str, str]:
    with database.connect() as connection:
        row = connection.execute("select to_jsonb(s) from public.story s").fetchone()
    assert row is not None
    said: dict[str, str] = row[0]
    return said


@pytest.fixture(scope="module")
def postgrest(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    with programs.postgrest(cluster, database) as door:
        yield door


@pytest.fixture(scope="module", params=READERS)
def reader(request: pytest.FixtureRequest, postgrest: Door, ids: dict[str, str]) -> Iterator[Reader]:
    with postgrest.as_user(ids[request.param]) as client:  # type: ignore[arg-type]
        yield Reader(client, ids["acme"])


@pytest.fixture(scope="module")
def definitions(postgrest: Door, ids: dict[str, str]) -> list[dict[str, Any]]:
    with postgrest.as_user(ids["viewer"]) as client:  # type: ignore[arg-type]
        said: list[dict[str, Any]] = client.get("/kpi_definitions").json()
    return said


@pytest.fixture(params=["everything", "lines", "members", "in hours", "out of hours", "all at once"])
def asked(request: pytest.FixtureRequest, ids: dict[str, str]) -> dict[str, str]:
    return question(request.param, ids)


@pytest.fixture(params=["everything", "all at once"])
def part(request: pytest.FixtureRequest, ids: dict[str, str]) -> dict[str, str]:
    return question(request.param, ids)


def question(by: str, ids: Mapping[str, str]) -> dict[str, str]:
    """Say what is asked of a function."""
    of = {
        "lines": {"p_line_ids": f"{{{ids['other']}}}"},
        "members": {"p_member_ids": f"{{{ids['manager_member']}}}"},
        "in hours": {"p_in_hours": "true"},
        "out of hours": {"p_in_hours": "false"},
        "all at once": {
            "p_line_ids": f"{{{ids['given']},{ids['other']}}}",
            "p_member_ids": f"{{{ids['agent_member']}}}",
            "p_in_hours": "true",
        },
    }
    return {"p_from": FROM, "p_to": TO} | of.get(by, {})


def test_every_figure_opens_its_rows(reader: Reader, definitions: list[dict[str, Any]], asked: dict[str, str]) -> None:
    walked = 0
    for definition in definitions:
        if definition["rows_of"] is None or not may_ask(reader, definition, asked):
            continue
        (figure,) = (k for k in figures(reader, definition["told_by"][0], asked) if k["kpi"] == definition["kpi"])
        walk(reader, definition, figure, asked)
        walked += 1
    assert walked >= 35


def test_a_line_opens_its_rows(reader: Reader, definitions: list[dict[str, Any]], part: dict[str, str]) -> None:
    by_kpi = {definition["kpi"]: definition for definition in definitions}
    for figure in reader.told("kpi_by_line", **part, p_kpis="{offered,service_level,missed,outbound_talk}"):
        line_id = figure["line_id"]
        walk(reader, by_kpi[figure["kpi"]], figure, part, f"&line_id={f'eq.{line_id}' if line_id else 'is.null'}")


def test_a_member_opens_their_rows(reader: Reader, definitions: list[dict[str, Any]], part: dict[str, str]) -> None:
    by_kpi = {definition["kpi"]: definition for definition in definitions}
    for figure in reader.told("kpi_by_member", **part, p_kpis="{answered,service_level,average_handle_time}"):
        member_id = figure["member_id"]
        of = f"cs.{{{member_id}}}" if member_id else "eq.{}"
        walk(reader, by_kpi[figure["kpi"]], figure, part, f"&member_ids={of}")


def test_an_hour_of_the_week_opens_its_rows(
    reader: Reader, definitions: list[dict[str, Any]], part: dict[str, str]
) -> None:
    by_kpi = {definition["kpi"]: definition for definition in definitions}
    told = reader.told("kpi_heatmap", **part, p_kpis="{offered,service_level}")
    assert len(told) == 2 * 7 * 24
    for figure in told:
        if figure["weekday"] == 7 and figure["hour"] in (0, 1, 2, 12):
            of = f"&weekday=eq.{figure['weekday']}&hour=eq.{figure['hour']}"
            walk(reader, by_kpi[figure["kpi"]], figure | {"denominator": None}, part, of)


def test_a_day_opens_its_rows(reader: Reader, definitions: list[dict[str, Any]], part: dict[str, str]) -> None:
    by_kpi = {definition["kpi"]: definition for definition in definitions}
    told = [
        k
        for k in reader.told("kpi_series", **part, p_grain="day")
        if k["kpi"] in ("offered", "missed", "outbound") and k["bucket_start"] > "2025-10-24"
    ]
    assert len(told) > 30
    for figure, following in zip(told, [*told[3:], *[None] * 3], strict=True):
        if following and following["kpi"] == figure["kpi"]:
            span = part | {"p_from": figure["bucket_start"], "p_to": following["bucket_start"]}
            walk(reader, by_kpi[figure["kpi"]], figure | {"numerator": figure["value"], "denominator": 1}, span)


def figures(reader: Reader, function: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Ask what tells a KPI, exactly."""
    exact = {"p_exact": "true"} if function == "kpi_percentiles" else {}
    return reader.told(function, **asked, **exact)


def may_ask(reader: Reader, definition: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    """Whether the reader reads these rows, and they have what is asked by."""
    if definition["rows_of"] != "messages":
        return True
    answer = reader.client.get("/rpc/kpi_messages", params={"p_org_id": reader.org_id, "p_from": FROM, "p_to": TO})
    return answer.status_code == 200 and not asked.keys() & {"p_member_ids", "p_in_hours"}


def walk(
    reader: Reader,
    definition: Mapping[str, Any],
    figure: Mapping[str, Any],
    asked: dict[str, str],
    narrower: str = "",
) -> None:
    """Compare a figure with its rows."""
    kpi, numerator = definition["kpi"], definition["numerator"]
    peak_at = figure.get("peak_at")
    if kpi == "peak_concurrency" and peak_at is None:
        return
    filters = definition["numerator_filter"].replace("{peak_at}", str(peak_at).replace("+", "%2B"))
    span = asked if peak_at is None else asked | {"p_from": "2025-10-12T00:00:00Z"}
    rows = reader.rows(definition, filters + narrower, span)
    if numerator == "count()":
        assert figure.get("numerator", figure["value"]) == len(rows), (kpi, figure)
    elif numerator.endswith(".sum()"):
        said = sum(row[numerator.removesuffix(".sum()")] for row in rows)
        assert (figure["numerator"] or 0) == said, (kpi, figure)
    elif numerator.endswith(".max()"):
        assert figure["numerator"] == max((row[numerator.removesuffix(".max()")] for row in rows), default=None), kpi
    else:
        ordered = sorted(Fraction(str(row[numerator])) for row in rows)
        expected = between(ordered, PERCENTILES[kpi.rpartition("_")[2]])
        assert (figure["value"] is None) == (expected is None), kpi
        assert expected is None or figure["value"] == pytest.approx(float(expected)), kpi
    for part in ("denominator", "known", "total"):
        if definition[f"{part}_filter"] is not None and figure.get(part) is not None:
            counted = len(reader.rows(definition, definition[f"{part}_filter"] + narrower, asked))
            assert figure[part] == counted, (kpi, part, figure)
