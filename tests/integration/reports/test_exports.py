"""What a report answers, what is exported as CSV, what a document holds: row by row the same."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.integration.reports.office import FORMULAS, FROM, HOSTILE, TO, Office, office
from tests.support.programs import Door
from tools.scratch import Database

REPORTS = ("summary", "days", "hours", "lines", "members", "sla", "calls")
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "a line": {"line_ids": [0]},
    "an agent": {"member_ids": ["agent"]},
    "missed calls": {"outcomes": ["missed"], "directions": ["inbound"], "min_duration": 60, "number": "555-01"},
}


@pytest.fixture
def acme(database: Database) -> Office:
    return office(database)


class Asking:
    """One person at PostgREST."""

    def __init__(self, acme: Office, client: httpx.Client) -> None:
        self._acme = acme
        self._client = client

    def rows(self, report: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """All rows that the report function answers, page by page where it has pages."""
        name = "kpi_summary" if report == "summary" else f"report_{report}"
        asked = {"p_org_id": str(self._acme.org_id)} | {f"p_{key}": value for key, value in parameters.items()}
        if report != "calls":
            return self._json(name, asked)
        found: list[dict[str, Any]] = []
        while page := self._json(name, asked | {"p_limit": 37}):
            found += page
            asked |= {"p_before": page[-1]["started_at"], "p_before_id": page[-1]["id"]}
        return found

    def csv(self, report: str, parameters: dict[str, Any]) -> httpx.Response:
        body = {"p_org_id": str(self._acme.org_id), "p_report": report, "p_parameters": parameters}
        return self._client.post("/rpc/export_report", json=body, headers={"accept": "text/csv"})

    def _json(self, name: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self._client.post(f"/rpc/{name}", json=body)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = exactly(answer.text)
        return rows


@pytest.fixture
def asking(acme: Office, postgrest: Door) -> Iterator[Any]:
    clients: list[httpx.Client] = []

    def as_role(role: str) -> Asking:
        clients.append(postgrest.as_user(acme.users[role]))
        return Asking(acme, clients[-1])

    yield as_role
    for client in clients:
        client.close()


def parameters_of(acme: Office, report: str, filters: str) -> dict[str, Any]:
    further = dict(FILTERS[filters])
    if "line_ids" in further:
        further["line_ids"] = [str(acme.lines[0])]
    if "member_ids" in further:
        further["member_ids"] = [str(acme.members["agent"])]
    if report != "calls" and filters == "missed calls":
        further = {}
    return {"from": FROM, "to": TO} | further


def exactly(text: str) -> Any:
    """JSON with its numbers as they are."""
    return json.loads(text, parse_float=Decimal)


def given(acme: Office, owner: str, report: str, format_: str, parameters: dict[str, Any]) -> Any:
    """What the sync script is given to make a document of: the CSV, the source as it is, or the problem."""
    document = acme.document(owner, report, format_, **parameters)
    with acme.database.connect("sync") as connection:
        claimed = connection.execute("select document_id from private.claim_document('w', now())").fetchone()
        assert claimed == (document,)
        [row] = connection.execute(
            "select csv, source::text, problem from private.document_source(%s, 'w', now())", [document]
        ).fetchall()
        connection.execute("select private.finish_document(%s, 'w', 'stored', null, 1, sha256('x'), now())", [document])
    return row


def source(acme: Office, owner: str, report: str, format_: str, parameters: dict[str, Any]) -> Any:
    """What a document is made of, without a problem."""
    made, words, problem = given(acme, owner, report, format_, parameters)
    assert problem is None
    return made if format_ == "csv" else exactly(words)


def table(file: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV, as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(file.content.decode(), newline=""), strict=True))


def cell(value: Any) -> str:
    """A value as a CSV tells it to a program that knows nothing of spreadsheets."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        is_number = value[:1] == "+" and value[1:].isdigit()
        return f"'{value}" if value[:1] in FORMULAS and value and not is_number else value
    return str(value)


@pytest.mark.parametrize("role", ["viewer", "agent", "manager", "org_admin", "platform_admin"])
def test_screen_csv_and_document_are_the_same_row_by_row(acme: Office, asking: Any, role: str) -> None:
    compared = 0
    one = asking(role)
    for report in REPORTS:
        for filters in FILTERS if role == "agent" or report == "calls" else ["none"]:
            parameters = parameters_of(acme, report, filters)
            answered = one.rows(report, parameters)
            exported = one.csv(report, parameters)
            assert exported.status_code == 200, exported.text
            assert exported.headers["content-type"].startswith("text/csv")
            assert table(exported) == [{name: cell(value) for name, value in row.items()} for row in answered]
            assert source(acme, role, report, "csv", parameters) == exported.content.decode()
            document = source(acme, role, report, "pdf", parameters)
            section = document["sections"][0]
            assert section["rows"] == answered
            assert [column["name"] for column in section["columns"]] == exported.text.split("\r\n", 1)[0].split(",")
            if report != "calls":
                assert document["kpis"] == one.rows("summary", parameters)
            compared += len(answered)
    assert compared > 100


def test_the_parts_of_a_document_are_reports_too(acme: Office, asking: Any) -> None:
    parameters = parameters_of(acme, "summary", "none")
    document = source(acme, "manager", "summary", "pdf", parameters)
    assert [section["report"] for section in document["sections"]] == ["summary", "lines", "members"]
    for section in document["sections"]:
        assert section["rows"] == asking("manager").rows(section["report"], parameters)
    days = asking("manager").rows("days", parameters)
    assert [
        (bucket["starts_at"][:10], bucket["answered"], bucket["missed"], bucket["service_level"])
        for bucket in document["chart"]["buckets"]
    ] == [(day["day"], day["answered"], day["missed"], day["service_level"]) for day in days]


def test_hostile_names_stay_texts_in_a_spreadsheet(acme: Office, asking: Any) -> None:
    exported = asking("org_admin").csv("calls", parameters_of(acme, "calls", "none"))
    names = {row["external_name"] for row in table(exported)}
    assert names == {f"'{name}" if name[:1] in FORMULAS and name else name for name in HOSTILE}
    assert {row["external_number"][:8] for row in table(exported)} == {"+1212555"}, "phone numbers are usable"


def test_an_export_is_audited_with_what_was_taken(acme: Office, asking: Any) -> None:
    parameters = parameters_of(acme, "calls", "missed calls")
    assert asking("agent").csv("calls", parameters).status_code == 200
    assert asking("agent").csv("calls", {"from": TO, "to": FROM}).json()["details"] == "range_reversed"
    (entry,) = acme.query("select * from public.audit_entries where action = 'export'")
    assert (entry["org_id"], entry["actor_id"], entry["resource"]) == (acme.org_id, acme.users["agent"], "reports")
    assert entry["details"] == {"report": "calls", "parameters": parameters}


def test_a_report_is_no_way_around_the_export(acme: Office, postgrest: Door) -> None:
    with postgrest.as_user(acme.users["viewer"]) as client:
        for report in REPORTS[1:]:
            asked = {"p_org_id": str(acme.org_id), "p_from": FROM, "p_to": TO}
            refused = client.post(f"/rpc/report_{report}", json=asked, headers={"accept": "text/csv"})
            assert (refused.status_code, refused.json()["details"]) == (406, "csv_is_exported")
            assert client.get(f"/rpc/report_{report}", params=asked).status_code == 200


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("weeks", {"from": FROM, "to": TO}, "report_unknown"),
    ("days", {"to": TO}, "parameters_invalid"),
    ("days", {"from": FROM, "to": TO, "tag": "x"}, "parameters_invalid"),
    ("days", {"from": TO, "to": FROM}, "range_reversed"),
    ("days", {"from": "1066-10-14", "to": TO}, "range_out_of_bounds"),
    ("hours", {"from": "2025-01-01", "to": TO}, "grain_unfit"),
    ("days", {"from": FROM, "to": TO, "in_hours": True}, "business_hours_missing"),
    ("calls", {"from": FROM, "to": TO, "number": "*"}, "number_invalid"),
]


def test_what_makes_no_sense_is_refused(acme: Office, asking: Any) -> None:
    viewer = asking("viewer")
    for report, parameters, code in REFUSED:
        refused = viewer.csv(report, parameters)
        assert (refused.status_code, refused.json()["details"]) == (422, code)
    assert acme.query("select from public.audit_entries where action = 'export'") == []


def test_what_one_file_cannot_hold_is_refused_rather_than_cut(database: Database, postgrest: Door) -> None:
    """20,000 calls where somebody waits for it, 50,000 in a file that is made."""
    """An export, for which somebody waits, holds 20,000 calls; a file that is made 50,000."""
    busy = office(database, calls_per_day=10_400)
    with postgrest.as_user(busy.users["org_admin"]) as client:
        refused = Asking(busy, client).csv("calls", {"from": FROM, "to": TO})
        assert (refused.status_code, refused.json()["details"]) == (422, "report_too_large")
        assert Asking(busy, client).csv("days", {"from": FROM, "to": TO}).status_code == 200
        missed = Asking(busy, client).csv("calls", {"from": FROM, "to": TO, "outcomes": ["missed"]})
        assert len(table(missed)) == busy.value(
            "select count(*) from public.calls where org_id = %s and outcome = 'missed' and started_at < %s",
            busy.org_id,
            TO,
        )
    everything, fewer = {"from": FROM, "to": TO}, {"from": FROM, "to": TO, "outcomes": ["answered", "missed"]}
    made, _, problem = given(busy, "org_admin", "calls", "csv", everything)
    assert (made, problem.split(".")[0]) == (None, "There are more than 50000 calls")
    assert 20_000 < source(busy, "org_admin", "calls", "csv", fewer).count("\r\n") < 50_000
