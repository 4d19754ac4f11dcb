import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from sync.errors import AudioNotYet
from sync.guarded import PublicOnly


class Stream(httpcore.NetworkStream):
    """A connection that says whom it leads to."""

    def __init__(self, peer: str) -> None:
        self.peer, self.is_closed = peer, False

    def get_extra_info(self, info: str) -> Any:
        return (self.peer, 443) if info == "server_addr" else None

    def close(self) -> None:
        self.is_closed = True


class Net(httpcore.NetworkBackend):
    """A network that remembers where it was asked to connect to."""

    def __init__(self, refusing: Iterable[str] = (), peer: str | None = None) -> None:
        self.asked: list[str] = []
        self.streams: list[Stream] = []
        self._refusing, self._peer = refusing, peer

    def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
        self.asked.append(host)
        if host in self._refusing:
            raise httpcore.ConnectError("refused")
        self.streams.append(Stream(self._peer or host))
        return self.streams[-1]


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let every name have these addresses, one answer after the other; what was asked for."""
    left, asked = iter(answers), list[str]()

    def look_up(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        addresses = next(left)
        if not addresses:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_public_host_is_connected_to_by_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    # A second look-up would give another address, as one that wants to slip in would arrange.
    asked, net = names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"]), Net()
    PublicOnly(net).connect_tcp("media.example.com", 443)
    assert (asked, net.asked) == (["media.example.com"], ["93.184.216.34"])


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], ["169.254.169.254"], ["::ffff:10.0.0.1"]]
)
def test_a_host_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    net = Net()
    names(monkeypatch, addresses)
    with pytest.raises(AudioNotYet, match="not on the public Internet"):
        PublicOnly(net).connect_tcp("media.example.com", 443)
    assert net.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "2130706433", "127.1", "0"])
def test_however_an_address_is_written(host: str) -> None:
    net = Net()
    with pytest.raises((AudioNotYet, httpcore.ConnectError)):
        PublicOnly(net).connect_tcp(host, 443)
    assert net.asked == []


def test_an_address_that_does_not_answer_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(refusing=["2606:4700:4700::1111"])
    names(monkeypatch, ["2606:4700:4700::1111", "93.184.216.34"])
    PublicOnly(net).connect_tcp("media.example.com", 443)
    assert net.asked == ["2606:4700:4700::1111", "93.184.216.34"]


def test_whom_the_connection_leads_to_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(peer="10.0.0.1")
    names(monkeypatch, ["93.184.216.34"])
    with pytest.raises(AudioNotYet):
        PublicOnly(net).connect_tcp("media.example.com", 443)
    assert net.streams[0].is_closed


def test_a_name_that_nobody_has_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, [])
    with pytest.raises(httpcore.ConnectError, match="cannot be looked up"):
        PublicOnly(Net()).connect_tcp("media.example.com", 443)
