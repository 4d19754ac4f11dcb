import socket
from collections.abc import Iterator
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


def test_nothing_is_left_to_wait_for(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = ends
    monkeypatch.setattr(worker, "LINGER_SECONDS", 0.05)
    ours.sendall(b"answer")
    worker._linger(ours)
    ours.settimeout(30)
    assert ours.recv(1) == b""
    assert (theirs.recv(100), theirs.recv(100)) == (b"answer", b"")


def test_one_who_is_gone_is_no_error(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    theirs.close()
    worker._linger(ours)
    ours.close()
    worker._linger(ours)
