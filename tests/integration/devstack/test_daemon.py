import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.daemon import Daemon, State, birth_of
from devstack.errors import PartFailedError, PortInUseError
from devstack.part import Part
from devstack.ports import HOST, Ports

Start = Callable[..., Daemon]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Start]:
    made: list[Daemon] = []

    def make(code: str = "import time; time.sleep(60)", **environment: str) -> Daemon:
        made.append(Daemon("sleeper", [sys.executable, "-c", code], tmp_path, environment))
        return made[-1]

    yield make
    for each in made:
        each.stop(seconds=1)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_runs_until_it_is_stopped(daemon: Start) -> None:
    sleeper = daemon()
    states = [sleeper.state]
    sleeper.start()
    states.append(sleeper.state)
    pid = sleeper.pid
    assert pid is not None
    sleeper.stop()
    states.append(sleeper.state)
    assert states == [State.STOPPED, State.RUNNING, State.STOPPED]
    assert birth_of(pid) is None


def test_another_process_of_ours_finds_it_by_its_pid_file(daemon: Start) -> None:
    sleeper, again = daemon(), daemon()
    sleeper.start()
    assert again.pid == sleeper.pid
    assert again.runs_as_meant()


def test_one_that_would_be_started_differently_is_noticed(daemon: Start) -> None:
    daemon().start()
    assert not daemon(COLOUR="green").runs_as_meant()


def test_one_whose_input_changed_is_noticed(daemon: Start, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_text("one")
    sleeper = daemon()
    sleeper.inputs = [file]
    sleeper.start()
    assert sleeper.runs_as_meant()
    file.write_text("another")
    assert not sleeper.runs_as_meant()


def test_one_that_was_killed_is_dead(daemon: Start) -> None:
    sleeper = daemon()
    sleeper.start()
    assert sleeper.pid is not None
    os.kill(sleeper.pid, signal.SIGKILL)
    until(lambda: sleeper.state is State.DEAD)


def test_one_that_ignores_its_signal_is_stopped_by_force(daemon: Start) -> None:
    deaf = daemon(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    deaf.start()
    until(lambda: deaf.last_lines() == ["deaf"])
    deaf.stop(seconds=0.2)
    assert deaf.state is State.STOPPED


def test_a_process_that_got_the_pid_of_a_dead_one_is_left_alone(daemon: Start, tmp_path: Path) -> None:
    bystander = daemon()
    bystander.start()
    pid = bystander.pid
    assert pid is not None
    stale = Daemon("stale", ["true"], tmp_path)
    (tmp_path / "stale.pid").write_text(json.dumps({"pid": pid, "birth": "another boot:1", "fingerprint": ""}))
    assert stale.state is State.DEAD
    stale.stop()
    assert bystander.state is State.RUNNING


def test_a_garbled_pid_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "odd.pid").write_text("not json")
    assert Daemon("odd", ["true"], tmp_path).state is State.STOPPED


def test_last_lines_are_the_end_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "chatty.log").write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert Daemon("chatty", ["true"], tmp_path).last_lines(2) == ["line 9998", "line 9999"]


def test_a_part_that_dies_at_the_start_shows_what_it_said(daemon: Start) -> None:
    part = Part("the sleeper", daemon("import sys; sys.exit('no such bed')"), lambda: "not yet")
    with pytest.raises(PartFailedError, match="no such bed"):
        part.start()


def test_a_part_that_never_gets_well_is_given_up(daemon: Start) -> None:
    part = Part("the sleeper", daemon(), lambda: "snores")
    with pytest.raises(PartFailedError, match="snores"):
        part.start(seconds=0.2)


def test_a_part_whose_port_is_taken_says_how_to_move_it(daemon: Start) -> None:
    port = Ports.free().api_port
    part = Part("the sleeper", daemon(), lambda: None, port, "SLEEPER_PORT")
    with socket.create_server((HOST, port)), pytest.raises(PortInUseError, match=f"{port}.*SLEEPER_PORT"):
        part.start()
    assert part.daemon.state is State.STOPPED


def test_a_port_that_a_passing_connection_holds_is_waited_for(daemon: Start) -> None:
    server = socket.create_server((HOST, 0))
    # Not one that the next outgoing connection of this machine may draw when it is free again.
    port = Ports.free().api_port
    with server, socket.create_connection(server.getsockname(), source_address=(HOST, port)) as passing:
        part = Part("the sleeper", daemon(), lambda: None, port)
        starter = threading.Thread(target=part.start)
        starter.start()
        starter.join(0.3)
        waited = starter.is_alive()
        # Closed without a farewell, so that nothing lingers.
        passing.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    starter.join(60)
    assert waited
    assert part.daemon.state is State.RUNNING
