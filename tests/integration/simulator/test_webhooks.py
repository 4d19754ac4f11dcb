import hashlib
import hmac
from collections import Counter
from threading import Event
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from simulator import webhooks
from tests.integration.simulator.conftest import Accounts, Start
from tests.integration.simulator.receiver import Received, Receiver

CALL = {
    "account": "cc-key",
    "from": "+13125550142",
    "ring": ["101", "102"],
    "ring_after": 0.5,
    "answer_after": 2,
    "answered_by": "102",
    "talk": 5,
    "transfer_to": "103",
    "speed": 100,
}
EXPECTED = [
    ("IncomingCall", None),
    ("IncomingCallRinging", "101"),
    ("IncomingCallRinging", "102"),
    ("IncomingCallStopRinging", "101"),
    ("IncomingCallConnected", "102"),
    ("IncomingCallRinging", "103"),
    ("IncomingCallConnected", "103"),
    ("IncomingCallCompleted", None),
]


@pytest.fixture(autouse=True)
def retry_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "RETRY_AFTER_SECONDS", (0.05, 0.05, 0.05))


@pytest.fixture
def control(start: Start, accounts: Accounts, receiver: Receiver) -> httpx.URL:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "signed", "secret": "the secret"}
    return httpx.URL(f"{start(history_days=0).url}/__simulator__/")


def order(control: httpx.URL, **script: Any) -> str:
    answer = httpx.post(control.join("calls"), json=CALL | script, timeout=60, trust_env=False)
    assert answer.status_code == 201, answer.text
    call_id: str = answer.json()["id"]
    return call_id


def deliveries(control: httpx.URL, call_id: str) -> list[dict[str, Any]]:
    accounts = httpx.get(control.join("truth"), trust_env=False, timeout=30).json()["accounts"]
    found: list[dict[str, Any]] = next(
        call["deliveries"] for account in accounts for call in account["calls"] if call["id"] == call_id
    )
    return found


def settled(control: httpx.URL, call_id: str) -> list[dict[str, Any]]:
    """Return the deliveries once all have been dealt with: the last is kept just after it was answered."""
    deadline = monotonic() + 60
    told = deliveries(control, call_id)
    while any(delivery["outcome"] == "pending" for delivery in told):
        assert monotonic() < deadline, told
        sleep(0.02)
        told = deliveries(control, call_id)
    return told


def is_complete(call_id: str) -> Any:
    return lambda receiver: any(kind.endswith("CallCompleted") for kind in receiver.types(call_id))


def test_a_live_call_is_delivered_signed_and_in_order(control: httpx.URL, receiver: Receiver) -> None:
    call_id = order(control)
    receiver.wait_for(is_complete(call_id))
    events = [received.event for received in receiver.received]
    assert [(event["EventType"], event["Body"].get("Extension")) for event in events] == EXPECTED
    for received, event in zip(receiver.received, events, strict=True):
        expected = hmac.new(b"the secret", received.body, hashlib.sha256).hexdigest()
        assert received.headers["x-signature"] == expected
        assert received.headers["content-type"] == "application/json"
        assert event["ApiKey"] == "cc-key"
        assert (event["Body"]["From"], event["Body"]["To"]) == ("+13125550142", "+12125550100")
    assert len({event["Guid"] for event in events}) == len(events)
    told = settled(control, call_id)
    assert {(delivery["outcome"], delivery["attempts"], delivery["status"]) for delivery in told} == {
        ("delivered", 1, 200)
    }
    assert [(delivery["type"], delivery["extension"]) for delivery in told] == EXPECTED
    assert [delivery["guid"] for delivery in told] == [event["Guid"] for event in events]


def test_a_delivery_that_failed_is_tried_again_and_holds_up_no_other(control: httpx.URL, receiver: Receiver) -> None:
    failures: Counter[str] = Counter()

    def fail_twice_on_arrival(received: Received) -> int:
        event = received.event
        failures[event["Guid"]] += 1
        return 503 if event["EventType"] == "IncomingCall" and failures[event["Guid"]] <= 2 else 200

    receiver.answer = fail_twice_on_arrival
    call_id = order(control)
    receiver.wait_for(lambda r: is_complete(call_id)(r) and r.types(call_id).count("IncomingCall") == 3)
    assert receiver.types(call_id)[:2] == ["IncomingCall", "IncomingCallRinging"]
    bodies = {r.body for r in receiver.received if r.event["EventType"] == "IncomingCall"}
    assert len(bodies) == 1


def test_a_receiver_that_hangs_on_one_call_gets_the_others(control: httpx.URL, receiver: Receiver) -> None:
    released = Event()
    held: list[str] = []

    def hang_on_the_first(received: Received) -> int:
        call_id = received.event["Body"]["Id"]
        held.append(call_id)
        return 200 if call_id != held[0] or released.wait(60) else 500

    receiver.answer = hang_on_the_first
    first = order(control)
    receiver.wait_for(lambda r: bool(r.types(first)))
    second = order(control)
    receiver.wait_for(is_complete(second))
    assert receiver.types(first) == ["IncomingCall"]
    released.set()
    receiver.wait_for(is_complete(first))


def test_it_gives_up_after_a_while_and_at_once_when_refused(control: httpx.URL, receiver: Receiver) -> None:
    receiver.answer = lambda received: 500 if received.event["EventType"] == "IncomingCall" else 401
    call_id = order(control, direction="Incoming", ring=[], answer_after=None, answered_by=None, transfer_to=None)
    receiver.wait_for(lambda r: len(r.received) == 5)
    told = settled(control, call_id)
    assert [(delivery["outcome"], delivery["attempts"], delivery["status"]) for delivery in told] == [
        ("failed", 4, 500),
        ("refused", 1, 401),
    ]


def test_token_mode_is_unsigned(start: Start, accounts: Accounts, receiver: Receiver) -> None:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "token"}
    call_id = order(httpx.URL(f"{start().url}/__simulator__/"))
    receiver.wait_for(is_complete(call_id))
    assert not any("x-signature" in received.headers for received in receiver.received)


def test_a_webhook_is_checked_when_it_is_set_up(start: Start, receiver: Receiver) -> None:
    control = httpx.URL(f"{start().url}/__simulator__/")
    wanted = {"account": "cc-key", "url": receiver.url, "mode": "signed", "secret": "s"}
    assert httpx.post(control.join("webhooks"), json=wanted, timeout=60, trust_env=False).status_code == 201
    assert ["echo" in check.headers for check in receiver.checks] == [True, False]
    health = httpx.get(control.join("health"), timeout=60, trust_env=False).json()
    assert [account["webhook"] for account in health["accounts"]] == ["ok", "none"]
    nobody = {**wanted, "url": "http://127.0.0.1:1/"}
    refused = httpx.post(control.join("webhooks"), json=nobody, timeout=60, trust_env=False)
    assert refused.status_code == 422
    assert "ConnectError" in refused.json()["error"]
    call_id = order(control)
    receiver.wait_for(is_complete(call_id))


def test_a_webhook_of_the_accounts_file_is_checked_at_the_start(control: httpx.URL, receiver: Receiver) -> None:
    receiver.wait_for(lambda r: len(r.checks) == 2)


def test_an_account_without_a_webhook_is_sent_nothing_and_says_so(control: httpx.URL) -> None:
    call_id = order(control, account="cl-key")
    assert {delivery["outcome"] for delivery in settled(control, call_id)} == {"unsent"}
