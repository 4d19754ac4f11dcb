import httpx
import pytest

from simulator.server import Simulator
from tests.integration.simulator.conftest import Accounts, Start


def control(simulator: Simulator) -> httpx.Client:
    return httpx.Client(base_url=f"{simulator.url}/__simulator__", trust_env=False, timeout=30)


@pytest.mark.parametrize("token", [b"", b"wrong", "nöt ascii".encode()])
def test_a_control_token_closes_everything_but_health(start: Start, token: bytes) -> None:
    with control(start(control_token="right")) as client:
        wrong = [(b"x-control-token", token)]
        assert client.get("/health", headers=wrong).json()["status"] == "ok"
        for method, path in (("GET", "/truth"), ("POST", "/calls"), ("POST", "/pause"), ("GET", "/faults")):
            assert client.request(method, path, headers=wrong).status_code == 401
        assert client.get("/truth", headers={"x-control-token": "right"}).is_success


def test_live_traffic_is_paused_and_resumed(start: Start) -> None:
    simulator = start(live_calls_per_minute=1)
    with control(simulator) as client:
        assert client.post("/pause").json() == {"live": False}
        assert client.get("/health").json()["live"] is False
        assert client.post("/resume").json() == {"live": True}
        assert simulator.live.is_paused is False


def test_a_script_that_does_not_fit_is_explained(start: Start) -> None:
    with control(start()) as client:
        for script, said in (
            ({"account": "nobody"}, "no such account"),
            ({"account": "cc-key", "ring": ["999"]}, "no extension 999"),
            ({"account": "cc-key", "talk": "long"}, "talk"),
        ):
            answer = client.post("/calls", json=script)
            assert answer.status_code == 422
            assert said in answer.json()["error"]


def test_an_account_can_be_added_and_called_at_once(start: Start, accounts: Accounts) -> None:
    with control(start()) as client:
        added = accounts["accounts"][0] | {"api_key": "new-key", "calls_per_day": 5}
        assert client.post("/accounts", json=added).status_code == 201
        made = client.post("/calls", json={"account": "new-key", "answer_after": 1, "talk": 1, "speed": 50})
        assert made.json()["call"]["number"] == "+12125550100"
        assert client.post("/accounts", json={"api_key": "x"}).status_code == 422


def test_truth_takes_a_range(start: Start) -> None:
    with control(start(history_days=4)) as client:
        whole = client.get("/truth", params={"account": "cc-key"}).json()["accounts"][0]["calls"]
        middle = whole[len(whole) // 2]["started_at"]
        parts = [
            client.get("/truth", params={"account": "cc-key", name: middle}).json()["accounts"][0]["calls"]
            for name in ("to", "from")
        ]
        assert [call["id"] for part in parts for call in part] == [call["id"] for call in whole]
        assert client.get("/truth", params={"from": "yesterday"}).status_code == 422
