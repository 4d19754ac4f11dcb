from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from simulator.clock import ManualClock, utc_text
from tests.integration.simulator.conftest import Accounts, Client, Start


def test_the_life_of_a_token(start: Start, clock: ManualClock) -> None:
    with Client(start(clock=clock)) as client:
        granted = client.grant().json()
        assert set(granted) == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert (granted["token_type"], granted["expires_in"]) == ("bearer", 86400)
        client.headers["Authorization"] = f"Bearer {granted['access_token']}"
        clock.advance(hours=23)
        refreshed = client.grant(grant_type="refresh_token", refresh_token=granted["refresh_token"]).json()
        clock.advance(hours=1)
        expired = client.get("/api/team")
        assert expired.status_code == 401
        assert "Authorization has been denied" in expired.json()["message"]
        client.headers["Authorization"] = f"Bearer {refreshed['access_token']}"
        assert client.get("/api/team").status_code == 200
        spent = client.grant(grant_type="refresh_token", refresh_token=granted["refresh_token"])
        assert (spent.status_code, spent.json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "cc-key", "client_secret": "no"}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "cl-key", "client_secret": "cl-user"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_keys_get_no_token(start: Start, form: dict[str, str], error: str) -> None:
    with Client(start()) as client:
        refused = client.grant(**form)
        assert (refused.status_code, refused.json()) == (400, {"error": error})
        unknown = client.post("/auth/token", data=form, headers={"x-api-key": "nobody"})
        assert (unknown.status_code, unknown.json()) == (400, {"error": "invalid_client"})


@pytest.mark.parametrize(("kind", "own", "other"), [("call_center", "ccapi.", "api."), ("classic", "api.", "ccapi.")])
def test_an_account_is_known_at_its_own_host_only(start: Start, kind: str, own: str, other: str) -> None:
    simulator = start()
    with Client(simulator, kind) as client:
        form = {"grant_type": "client_credentials", "client_id": client.api_key, "client_secret": client.user_key}
        wrong = {"call_center": "classic", "classic": "call_center"}[kind]

        def grant(prefix: str = "", host: str = "") -> httpx.Response:
            headers = {"Host": f"{host}mightycall.test"} if host else {}
            return client.post(f"{simulator.url}{prefix}/v4/auth/token", data=form, headers=headers)

        assert grant().is_success
        assert grant(prefix=f"/{kind}").is_success
        assert grant(host=own).is_success
        for refused in (grant(prefix=f"/{wrong}"), grant(host=other)):
            assert (refused.status_code, refused.json()) == (400, {"error": "invalid_client"})
        client.sign_in()
        assert client.get(f"{simulator.url}/{kind}/v4/api/calls").is_success
        assert client.get(f"{simulator.url}/{wrong}/v4/api/calls").status_code == 401


def test_the_key_is_required_beside_the_token_and_must_be_its_own(start: Start) -> None:
    simulator = start()
    with Client(simulator).sign_in() as client, Client(simulator, "classic") as other:
        assert client.get("/api/calls").is_success
        headers = {"Authorization": client.headers["Authorization"]}
        assert httpx.get(f"{client.base_url}api/calls", headers=headers, timeout=60, trust_env=False).status_code == 403
        assert other.get("/api/calls", headers=headers).status_code == 401
        assert other.get("/api/calls").status_code == 401


def test_pages_by_skip_give_every_call_once_newest_first(start: Start, clock: ManualClock) -> None:
    simulator = start(clock=clock)
    window = {"startUtc": utc_text(clock.now - timedelta(days=20)), "endUtc": utc_text(clock.now)}
    with Client(simulator).sign_in() as client:
        calls: list[dict[str, Any]] = []
        totals = set[int]()
        while not totals or len(calls) < max(totals):
            answer = client.get("/api/calls", params={**window, "pageSize": 300, "skip": len(calls)}).json()
            assert answer["isSuccess"] is True
            totals.add(answer["data"]["total"])
            calls += answer["data"]["calls"]
        assert totals == {len(calls)}
        assert len({call["id"] for call in calls}) == len(calls) > 1000
        assert all(newer["dateTimeUtc"] >= older["dateTimeUtc"] for newer, older in pairwise(calls))
        beyond = client.get("/api/calls", params={**window, "skip": len(calls)}).json()["data"]
        assert beyond == {"calls": [], "total": len(calls)}
        whole = client.get("/api/calls", params={**window, "pageSize": 5000, "page": 7}).json()["data"]["calls"]
        assert whole == calls[:1000]
        assert len(client.get("/calls", params=window).json()["data"]["calls"]) == 100
        one = client.get(f"/api/calls/{calls[5]['id']}").json()
        assert one["data"] == calls[5]
        missed = client.get("/api/calls", params={**window, "pageSize": 1000, "callFilter": "Missed"}).json()["data"]
        assert missed["total"] == sum(call["callStatus"] == "Missed" for call in calls)


def test_truth_equals_history(start: Start, clock: ManualClock) -> None:
    simulator = start(clock=clock, history_days=3)
    control = f"{simulator.url}/__simulator__"
    with Client(simulator).sign_in() as client:
        script = {"account": "cc-key", "answer_after": 1, "talk": 2, "speed": 100}
        made = [client.post(f"{control}/calls", json=script).json()["id"] for _ in range(3)]
        clock.advance(minutes=2)
        late = client.post(f"{control}/calls", json=script).json()["id"]
        clock.advance(seconds=5)
        shown = client.get("/api/calls", params={"pageSize": 1000}).json()["data"]["calls"]
        truth = client.get(f"{control}/truth", params={"account": "cc-key"}).json()["accounts"]
        facts = {call["id"]: call for account in truth for call in account["calls"]}
        assert {call["id"]: call for call in shown} == {
            fact["id"]: fact["history"] for fact in facts.values() if fact["history"]
        }
        assert set(made) <= {call["id"] for call in shown}
        assert late in facts
        assert facts[late]["history"] is None
        for call in shown:
            fact = facts[call["id"]]
            assert call["dateTimeUtc"] == fact["started_at"]
            assert int(call["duration"]) == round(fact["duration_seconds"] * 1000)
            assert (call["direction"], call["callStatus"]) == (fact["direction"], fact["status"])


def test_numbers_team_and_profiles(start: Start) -> None:
    simulator = start()
    with Client(simulator).sign_in() as client, Client(simulator, "classic").sign_in() as classic:
        numbers = client.get("/api/phonenumbers").json()["data"]["phoneNumbers"]
        assert numbers[0] == {"id": "n1", "number": "+12125550100", "label": "Main", "isEnabled": True}
        users = client.get("/api/team").json()["data"]["users"]
        assert users[0] == {"fullName": "Agent 101", "extension": "101"}
        assert classic.get("/api/team").json()["users"][0] == {"fullName": "Agent 101", "extensionNumber": "101"}
        assert client.get("/api/profile").json()["data"]["extension"] == "101"
        assert client.get("/api/profile/102").json()["data"]["fullName"] == "Agent 102"
        assert client.get("/api/profile/999").status_code == client.get("/api/calls/none").status_code == 404


def test_a_parameter_that_cannot_be_read_fails_with_status_200(start: Start) -> None:
    with Client(start()).sign_in() as client:
        for query in ({"startUtc": "yesterday"}, {"pageSize": "many"}, {"skip": "-1"}):
            answer = client.get("/api/calls", params=query)
            assert (answer.status_code, answer.json()["isSuccess"]) == (200, False)


@pytest.mark.parametrize("status", [429, 403])
def test_the_daily_quota(start: Start, accounts: Accounts, clock: ManualClock, status: int) -> None:
    accounts["accounts"][0] |= {"requests_per_day": 4, "refusal_status": status}
    simulator = start(clock=clock)
    with Client(simulator).sign_in() as client:
        answers = [client.get("/api/team") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, status, status]
        assert answers[-1].json() == {"message": "Limit Exceeded"}
        assert client.grant().status_code == status
        health = client.get(f"{simulator.url}/__simulator__/health").json()
        assert [account["requests_today"] for account in health["accounts"]] == [4, 0]
        clock.advance(hours=3)
        assert client.get("/api/team").is_success
