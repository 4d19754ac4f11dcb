from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx
import pytest

from simulator.clock import ManualClock
from tests.integration.simulator.conftest import Client, Start
from tests.integration.sync.processes import until


@pytest.fixture
def client(start: Start, clock: ManualClock) -> Iterator[Client]:
    with Client(start(clock=clock)).sign_in() as client:
        yield client


def strike(client: Client, **switch: Any) -> None:
    control = str(client.base_url).replace("/v4/", "/__simulator__/faults")
    assert client.post(control, json={"path": "/calls", "times": 1} | switch).status_code == 201


def asked(client: Client) -> list[dict[str, Any]]:
    """Return what the API was asked to do, as the simulator took it."""
    control = str(client.base_url).replace("/v4/", "/__simulator__/asked")
    answer: list[dict[str, Any]] = client.get(control).json()["asked"]
    return answer


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
        client.get("/api/calls", timeout=2)
    strike(client, fault="silence", seconds=0)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/calls", timeout=2)
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


GARBAGE = {
    "cut_json": b'"id":"7e73',
    "invalid_utf8": b"\xff\xfe",
    "wrong_type": b'["isSuccess","data"]',
    "deep": b"[[[[[[[[",
    "empty": b"",
}


@pytest.mark.parametrize(("how", "contains"), GARBAGE.items(), ids=GARBAGE)
def test_garbage_of_every_kind_is_answered_200(client: Client, how: str, contains: bytes) -> None:
    strike(client, fault="garbage", how=how)
    answer = client.get("/api/calls")
    assert answer.status_code == 200
    assert contains in answer.content
    assert works_again(client)


@pytest.mark.parametrize("by", [5, -40])
def test_a_total_that_lies(client: Client, by: int) -> None:
    params = {"pageSize": 50}
    truly = client.get("/api/calls", params=params).json()["data"]
    strike(client, fault="truncated_page", how="lying_total", by=by)
    told = client.get("/api/calls", params=params).json()["data"]
    assert (told["total"], told["calls"]) == (truly["total"] + by, truly["calls"])


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors(client: Client, status: int) -> None:
    strike(client, fault="server_error", status=status)
    assert client.get("/api/calls").status_code == status


def test_a_share_of_the_requests(client: Client) -> None:
    strike(client, fault="server_error", times=None, share=0.3)
    params = {"startUtc": "2026-06-05T20:59:59Z"}
    answers = [client.get("/api/calls", params=params).status_code for _ in range(60)]
    assert 5 < answers.count(500) < 35
    assert answers.count(200) == 60 - answers.count(500)


def test_a_late_answer_comes_after_the_work_is_done(client: Client) -> None:
    body = {"from": "+12125550100", "to": ["+13125550142"], "message": "Hello"}
    path = "/api/contactcenter/messages/send"
    strike(client, fault="late_answer", path="/messages/send", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        client.post(path, json=body, timeout=1)
    until(lambda: len(asked(client)) == 1, "the work to be done")
    strike(client, fault="late_answer", path="/messages/send", seconds=0.2)
    began = monotonic()
    assert client.post(path, json=body).is_success
    assert monotonic() - began >= 0.2
    strike(client, fault="silence", path="/messages/send", seconds=0)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(path, json=body)
    assert len(asked(client)) == 2


@pytest.mark.parametrize("seconds", [5400, -86_400])
def test_a_skewed_account_tells_and_asks_in_its_own_time(client: Client, seconds: int) -> None:
    window = (datetime(2026, 6, 4, 15, tzinfo=UTC), datetime(2026, 6, 4, 18, tzinfo=UTC))

    def ask(skew: int) -> list[dict[str, Any]]:
        start, end = ((moment + timedelta(seconds=skew)).isoformat() for moment in window)
        answer = client.get("/api/calls", params={"startUtc": start, "endUtc": end})
        calls: list[dict[str, Any]] = answer.json()["data"]["calls"]
        return calls

    truly = ask(0)
    strike(client, fault="clock_skew", account="cc-key", times=None, seconds=seconds)
    told = ask(seconds)
    assert len(truly) > 10
    assert [call["id"] for call in told] == [call["id"] for call in truly]
    shift = timedelta(seconds=seconds)
    assert [datetime.fromisoformat(call["dateTimeUtc"]) for call in told] == [
        datetime.fromisoformat(call["dateTimeUtc"]) + shift for call in truly
    ]
    assert {call["dateTimeUtc"][-5:] for call in told} == {call["dateTimeUtc"][-5:] for call in truly}


@pytest.fixture
def recorded(client: Client) -> list[dict[str, Any]]:
    """Calls of the history with a good link each."""
    calls = client.get("/api/calls", params={"pageSize": 200}).json()["data"]["calls"]
    return [call for call in calls if call.get("callRecord", {}).get("uri", "").startswith("http://")]


def links(client: Client) -> dict[str, str]:
    calls = client.get("/api/calls", params={"pageSize": 200}).json()["data"]["calls"]
    return {call["id"]: call["callRecord"]["uri"] for call in calls if "callRecord" in call}


@pytest.mark.parametrize("how", ["one_slash", "relative", "words", "empty"])
def test_links_that_are_malformed(client: Client, recorded: list[dict[str, Any]], how: str) -> None:
    strike(client, fault="link_malformed", times=None, how=how, share=0.4)
    first, second = links(client), links(client)
    assert first == second
    spoiled = [call for call in recorded if first[call["id"]] != call["callRecord"]["uri"]]
    assert 0.2 < len(spoiled) / len(recorded) < 0.6
    assert not any("://" in first[call["id"]] for call in spoiled)


def test_links_that_come_late(client: Client, recorded: list[dict[str, Any]], clock: ManualClock) -> None:
    strike(client, fault="link_missing", times=None, seconds=300)
    assert links(client) == {}
    clock.advance(seconds=299)
    assert links(client) == {}
    clock.advance(seconds=2)
    assert links(client).keys() >= {call["id"] for call in recorded}


def test_a_recording_comes_late_or_never(client: Client, recorded: list[dict[str, Any]], clock: ManualClock) -> None:
    links = [call["callRecord"]["uri"] for call in recorded]
    strike(client, fault="recording_missing", path="/records/", times=None, seconds=60, share=0.5)
    first = [client.get(link).status_code for link in links]
    assert set(first) == {200, 404}
    assert [client.get(link).status_code for link in links] == first
    clock.advance(seconds=60)
    assert {client.get(link).status_code for link in links} == {200}
    strike(client, fault="recording_missing", path=links[0].rpartition("/")[2], times=None)
    clock.advance(days=1)
    assert [client.get(link).status_code for link in links[:2]] == [404, 200]


@pytest.mark.parametrize("status", [401, 403, 410])
def test_a_recording_whose_link_has_expired(client: Client, recorded: list[dict[str, Any]], status: int) -> None:
    strike(client, fault="recording_expired", path=None, status=status)
    answers = [client.get(recorded[0]["callRecord"]["uri"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 200]
    assert answers[1].content.startswith(b"RIFF")


@pytest.mark.parametrize(
    ("how", "content_type", "body"),
    [("page", "text/html", b"<html>"), ("mislabelled", "audio/wav", b"<html>"), ("empty", "audio/wav", b"")],
)
def test_a_recording_that_is_none(
    client: Client, recorded: list[dict[str, Any]], how: str, content_type: str, body: bytes
) -> None:
    strike(client, fault="recording_not_audio", path=None, how=how)
    answer = client.get(recorded[0]["callRecord"]["uri"])
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, content_type)
    assert answer.content.startswith(body)
    assert not answer.content.startswith(b"RIFF")


@pytest.mark.parametrize(("how", "length"), [("endless", None), ("declared", str(2 * 1024**3))])
def test_a_recording_that_does_not_end(
    client: Client, recorded: list[dict[str, Any]], how: str, length: str | None
) -> None:
    strike(client, fault="recording_huge", path=None, how=how)
    read = 0
    with client.stream("GET", recorded[0]["callRecord"]["uri"]) as answer:
        assert answer.headers.get("content-length") == length
        for piece in answer.iter_bytes():
            read += len(piece)
            if read > 20_000_000:
                break
    assert works_again(client)


def test_a_recording_fault_strikes_the_account_it_is_meant_for(client: Client, recorded: list[dict[str, Any]]) -> None:
    strike(client, fault="recording_expired", path=None, account="cl-key", times=None)
    assert client.get(recorded[0]["callRecord"]["uri"]).is_success
    strike(client, fault="recording_expired", path=None, account="cc-key", times=None)
    assert client.get(recorded[0]["callRecord"]["uri"]).status_code == 403


def test_one_fault_is_switched_off_and_the_others_stay(client: Client) -> None:
    control = str(client.base_url).replace("/v4/", "/__simulator__/faults")
    numbers = [client.post(control, json={"fault": name}).json()["number"] for name in ("garbage", "quota")]
    left = client.delete(f"{control}/{numbers[0]}").json()["faults"]
    assert [fault["fault"] for fault in left] == ["quota"]
    assert client.delete(f"{control}/quota").json() == {"faults": []}
    assert client.delete(f"{control}/quota").status_code == 422
