import hashlib
import io
import wave
from datetime import timedelta
from typing import Any

import httpx
import pytest

from simulator.clock import ManualClock, utc_text
from simulator.server import Simulator
from tests.integration.simulator.conftest import Accounts, Client, Start


def known(simulator: Simulator, kind: str = "call_center", **asked: str) -> dict[str, Any]:
    """The truth of one account."""
    account = {"call_center": "cc-key", "classic": "cl-key"}[kind]
    answer = httpx.get(
        f"{simulator.url}/__simulator__/truth", params={"account": account, **asked}, timeout=60, trust_env=False
    )
    found: dict[str, Any] = answer.json()["accounts"][0]
    return found


@pytest.mark.parametrize("kind", ["call_center", "classic"])
def test_the_journal_pages_from_one_without_envelope_or_total(start: Start, clock: ManualClock, kind: str) -> None:
    simulator = start(clock=clock, history_days=7)
    with Client(simulator, kind).sign_in() as client:
        items: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = client.get("/api/journal/requests", params={"type": "Message", "page": page, "pageSize": 60})
            assert set(answer.json()) == {"currentPage", "requests"}
            assert answer.json()["currentPage"] == page
            if not answer.json()["requests"]:
                break
            items += answer.json()["requests"]
            page += 1
        facts = [fact["journal"] for fact in known(simulator, kind, parts="messages")["messages"] if fact["journal"]]
        assert items == facts[::-1]
        assert len(items) > 120
        middle = next(fact for fact in known(simulator, kind, parts="messages")["messages"][60:])["created_at"]
        window = {"type": "Message", "pageSize": "1000"}
        before = client.get("/api/journal/requests", params={**window, "to": middle}).json()["requests"]
        after = client.get("/api/journal/requests", params={**window, "from": middle}).json()["requests"]
        assert [*after, *before] == items
        inbound = client.get("/api/journal/requests", params={**window, "origin": "Inbound"}).json()["requests"]
        assert inbound == [item for item in items if item["origin"] == "Inbound"]


def test_the_journal_has_calls_too_unless_asked_for_messages(start: Start, clock: ManualClock) -> None:
    simulator = start(clock=clock, history_days=1)
    with Client(simulator).sign_in() as client:
        items = client.get("/api/journal/requests", params={"pageSize": 1000}).json()["requests"]
        assert {item["type"] for item in items} == {"Call", "Message"}
        assert [item["created"] for item in items] == sorted((item["created"] for item in items), reverse=True)
        for query in ({"page": "0"}, {"page": "one"}, {"from": "yesterday"}):
            assert client.get("/api/journal/requests", params=query).json()["isSuccess"] is False


@pytest.mark.parametrize("kind", ["call_center", "classic"])
def test_voicemails_are_listed_in_pages_with_audio_that_plays(start: Start, clock: ManualClock, kind: str) -> None:
    simulator = start(clock=clock, history_days=7)
    with Client(simulator, kind).sign_in() as client:
        facts = [fact["listed"] for fact in known(simulator, kind, parts="voicemails")["voicemails"] if fact["listed"]]
        items: list[dict[str, Any]] = []
        while True:
            data = client.get("/api/voicemails", params={"pageSize": 7, "skip": len(items)}).json()["data"]
            assert data["total"] == len(facts)
            if not data["voicemails"]:
                break
            items += data["voicemails"]
        assert items == facts[::-1]
        assert len(items) > 20
        window = {"startUtc": utc_text(clock.now - timedelta(days=1)), "endUtc": utc_text(clock.now)}
        assert 0 < client.get("/api/voicemails", params=window).json()["data"]["total"] < len(items)


def test_recordings_are_at_their_links_with_the_checksum_of_the_truth(start: Start, clock: ManualClock) -> None:
    simulator = start(clock=clock, history_days=2)
    recordings = known(simulator, parts="recordings")["recordings"]
    assert {recording["kind"] for recording in recordings} == {"call", "voicemail"}
    malformed = [recording for recording in recordings if not recording["url"].startswith("http://")]
    assert 0 < len(malformed) < len(recordings) / 8
    # Every host is asked so, as a product does that mends a link.
    with httpx.Client(timeout=60, trust_env=False) as client:
        for recording in recordings:
            url = recording["url"].replace(":/", "://", 1) if recording in malformed else recording["url"]
            answer = client.get(url)
            assert answer.headers["content-type"] == recording["content_type"] == "audio/wav"
            assert len(answer.content) == recording["size_bytes"]
            assert hashlib.sha256(answer.content).hexdigest() == recording["sha256"]
        with wave.open(io.BytesIO(answer.content)) as file:
            assert 0 < file.getnframes() / file.getframerate() <= 10.1
        assert client.get(f"{simulator.url}/records/nobody.wav").status_code == 404


def test_a_recording_is_not_there_before_its_link_is(start: Start, clock: ManualClock) -> None:
    simulator = start(clock=clock, history_days=0)
    script = {"account": "cc-key", "answer_after": 1, "talk": 9, "recording": True}
    made = httpx.post(f"{simulator.url}/__simulator__/calls", json=script, timeout=60, trust_env=False).json()
    url = f"{simulator.url}/records/{made['id']}.wav"
    assert httpx.get(url, timeout=60, trust_env=False).status_code == 404
    clock.advance(seconds=30)
    assert httpx.get(url, timeout=60, trust_env=False).status_code == 200


def test_links_can_want_a_token(start: Start, accounts: Accounts, clock: ManualClock) -> None:
    accounts["accounts"][0]["recording_links"] = "token"
    simulator = start(clock=clock, history_days=1)
    url = next(r["url"] for r in known(simulator, parts="recordings")["recordings"] if r["url"].startswith("http://"))
    with Client(simulator).sign_in() as client, Client(simulator, "classic").sign_in() as other:
        before = client.get(f"{simulator.url}/__simulator__/health").json()["accounts"][0]["requests_today"]
        assert httpx.get(url, timeout=60, trust_env=False).status_code == 401
        assert other.get(url).status_code == 401
        assert client.get(url).headers["content-type"] == "audio/wav"
        after = client.get(f"{simulator.url}/__simulator__/health").json()["accounts"][0]["requests_today"]
        assert after == before


def test_links_can_expire_and_are_renewed_by_the_list(start: Start, accounts: Accounts, clock: ManualClock) -> None:
    accounts["accounts"][0] |= {"recording_links": "expiring", "recording_links_live_seconds": 600}
    simulator = start(clock=clock, history_days=1)

    def first() -> str:
        recordings = known(simulator, parts="recordings")["recordings"]
        return next(str(recording["url"]) for recording in recordings if recording["url"].startswith("http://"))

    url = first()
    assert httpx.get(url, timeout=60, trust_env=False).is_success
    assert httpx.get(url.partition("?")[0], timeout=60, trust_env=False).status_code == 403
    assert httpx.get(f"{url[:-1]}{'0' if url[-1] != '0' else '1'}", timeout=60, trust_env=False).status_code == 403
    clock.advance(minutes=30)
    assert httpx.get(url, timeout=60, trust_env=False).status_code == 403
    assert httpx.get(first(), timeout=60, trust_env=False).is_success


@pytest.mark.parametrize("paging", ["both", "page", "offset"])
def test_contacts_page_in_the_ways_the_account_knows(start: Start, accounts: Accounts, paging: str) -> None:
    accounts["accounts"][0]["contacts_paging"] = paging
    simulator = start()
    facts = [contact["id"] for contact in known(simulator, parts="contacts")["contacts"]]

    def listed(**query: int) -> list[str]:
        data = client.get("/api/contacts", params=query).json()["data"]
        assert data["total"] == len(facts) == 40
        return [contact["id"] for contact in data["contacts"]]

    with Client(simulator).sign_in() as client:
        assert listed() == facts
        by_page, by_offset = listed(page=2, pageSize=15), listed(offset=15, limit=15)
        assert by_page == (facts[15:30] if paging != "offset" else facts)
        assert by_offset == (facts[15:30] if paging != "page" else facts)
        # A client that says it both ways is understood by all.
        assert listed(page=2, pageSize=15, offset=15, limit=15) == facts[15:30]


def test_the_profiles_status_is_told_and_set(start: Start, clock: ManualClock) -> None:
    simulator = start(clock=clock)
    with Client(simulator).sign_in() as client:
        course = [since for since in known(simulator, parts="statuses")["statuses"] if since["extension"] == "101"]
        assert client.get("/api/profile/status").json()["data"] == {"status": course[-1]["status"]}
        for status in ("dnd", "available"):
            clock.advance(minutes=1)
            assert client.put(f"/api/profile/status/{status}").json()["data"] == {"status": status}
            assert client.get("/api/profile/status").json()["data"] == {"status": status}
        assert client.put("/api/profile/status/asleep").json()["isSuccess"] is False
        later = [since for since in known(simulator, parts="statuses")["statuses"] if since["extension"] == "101"]
        assert later[: len(course)] == course
        assert later[-1]["status"] == "available"
        assert "status" not in client.get("/api/team").json()["data"]["users"][0]


def test_the_teams_statuses_are_told_where_the_account_does(start: Start, accounts: Accounts) -> None:
    accounts["accounts"][0]["team_statuses"] = True
    simulator = start()
    wanted = {"account": "cc-key", "extension": "103", "status": "dnd"}
    httpx.post(f"{simulator.url}/__simulator__/statuses", json=wanted, timeout=60, trust_env=False).raise_for_status()
    with Client(simulator).sign_in() as client:
        users = client.get("/api/team").json()["data"]["users"]
        assert {user["extension"]: user["status"] for user in users}["103"] == "dnd"
        assert client.get("/api/profile/103").json()["data"]["status"] == "dnd"
