"""Figures, reports and alerts with arguments of another organization count nothing of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.isolation.callers import Callers
from tests.isolation.names import NEVER
from tests.isolation.other_organization.strangers import NOBODY, Ids
from tests.isolation.trail import TRAIL
from tests.isolation.witness import Witness
from tests.isolation.world import LONG_AGO

pytestmark = pytest.mark.usefixtures("nothing_changes")
LATELY = {
    "p_from": (datetime.now(UTC) - timedelta(days=9)).isoformat(),
    "p_to": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}


def test_kpis_with_anothers_arguments(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    period = {"p_from": LONG_AGO.isoformat(), "p_to": "2030-01-01"}

    def ask(function: str, **arguments: Any) -> httpx.Response:
        more = {"p_grain": "month"} if function == "kpi_series" else {}
        return stranger.post(
            f"/rpc/{function}",
            params={"kpi": "eq.offered", "value": "gt.0"},
            json={**period, **more, **arguments},
        )

    for function in (
        "kpi_summary",
        "kpi_series",
        "kpi_by_line",
        "kpi_by_member",
        "kpi_by_organization",
        "kpi_comparison",
    ):
        assert ask(function, p_org_id=globex.org).json() != []
        for arguments in (
            {"p_org_id": globex.org, "p_line_ids": [acme.line("given")]},
            {"p_org_id": globex.org, "p_member_ids": [acme.member("agent")]},
            {"p_org_id": None, "p_line_ids": [acme.line("given")]},
            {"p_org_id": None, "p_member_ids": [acme.member("agent"), acme.member("manager")]},
        ):
            answer = ask(function, **arguments)
            assert (answer.status_code, answer.json()) == (200, []), arguments
        for foreign in (acme.org, NOBODY, str(uuid4())):
            answer = ask(function, p_org_id=foreign)
            assert (answer.status_code, answer.json()["details"]) == (404, "organization_not_found")


@pytest.mark.parametrize(
    "function",
    ["callers", "report_calls", "report_lines", "report_members", "callbacks", "peak_concurrency", "kpi_messages"],
)
def test_nothing_is_listed_by_anothers_arguments(stranger: httpx.Client, acme: Ids, globex: Ids, function: str) -> None:
    """Asked for a line or a member of Acme's, it answers as if they had never called."""

    def ask(**arguments: Any) -> list[dict[str, Any]]:
        answer = stranger.post(f"/rpc/{function}", json={"p_org_id": globex.org, **LATELY, **arguments})
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()
        return [{name: value for name, value in row.items() if name != "data_through"} for row in rows]

    for parameter, theirs in (("p_line_ids", acme.line("given")), ("p_member_ids", acme.member("colleague"))):
        assert ask(**{parameter: [theirs]}) == ask(**{parameter: [NEVER]})
        assert ask(**{parameter: [theirs]}) != ask()


def test_a_rule_is_about_lines_of_its_organization(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    rule = {"org_id": globex.org, "name": "Mine", "kind": "queue", "threshold": 5}
    answers = [
        stranger.post("/alert_rules", json={**rule, "line_ids": [globex.line("given"), line]})
        for line in (acme.line("given"), NEVER)
    ]
    assert [answer.json()["details"] for answer in answers] == ["line_not_found"] * 2
    assert answers[0].text == answers[1].text


def test_a_document_of_anothers_lines_is_empty(
    stranger: httpx.Client, acme: Ids, globex: Ids, witness: Witness
) -> None:
    """Also one that leaves as CSV: no calls, and no names."""
    asked = {"from": LATELY["p_from"], "to": LATELY["p_to"]}
    export = {"p_org_id": globex.org, "p_report": "calls"}

    def lines(**more: Any) -> list[str]:
        answer = stranger.post("/rpc/export_report", json={**export, "p_parameters": {**asked, **more}})
        assert answer.status_code == 200, answer.text
        text: str = answer.json()
        return text.splitlines()

    assert len(lines()) > 1
    assert len(lines(line_ids=[acme.line("given")])) == len(lines(member_ids=[acme.member("colleague")])) == 1
    assert {row["org_id"] for row in witness.effects_undone()[TRAIL].rows.values()} == {globex.org}


def test_an_agent_asks_for_all_lines_and_gets_their_own(callers: Callers, acme: Ids) -> None:
    arguments = {
        "p_org_id": acme.org,
        "p_from": LONG_AGO.isoformat(),
        "p_to": "2030-01-01",
        "p_line_ids": [acme.line("other"), acme.line("own")],
    }
    answer = callers.client("agent").post("/rpc/kpi_summary", params={"kpi": "eq.offered"}, json=arguments)
    # Those that they handled.
    assert [row["value"] for row in answer.json()] == [2]
