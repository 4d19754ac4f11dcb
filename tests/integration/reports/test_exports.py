"""What a report answers, what is exported as CSV, what a document holds: row by row the same."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.integration.reports.office import FROM, TO, Office, office
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


def source(acme: Office, owner: str, report: str, format_: str, parameters: dict[str, Any]) -> Any:
    """What the sync script is given to make a document of."""
    document = acme.document(owner, report, format_, **parameters)
    with acme.database.connect("sync") as connection:
        claimed = connection.execute("select document_id from private.claim_document('w', now())").fetchone()
        assert claimed == (document,)
        row = connection.execute(
            "select csv, source::text, problem from private.document_source(%s, 'w', now())", [document]
        ).fetchone()
        assert row is not None
        assert row[2] is None
        connection.execute("select private.finish_document(%s, 'w', 'stored', null, 1, sha256('x'), now())", [document])
    return row[0] if format_ == "csv" else exactly(row[1])


def cell(value: Any) -> str:
    """A value as a CSV tells it to a program that knows nothing of spreadsheets."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        is_number = value[:1] == "+" and value[1:].isdigit()
        return f"'{value}" if value[:1] in tuple("=+-@\t\r") and value and not is_number else value
    return str(value)


@pytest.mark.parametrize("role", ["viewer", "agent", "manager", "org_admin", "platform_admin"])
def test_screen_csv_and_document_are_the_same_row_by_row(acme: Office, asking: Any, role: str) -> None:
    compared = 0
    for report in REPORTS:
        for filters in FILTERS:
            parameters = parameters_of(acme, report, filters)
            answered = asking(role).rows(report, parameters)
            exported = asking(role).csv(report, parameters)
            assert exported.status_code == 200, exported.text
            assert exported.headers["content-type"].startswith("text/csv")
            table = list(csv.DictReader(io.StringIO(exported.content.decode(), newline=""), strict=True))
            assert table == [{name: cell(value) for name, value in row.items()} for row in answered]
            assert source(acme, role, report, "csv", parameters) == exported.content.decode()
            document = source(acme, role, report, "pdf", parameters)
            section = document["sections"][0]
            assert section["rows"] == answered
            assert [column["name"] for column in section["columns"]] == exported.text.split("\r\n", 1)[0].split(",")
            if report != "calls":
                assert document["kpis"] == asking(role).rows("summary", parameters)
            compared += len(answered)
    assert compared > 100
