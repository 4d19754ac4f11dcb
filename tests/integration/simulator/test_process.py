import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.simulator.conftest import Accounts, Start
from tests.integration.simulator.receiver import Receiver
from tests.support.leftovers import write_down

Run = Callable[..., "Process"]


class Process:
    """`python -m simulator serve` as its own process."""

    def __init__(self, accounts: Path, *options: str) -> None:
        command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--accounts", str(accounts), *options]
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        write_down("simulator", self.popen.pid)
        assert self.popen.stdout
        self.url = self.popen.stdout.readline().split()[-1]

    def end(self, number: signal.Signals) -> int:
        self.popen.send_signal(number)
        code = self.popen.wait(60)
        assert self.popen.stdout
        self.popen.stdout.close()
        return code


@pytest.fixture
def run(tmp_path: Path, accounts: Accounts) -> Iterator[Run]:
    processes: list[Process] = []

    def run(*options: str) -> Process:
        path = tmp_path / "accounts.json"
        path.write_text(json.dumps(accounts))
        processes.append(Process(path, *options))
        return processes[-1]

    yield run
    for process in processes:
        if process.popen.poll() is None:
            process.end(signal.SIGKILL)


def truth(url: str) -> dict[str, dict[str, Any]]:
    accounts = httpx.get(f"{url}/__simulator__/truth", timeout=60, trust_env=False).json()["accounts"]
    return {call["id"]: call for account in accounts for call in account["calls"]}


def test_truth_survives_a_kill_and_what_was_under_way_is_finished(
    run: Run, accounts: Accounts, receiver: Receiver, tmp_path: Path
) -> None:
    accounts["accounts"][0]["webhook"] = {"url": receiver.url, "mode": "signed", "secret": "s"}
    state = ("--state", str(tmp_path / "state.jsonl"), "--history-days", "2", "--live-calls-per-minute", "240")
    first = run(*state)
    script = {"account": "cc-key", "ring": ["101"], "answer_after": 0.1, "talk": 2}
    call_id = httpx.post(f"{first.url}/__simulator__/calls", json=script, timeout=60, trust_env=False).json()["id"]
    receiver.wait_for(lambda r: "IncomingCallConnected" in r.types(call_id))
    before = truth(first.url)
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = run(*state)
    receiver.wait_for(lambda r: "IncomingCallCompleted" in r.types(call_id))
    after = truth(second.url)
    assert before.keys() <= after.keys()
    changing = {"state", "history", "deliveries"}
    for key, fact in before.items():
        assert {name: value for name, value in fact.items() if name not in changing} == {
            name: value for name, value in after[key].items() if name not in changing
        }
    assert {"plan", "live", "script"} == {fact["origin"] for fact in after.values()}
    assert second.end(signal.SIGTERM) == 0


def test_what_was_asked_and_corrected_survives_a_kill(run: Run, tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.jsonl"), "--history-days", "2")
    first = run(*state)

    def account(url: str) -> dict[str, Any]:
        asked = {"account": "cc-key", "parts": "calls,messages,asked,requests,contacts"}
        found: dict[str, Any] = httpx.get(
            f"{url}/__simulator__/truth", params=asked, timeout=60, trust_env=False
        ).json()["accounts"][0]
        return found

    with httpx.Client(base_url=first.url, headers={"x-api-key": "cc-key"}, timeout=60, trust_env=False) as client:
        keys = {"grant_type": "client_credentials", "client_id": "cc-key", "client_secret": "cc-user"}
        token = client.post("/v4/auth/token", data=keys).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        text = {"from": "+12125550100", "to": ["+13125550142"], "message": "once", "attachments": []}
        client.post("/v4/api/contactcenter/messages/send", json=text).raise_for_status()
        call = account(first.url)["calls"][0]["id"]
        client.delete(f"/__simulator__/calls/{call}").raise_for_status()
        contact = account(first.url)["contacts"][0]["id"]
        client.patch(f"/__simulator__/contacts/{contact}", json={"name": "Renamed Person"}).raise_for_status()
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    after = account(run(*state).url)
    assert [request["asked"] for request in after["asked"]] == [text]
    assert after["asked"][0]["ids"] == [m["id"] for m in after["messages"] if m["origin"] == "api"]
    assert next(fact["state"] for fact in after["calls"] if fact["id"] == call) == "deleted"
    assert after["contacts"][0]["name"] == "Renamed Person"
    assert after["requests_highest"] == 2


def test_the_truth_command_prints_json(start: Start) -> None:
    simulator = start(history_days=1, control_token="open sesame")
    command = [sys.executable, "-m", "simulator", "truth", "--url", simulator.url, "--account", "cl-key"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (refused.returncode, refused.stdout) == (1, "")
    done = subprocess.run(
        [*command, "--control-token", "open sesame"], capture_output=True, text=True, check=True, timeout=60
    )
    assert [account["api_key"] for account in json.loads(done.stdout)["accounts"]] == ["cl-key"]


@pytest.mark.parametrize("content", ["{", '{"accounts": [{"api_key": "k"}]}'])
def test_an_unusable_accounts_file_stops_it_with_one_message(tmp_path: Path, content: str) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(content)
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--accounts", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"simulator: {path}: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_busy_port_is_named(tmp_path: Path, start: Start, accounts: Accounts) -> None:
    port = start().url.rpartition(":")[2]
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(accounts))
    command = [sys.executable, "-m", "simulator", "serve", "--port", port, "--accounts", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
