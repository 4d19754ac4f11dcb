from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.clock import ManualClock
from tests.integration.simulator.conftest import Client, Start


@pytest.fixture
def client(start: Start, clock: ManualClock) -> Iterator[Client]:
    with Client(start(clock=clock)).sign_in() as client:
        yield client


def strike(client: Client, **switch: Any) -> None:
    control = str(client.base_url).replace("/v4/", "/__simulator__/faults")
    assert client.post(control, json={"path": "/calls", "times": 1} | switch).status_code == 201


def works_again(client: Client) -> bool:
    return client.get("/api/calls").json()["isSuccess"] is True


def test_server_error(client: Client) -> None:
    strike(client, fault="server_error", times=2)
    assert client.get("/api/phonenumbers").is_success
    assert [client.get("/api/calls").status_code for _ in range(2)] == [500, 500]
    assert works_again(client)


def test_garbage(client: Client) -> None:
    strike(client, fault="garbage")
    answer = client.get("/api/calls")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert works_again(client)


def test_a_page_shorter_than_it_says(client: Client) -> None:
    strike(client, fault="truncated_page")
    data = client.get("/api/calls", params={"pageSize": 50}).json()["data"]
    assert len(data["calls"]) == 25
    assert data["total"] > 1000
    assert works_again(client)


def test_a_body_cut_off(client: Client) -> None:
    strike(client, fault="truncated_page", how="cut_body")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.get("/api/calls")
    assert works_again(client)


def test_silence(client: Client) -> None:
    strike(client, fault="silence", times=2, seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/calls", timeout=0.2)
    strike(client, fault="silence", seconds=0)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/calls", timeout=0.2)
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        client.get("/api/calls")
    assert works_again(client)


@pytest.mark.parametrize("status", [429, 403])
def test_quota(client: Client, status: int) -> None:
    strike(client, fault="quota", status=status)
    answer = client.get("/api/calls")
    assert (answer.status_code, answer.json()) == (status, {"message": "Limit Exceeded"})
    assert works_again(client)


def test_expired_token(client: Client) -> None:
    strike(client, fault="expired_token")
    answer = client.get("/api/calls")
    assert answer.status_code == 401
    assert "Authorization has been denied" in answer.json()["message"]
    assert works_again(client)


def test_faults_are_listed_and_cleared(client: Client) -> None:
    control = str(client.base_url).replace("/v4/", "/__simulator__/faults")
    strike(client, fault="server_error", account="cl-key", times=None)
    assert works_again(client)
    assert [fault["fault"] for fault in client.get(control).json()["faults"]] == ["server_error"]
    assert client.delete(control).json() == {"faults": []}
    unknown = client.post(control, json={"fault": "earthquake"})
    assert unknown.status_code == 422
    assert "server_error" in unknown.json()["error"]
