from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.clock import ManualClock, utc_text
from simulator.server import Simulator
from tests.integration.simulator.conftest import MAIN, SALES, Accounts, Client, Start
from tests.integration.simulator.receiver import Receiver

PHONE = "+13125550142"
OWN = {"account": "cc-key"}


class Panel(httpx.Client):
    """The control API, and the account's API beside it."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(base_url=f"{simulator.url}/__simulator__", trust_env=False, timeout=60)
        self.api = Client(simulator).sign_in()

    def close(self) -> None:
        self.api.close()
        super().close()

    def do(self, verb: str, path: str, **json: Any) -> dict[str, Any]:
        answer = self.request(verb, path, params=OWN, json=json or None)
        assert answer.is_success, answer.text
        done: dict[str, Any] = answer.json()
        return done

    def refused(self, verb: str, path: str, **json: Any) -> str:
        answer = self.request(verb, path, params=OWN, json=json or None)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["error"])

    def truth(self, part: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/truth", params={**OWN, "parts": part}).json()["accounts"][0][part]
        return found

    def listed(self, path: str, name: str | None = None) -> list[dict[str, Any]]:
        answer = self.api.get(f"/api/{path}", params={"pageSize": 1000}).json()
        found: list[dict[str, Any]] = answer["data"][name or path] if "data" in answer else answer[name or path]
        return found


@pytest.fixture
def panel(start: Start, clock: ManualClock) -> Iterator[Panel]:
    panel = Panel(start(clock=clock, history_days=2))
    yield panel
    panel.close()


def test_a_message_comes_from_outside_now_or_then(panel: Panel, clock: ManualClock) -> None:
    then = utc_text(clock.now - timedelta(hours=30))
    made = {
        panel.do("POST", "/messages", account="cc-key", text="STOP", **{"from": PHONE})["id"]: utc_text(clock.now),
        panel.do("POST", "/messages", account="cc-key", text="earlier", at=then, **{"from": PHONE})["id"]: then,
    }
    clock.advance(seconds=30)
    items = {item["requestGuid"]: item["created"] for item in panel.listed("journal/requests", "requests")}
    assert made.items() <= items.items()


@pytest.mark.parametrize(("delivery", "settles"), [("Delivered", True), ("Failed", True), ("Sent", False)])
def test_an_agent_writes_at_the_panel(panel: Panel, clock: ManualClock, delivery: str, settles: bool) -> None:
    asked = {"account": "cc-key", "direction": "Outbound", "number": SALES, "from": PHONE, "text": "hi"}
    made = panel.do("POST", "/messages", **asked, delivery=delivery, settles_after=2, has_guid=False)
    assert (made["message"]["status"], made["message"]["number"]) == ("Sent", SALES)
    clock.advance(seconds=30)
    item = next(fact["journal"] for fact in panel.truth("messages") if fact["id"] == made["id"])
    assert item["messageDeliveryStatus"] == (delivery if settles else "Sent")
    assert set(item["requestGuid"]) == {"0", "-"}


def test_messages_are_told_to_the_receiver_unless_not_wanted(
    start: Start, accounts: Accounts, receiver: Receiver
) -> None:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "signed", "secret": "s"}
    panel = Panel(start(history_days=0))
    quiet = panel.do("POST", "/messages", account="cc-key", text="quiet", events=False, **{"from": PHONE})
    loud = panel.do("POST", "/messages", account="cc-key", text="loud", **{"from": PHONE})
    receiver.wait_for(lambda r: bool(r.types(loud["id"])))
    assert receiver.types(quiet["id"]) == []
    panel.close()


def test_a_voicemail_that_no_call_left(panel: Panel, clock: ManualClock) -> None:
    made = panel.do(
        "POST", "/voicemails", account="cc-key", seconds=3, call_id="unknown", transcription="Hi", **{"from": PHONE}
    )
    clock.advance(seconds=60)
    fact = next(fact for fact in panel.truth("voicemails") if fact["id"] == made["id"])
    assert fact["listed"] in panel.listed("voicemails")
    recording = next(recording for recording in panel.truth("recordings") if recording["of"] == made["id"])
    audio = httpx.get(recording["url"].replace("http:/127", "http://127"), timeout=60, trust_env=False)
    assert len(audio.content) == recording["size_bytes"]
    panel.do("DELETE", f"/voicemails/{made['id']}")
    assert fact["listed"] not in panel.listed("voicemails")


def test_a_call_is_corrected_and_deleted_and_comes_back(panel: Panel) -> None:
    call = next(call for call in panel.listed("calls") if call["callStatus"] == "Connected")
    path = f"/calls/{call['id']}"
    panel.do("PATCH", path, status="Dropped", name="New Name", duration=12.5, recording=True)
    now = panel.api.get(f"/api{path}").json()["data"]
    assert (now["callStatus"], int(now["duration"])) == ("Dropped", 12500)
    assert "callRecord" in now
    assert now in panel.listed("calls")
    fact = next(fact for fact in panel.truth("calls") if fact["id"] == call["id"])
    assert (fact["history"], fact["changed_at"] is None) == (now, False)
    panel.do("DELETE", path)
    assert panel.api.get(f"/api{path}").status_code == 404
    assert call["id"] not in {listed["id"] for listed in panel.listed("calls")}
    fact = next(fact for fact in panel.truth("calls") if fact["id"] == call["id"])
    assert (fact["state"], fact["history"]) == ("deleted", None)
    assert fact["deleted_at"]
    panel.do("POST", f"{path}/restore")
    assert now in panel.listed("calls")
    assert "no such call" in panel.refused("DELETE", "/calls/none")
    assert "no such call" in panel.refused("PATCH", "/calls/none", status="Missed")
    assert "status" in panel.refused("PATCH", path, status="Lost")


def test_a_missed_call_turns_out_to_have_left_a_voicemail(panel: Panel) -> None:
    call = next(call for call in panel.truth("calls") if (call["direction"], call["status"]) == ("Incoming", "Missed"))
    assert call["id"] not in {voicemail["of_call"] for voicemail in panel.truth("voicemails")}
    panel.do("PATCH", f"/calls/{call['id']}", status="VoiceMail", duration=60, number=SALES, **{"from": PHONE})
    left = next(voicemail for voicemail in panel.truth("voicemails") if voicemail["of_call"] == call["id"])
    assert (left["number"], left["outside"]["phone"]) == (SALES, PHONE)
    assert left["listed"] in panel.listed("voicemails")


def test_the_recording_of_a_deleted_call_is_gone(panel: Panel) -> None:
    recording = next(recording for recording in panel.truth("recordings") if recording["kind"] == "call")
    url = recording["url"].replace("http:/127", "http://127")
    assert panel.get(url).status_code == 200
    panel.do("DELETE", f"/calls/{recording['of']}")
    assert panel.get(url).status_code == 404
    assert recording["of"] not in {each["of"] for each in panel.truth("recordings")}


def test_somebody_outside_takes_things_as_told(panel: Panel) -> None:
    assert "sms" in panel.refused("PUT", f"/outside/{PHONE}", sms="eaten")
    assert "phone" in panel.refused("PUT", "/outside/12", sms="failed")
    answer = panel.put(f"/outside/{PHONE}", json=[1])
    assert answer.status_code == 422


def test_a_message_is_deleted(panel: Panel) -> None:
    message = next(fact for fact in panel.truth("messages") if fact["journal"])
    panel.do("DELETE", f"/messages/{message['id']}")
    assert message["journal"] not in panel.listed("journal/requests", "requests")


def test_a_contact_is_added_renamed_and_removed(panel: Panel) -> None:
    first = panel.truth("contacts")[0]
    panel.do("PATCH", f"/contacts/{first['id']}", name="Renamed Person", phones=[PHONE])
    assert "Renamed Person" in str(panel.listed("contacts"))
    added = panel.do("POST", "/contacts", account="cc-key", name="Added Person", phones=[PHONE])["id"]
    assert [contact["name"] for contact in panel.truth("contacts")][-1] == "Added Person"
    for contact in (first["id"], added):
        panel.do("DELETE", f"/contacts/{contact}")
    assert not {"Renamed Person", "Added Person"} & {contact["name"] for contact in panel.truth("contacts")}
    assert len(panel.listed("contacts")) == len(panel.truth("contacts")) == 39
    assert "no such contact" in panel.refused("PATCH", "/contacts/none", name="x")


def test_the_team_and_the_numbers_change_and_the_past_stays(panel: Panel) -> None:
    calls = panel.listed("calls")
    panel.do("PUT", "/team/101", name="Married Name")
    panel.do("PUT", "/team/109", name="New Agent", email="new@example.test", numbers=[MAIN])
    panel.do("DELETE", "/team/103")
    users = {user["extension"]: user for user in panel.listed("team", "users")}
    assert {key: user["fullName"] for key, user in users.items()} == {
        "101": "Married Name",
        "102": "Agent 102",
        "109": "New Agent",
    }
    assert users["109"]["email"] == "new@example.test"
    panel.do("PUT", f"/numbers/{MAIN}", label="Renamed", is_enabled=False)
    panel.do("PUT", "/numbers/+12125550105", label="Added")
    panel.do("DELETE", f"/numbers/{SALES}")
    numbers = {number["number"]: number for number in panel.listed("phonenumbers", "phoneNumbers")}
    assert set(numbers) == {MAIN, "+12125550105"}
    assert (numbers[MAIN]["label"], numbers[MAIN]["isEnabled"]) == ("Renamed", False)
    assert panel.listed("calls") == calls
    assert "no extension 103" in panel.refused("DELETE", "/team/103")
    assert "name" in panel.refused("PUT", "/team/110", numbers=[MAIN])
    assert "e164" in panel.refused("PUT", "/numbers/12", label="x")


def known(panel: Panel, simulator: Simulator) -> str:
    """Everything but deliveries, which go on after a restart, requests, and the port."""
    account = panel.get("/truth", params=OWN).json()["accounts"][0]
    del account["requests"], account["requests_highest"]
    for fact in (*account["messages"], *account["calls"]):
        del fact["deliveries"]
    return str(account).replace(simulator.url.removeprefix("http://"), "")


def test_what_changed_survives_a_restart(start: Start, clock: ManualClock, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    simulator = start(clock=clock, history_days=2, state=state)
    panel = Panel(simulator)
    first, second = panel.listed("calls")[:2]
    panel.do("PATCH", f"/calls/{first['id']}", status="Dropped")
    panel.do("DELETE", f"/calls/{second['id']}")
    panel.do("PATCH", f"/contacts/{panel.truth('contacts')[0]['id']}", name="Renamed Person")
    panel.do("POST", "/contacts", account="cc-key", name="Added Person")
    panel.do("PUT", "/team/101", name="Married Name")
    panel.do("PUT", f"/numbers/{MAIN}", label="Renamed")
    panel.do("POST", "/messages", account="cc-key", text="hello", **{"from": PHONE})
    panel.do("POST", "/voicemails", account="cc-key", **{"from": PHONE})
    panel.do("POST", "/statuses", account="cc-key", extension="102", status="dnd")
    clock.advance(minutes=1)
    before = known(panel, simulator)
    for word in ("Renamed Person", "Added Person", "Married Name", "'Renamed'", "hello", "'deleted'", "'dnd'"):
        assert word in before
    panel.close()
    simulator.close()
    again = start(clock=clock, history_days=2, state=state)
    reopened = Panel(again)
    assert known(reopened, again) == before
    reopened.close()


def test_truth_is_told_in_parts(panel: Panel) -> None:
    account = panel.get("/truth", params={**OWN, "parts": "contacts,team"}).json()["accounts"][0]
    assert set(account) == {"api_key", "kind", "contacts", "team"}
    answer = panel.get("/truth", params={"parts": "faxes"})
    assert answer.status_code == 422
    assert "faxes" in answer.json()["error"]


def test_what_does_not_fit_is_explained(panel: Panel) -> None:
    for path, asked, said in (
        ("/messages", {"account": "nobody", "from": PHONE, "text": "x"}, "no such account"),
        ("/messages", {"account": "cc-key", "from": PHONE, "text": "x", "number": PHONE}, "no number"),
        ("/messages", {"account": "cc-key", "text": "x"}, "from"),
        ("/voicemails", {"account": "cc-key", "seconds": -1}, "seconds"),
        ("/statuses", {"account": "cc-key", "extension": "999", "status": "dnd"}, "no extension"),
        ("/statuses", {"account": "cc-key", "extension": "101", "status": "asleep"}, "status"),
    ):
        assert said in panel.refused("POST", path, **asked)
