import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from webhooks import worker


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection and the caller's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = socket.create_connection(server.getsockname(), timeout=30)
        ours, _ = server.accept()
    with ours, theirs:
        yield ours, theirs


def test_one_who_is_still_sending_sees_the_answer(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = ends
    monkeypatch.setattr(worker, "LINGER_SECONDS", 60)
    seen: list[bytes] = []

    def talk() -> None:
        for _ in range(50):
            theirs.sendall(b"x" * 65536)
        theirs.shutdown(socket.SHUT_WR)
        seen.append(theirs.recv(100))

    talker = Thread(target=talk)
    talker.start()
    assert ours.recv(10)
    ours.sendall(b"answer")
    worker._linger(ours)
    ours.close()
    talker.join(60)
    assert seen == [b"answer"]


@pytest.mark.parametrize("sends_on", [False, True])
def test_nobody_is_heard_for_ever(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, sends_on: bool
) -> None:
    ours, theirs = ends
    monkeypatch.setattr(worker, "LINGER_SECONDS", 0.05)

    def talk() -> None:
        with suppress(OSError):
            while sends_on:
                theirs.sendall(b"x" * 65536)

    talker = Thread(target=talk)
    talker.start()
    ours.sendall(b"answer")
    worker._linger(ours)
    assert (theirs.recv(100), theirs.recv(100)) == (b"answer", b"")
    ours.close()
    talker.join(60)
    assert not talker.is_alive()


def test_one_who_is_gone_is_no_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    theirs.close()
    worker._linger(ours)
    ours.close()
    worker._linger(ours)
