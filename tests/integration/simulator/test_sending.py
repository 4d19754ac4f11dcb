from typing import Any

import httpx
import pytest

from simulator.clock import ManualClock
from simulator.server import Simulator
from tests.integration.simulator.conftest import MAIN, SALES, Accounts, Client, Start
from tests.integration.simulator.receiver import Receiver

PATHS = {"call_center": "/api/contactcenter/messages/send", "classic": "/api/messages/send"}
KINDS = ("call_center", "classic")
PHONE, OTHER = "+13125550142", "+13125550143"


def message(text: str = "hello", *to: str) -> dict[str, Any]:
    return {"from": MAIN, "to": list(to or [PHONE]), "message": text, "attachments": []}


def told(simulator: Simulator, kind: str, part: str) -> list[dict[str, Any]]:
    account = {"call_center": "cc-key", "classic": "cl-key"}[kind]
    asked = {"account": account, "parts": part}
    answer = httpx.get(f"{simulator.url}/__simulator__/truth", params=asked, timeout=60, trust_env=False)
    found: list[dict[str, Any]] = answer.json()["accounts"][0][part]
    return found


def takes(simulator: Simulator, phone: str, **how: Any) -> None:
    answer = httpx.put(f"{simulator.url}/__simulator__/outside/{phone}", json=how, timeout=60, trust_env=False)
    assert answer.is_success, answer.text


@pytest.fixture
def simulator(start: Start, clock: ManualClock) -> Simulator:
    return start(clock=clock, history_days=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_sent_at_its_hosts_path_only(simulator: Simulator, kind: str) -> None:
    with Client(simulator, kind).sign_in() as client:
        other = PATHS[KINDS[1 - KINDS.index(kind)]]
        assert client.post(other, json=message()).status_code in (404, 405)
        assert told(simulator, kind, "asked") == []
        answer = client.post(PATHS[kind], json=message())
        assert answer.status_code == 200
        data = answer.json()["data"] if kind == "classic" else answer.json()
        assert data["message"] == "SMS message sent successfully"
        assert data["sourcePhoneNumber"] == MAIN
        assert data["id"]
        asked = told(simulator, kind, "asked")
        assert [(request["kind"], request["asked"]) for request in asked] == [("message", message())]
        (sent,) = told(simulator, kind, "messages")
        assert [sent["id"]] == asked[0]["ids"]
        if kind == "call_center":
            assert data["id"] == sent["id"]


def test_the_delivery_develops_and_the_journal_shows_it(simulator: Simulator, clock: ManualClock) -> None:
    takes(simulator, PHONE, sms="delivered", settles_after=30)
    takes(simulator, OTHER, sms="failed", failure="30007 Message filtered by the carrier", settles_after=30)
    with Client(simulator).sign_in() as client:
        client.post(PATHS["call_center"], json=message("both of you", PHONE, OTHER)).raise_for_status()

        def journal() -> dict[str, dict[str, Any]]:
            items = client.get("/api/journal/requests", params={"type": "Message"}).json()["requests"]
            return {item["client"]["address"]: item for item in items}

        assert journal() == {}
        clock.advance(seconds=11)
        assert {item["messageDeliveryStatus"] for item in journal().values()} == {"Sent"}
        clock.advance(seconds=20)
        shown = journal()
        assert shown[PHONE]["messageDeliveryStatus"] == "Delivered"
        assert shown[OTHER]["messageDeliveryStatus"] == "Failed"
        assert shown[OTHER]["messageDeliveryError"] == "30007 Message filtered by the carrier"


@pytest.mark.parametrize("kind", KINDS)
def test_errors_come_with_success(simulator: Simulator, kind: str) -> None:
    takes(simulator, OTHER, sms="refused", failure="21610 The recipient has opted out")
    with Client(simulator, kind).sign_in() as client:
        for recipients, sent in (((PHONE, OTHER), 1), ((OTHER,), 0)):
            before = len(told(simulator, kind, "messages"))
            answer = client.post(PATHS[kind], json=message("hello", *recipients))
            assert answer.status_code == 200
            data = answer.json()["data"] if kind == "classic" else answer.json()
            assert data["message"] == "SMS message sent successfully"
            assert len(data["errors"]) == 1
            assert "opted out" in str(data["errors"][0])
            assert OTHER in str(data["errors"][0])
            assert (data["id"] is not None) == bool(sent)
            assert len(told(simulator, kind, "messages")) == before + sent


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"from": "+12125550199"}, "not a number of this account"),
        ({"to": ["12345"]}, "not a phone number"),
        ({"to": [MAIN]}, "itself"),
        ({"to": []}, "to must list"),
        ({"to": PHONE}, "to must list"),
        ({"message": "  "}, "empty"),
        ({"message": "x" * 1601}, "longer"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(simulator: Simulator, change: dict[str, Any], said: str) -> None:
    with Client(simulator).sign_in() as client:
        answer = client.post(PATHS["call_center"], json=message() | change)
        assert answer.status_code == 400
        assert said in answer.json()["message"]
        assert told(simulator, "call_center", "messages") == []
        assert said in told(simulator, "call_center", "asked")[0]["refused"]


def test_nonsense_is_refused_too(simulator: Simulator) -> None:
    with Client(simulator).sign_in() as client:
        for path in (PATHS["call_center"], "/api/calls/makecall"):
            for body in (b"", b"{", b"[]", b'"to"'):
                answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
                assert answer.status_code == 400


def test_a_disabled_number_sends_nothing(simulator: Simulator) -> None:
    url = f"{simulator.url}/__simulator__/numbers/{MAIN}"
    httpx.put(
        url, params={"account": "cc-key"}, json={"is_enabled": False}, timeout=60, trust_env=False
    ).raise_for_status()
    with Client(simulator).sign_in() as client:
        assert "disabled" in client.post(PATHS["call_center"], json=message()).json()["message"]


@pytest.mark.parametrize(("kind", "direction"), [("call_center", "Outgoing"), ("classic", "Callback")])
def test_a_call_is_placed(simulator: Simulator, clock: ManualClock, kind: str, direction: str) -> None:
    takes(simulator, PHONE, answers=True, answer_after=3, talk=5)
    takes(simulator, OTHER, answers=False, answer_after=20)
    with Client(simulator, kind).sign_in() as client:
        for phone in (PHONE, OTHER):
            answer = client.post("/api/calls/makecall", json={"from": SALES, "to": phone}).json()
            assert answer["isSuccess"] is True
        clock.advance(seconds=60)
        calls = told(simulator, kind, "calls")
        assert [(call["direction"], call["status"], call["outside"]["phone"]) for call in calls] == [
            (direction, "Connected", PHONE),
            (direction, "Missed", OTHER),
        ]
        assert {call["number"] for call in calls} == {SALES}
        assert {call["origin"] for call in calls} == {"api"}
        assert [request["ids"] for request in told(simulator, kind, "asked")] == [[call["id"]] for call in calls]
        assert all(call["history"] for call in calls)


def test_a_call_that_cannot_be_placed_is_refused(simulator: Simulator) -> None:
    with Client(simulator).sign_in() as client:
        for asked in ({"from": MAIN, "to": "911"}, {"from": PHONE, "to": OTHER}, {"from": MAIN, "to": SALES}, {}):
            assert client.post("/api/calls/makecall", json=asked).status_code == 400
    assert told(simulator, "call_center", "calls") == []


def test_what_is_sent_and_placed_is_told_to_the_receiver(start: Start, accounts: Accounts, receiver: Receiver) -> None:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "signed", "secret": "s"}
    simulator = start(history_days=0)
    takes(simulator, PHONE, sms="delivered", settles_after=0.1, answers=True, talk=1, speed=50)
    with Client(simulator).sign_in() as client:
        client.post(PATHS["call_center"], json=message()).raise_for_status()
        placed = client.post("/api/calls/makecall", json={"from": MAIN, "to": PHONE}).json()["data"]["id"]
    receiver.wait_for(lambda r: "OutgoingCallCompleted" in r.types(placed))
    (sent,) = told(simulator, "call_center", "messages")
    receiver.wait_for(lambda r: len([e for e in r.received if e.event["Body"].get("Status")]) == 2)
    statuses = [e.event["Body"]["Status"] for e in receiver.received if e.event["Body"].get("Status")]
    assert statuses == ["Sent", "Delivered"]
    assert [delivery["type"] for delivery in sent["deliveries"]] == [
        received.event["EventType"] for received in receiver.received if received.event["Body"].get("Status")
    ]


def facts(simulator: Simulator) -> dict[str, list[dict[str, Any]]]:
    """What is known but for deliveries, which go on after a restart."""
    parts = ("messages", "asked", "requests", "calls")
    known = {part: told(simulator, "call_center", part) for part in parts}
    for fact in [*known["messages"], *known["calls"]]:
        del fact["deliveries"]
    return known


def test_what_was_sent_survives_a_restart(start: Start, clock: ManualClock, tmp_path: Any) -> None:
    state = tmp_path / "state.jsonl"
    first = start(clock=clock, history_days=1, state=state)
    takes(first, PHONE, sms="failed", settles_after=5)
    with Client(first).sign_in() as client:
        client.post(PATHS["call_center"], json=message()).raise_for_status()
        client.post("/api/calls/makecall", json={"from": MAIN, "to": PHONE}).raise_for_status()
    clock.advance(minutes=5)
    before = facts(first)
    first.close()
    second = start(clock=clock, history_days=1, state=state)
    # Links name the port, which is another one now.
    assert str(facts(second)).replace(second.url[7:], first.url[7:]) == str(before)
    assert before["requests"] == [{"account": "cc-key", "day": "2026-06-05", "used": 3, "refused": 0}]
    counted = httpx.get(
        f"{second.url}/__simulator__/truth", params={"parts": "requests"}, timeout=60, trust_env=False
    ).json()
    assert [account["requests_highest"] for account in counted["accounts"]] == [3, 0]
    with Client(second).sign_in() as client:
        client.post(PATHS["call_center"], json=message()).raise_for_status()
    asked = told(second, "call_center", "asked")
    assert len({identity for request in asked for identity in request["ids"]}) == 3
