import socket
import subprocess
import sys

import pytest

from devstack.config import Config
from devstack.errors import PortInUseError
from devstack.layout import REPOSITORY
from devstack.ports import HOST, Ports, is_free
from settings import ConfigurationError


def test_ports_are_supabases_usual_ones() -> None:
    ports = Ports.load({})
    assert (ports.api_port, ports.database_port) == (54321, 54322)


def test_each_port_is_moved_by_a_variable() -> None:
    for field in Ports.model_fields:
        variable = Ports().variable(field)
        assert getattr(Config.load({variable: "6000"}), field) == 6000


def test_a_port_out_of_range_is_named() -> None:
    with pytest.raises(ConfigurationError, match="DEVSTACK_API_PORT is malformed"):
        Config.load({"DEVSTACK_API_PORT": "99999"})


def test_free_ports_differ_and_are_free() -> None:
    ports = list(Ports.free().model_dump().values())
    assert len(set(ports)) == len(ports) == len(Ports.model_fields)
    assert all(is_free(port) for port in ports)


def test_another_process_picks_others() -> None:
    code = "from devstack.ports import Ports; [print(*Ports.free().model_dump().values()) for _ in range(60)]; input()"
    ours = {port for _ in range(60) for port in Ports.free().model_dump().values()}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = {int(port) for _ in range(60) for port in other.stdout.readline().split()}
        other.communicate("\n")
    assert len(ours) == len(theirs) == 60 * len(Ports.model_fields)
    assert not ours & theirs


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server((HOST, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_port_that_an_outgoing_connection_was_given_is_not_free() -> None:
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert not is_free(client.getsockname()[1])


def test_a_busy_port_is_named_with_the_variable_that_moves_it() -> None:
    words = str(PortInUseError(54321, "the gateway", "DEVSTACK_API_PORT"))
    assert "54321" in words
    assert "the gateway" in words
    assert "DEVSTACK_API_PORT" in words
