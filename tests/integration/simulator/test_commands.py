"""The commands that talk to a running simulator."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from simulator.__main__ import main
from simulator.faults import known
from simulator.server import Simulator
from tests.integration.simulator.conftest import Start

TOKEN = "open sesame"
Run = Callable[..., "Done"]


@pytest.fixture
def simulator(start: Start) -> Simulator:
    return start(history_days=1, control_token=TOKEN)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str, url: str = simulator.url, token: str | None = TOKEN) -> Done:
        code = main([*words, "--url", url, *(["--control-token", token] if token else [])])
        return Done(code, *capsys.readouterr())

    return run


def test_faults_are_switched_on_listed_and_off(run: Run, simulator: Simulator) -> None:
    assert run("fault", "list").stdout == "no fault is on\n"
    done = run("fault", "on", "quota", "--path", "/calls", "--status", "403", "--times", "2", "--share", "0.5")
    assert (done.returncode, done.stdout) == (0, "  1  quota                path=/calls share=0.5 status=403 times=2\n")
    assert run("fault", "on", "clock_skew", "--seconds", "-90", "--account", "cc-key").returncode == 0
    assert run("fault", "on", "loss").returncode == 0
    listed = json.loads(run("fault", "list", "--json").stdout)
    assert [fault["fault"] for fault in listed["faults"]] == ["quota", "clock_skew", "loss"]
    assert {fault["fault"] for fault in listed["known"]} == set(known())
    assert run("fault", "off", "loss").stdout.count("\n") == 2
    assert run("fault", "off", "1").stdout.split()[:2] == ["2", "clock_skew"]
    assert run("fault", "off").stdout == "no fault is on\n"
    assert simulator.faults.on() == []


def test_help_and_list_tell_every_fault_with_its_options(run: Run) -> None:
    command = [sys.executable, "-m", "simulator", "fault", "on", "--help"]
    helped = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    for told in (helped.stdout, run("fault", "list", "--all").stdout):
        for name, fault in known().items():
            assert name in told
            assert fault.about in told
            assert all(f"--{option}" in told for option in fault.options)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fault", "on", "duplicate"), "did you mean duplicates?"),
        (("fault", "on", "loss", "--seconds", "3"), "loss has no option seconds"),
        (("fault", "on", "quota", "--status", "500"), "status of quota is one of 429, 403"),
        (("fault", "on", "loss", "--share", "7"), "share: Input should be less than or equal to 1"),
        (("fault", "off", "loss"), "'loss' is not switched on; on is: nothing"),
        (("call", "account"), "'account' is not of the form name=value"),
        (("call", "account=nobody"), "there is no such account"),
        (("truth", "--from", "yesterday"), "yesterday"),
    ],
)
def test_what_cannot_be_done_is_explained_in_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.startswith("simulator: ")
    assert len(done.stderr.splitlines()) == 1


def test_whoever_reads_the_truth_may_stop_before_its_end(simulator: Simulator) -> None:
    """As `| head` does."""
    command = [sys.executable, "-m", "simulator", "truth", "--url", simulator.url, "--control-token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_the_wrong_token_and_the_wrong_address_are_told_apart(run: Run, simulator: Simulator) -> None:
    assert "--control-token" in run("fault", "list", token="wrong").stderr
    assert "--control-token" in run("truth", token=None).stderr
    assert "is --url right?" in run("fault", "list", url="http://127.0.0.1:1").stderr
    assert "is --url right?" in run("fault", "list", url="nonsense").stderr
    assert "is that a simulator?" in run("fault", "list", url=f"{simulator.url}/elsewhere").stderr


def test_a_message_and_a_voicemail_are_ordered_by_fields(run: Run) -> None:
    told = json.loads(run("message", "account=cc-key", "from=+13125550142", "text=Are you open?").stdout)
    assert (told["message"]["direction"], told["message"]["text"]) == ("Inbound", "Are you open?")
    told = json.loads(run("voicemail", "account=cc-key", "from=+13125550142", "seconds=12").stdout)
    assert told["id"]


def test_a_call_is_ordered_by_fields(run: Run, simulator: Simulator) -> None:
    done = run("call", "account=cc-key", "from=+13125550142", 'ring=["102"]', "answer_after=1", "talk=2", "speed=100")
    assert json.loads(done.stdout)["call"]["outside"]["phone"] == "+13125550142"
    answer = httpx.get(
        f"{simulator.url}/__simulator__/truth", headers={"x-control-token": TOKEN}, timeout=60, trust_env=False
    )
    calls = [call for account in answer.json()["accounts"] for call in account["calls"]]
    (ordered,) = [call for call in calls if call["id"] == json.loads(done.stdout)["call"]["id"]]
    assert [leg["extension"] for leg in ordered["legs"]] == ["102"]
