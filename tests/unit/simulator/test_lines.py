import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from simulator.lines import Lines, NoAnswerError

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve each connection's answers, one after another, and then hang up; `asked` gets what was asked."""
    threads = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run(connections: list[list[bytes]], asked: list[bytes]) -> None:
            for answers in connections:
                line, _ = listener.accept()
                with line:
                    for answer in answers:
                        asked.append(line.recv(65536))
                        line.sendall(answer)

        def serve(*connections: list[bytes], asked: list[bytes] | None = None) -> str:
            threads.append(Thread(target=run, args=(list(connections), [] if asked is None else asked)))
            threads[-1].start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield serve
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def post(lines: Lines, url: str, patience: float = 5) -> int:
    return lines.post(url, b"{}", {"Content-Type": "application/json"}, timeout=5, patience=patience)


def test_a_line_is_used_again_and_replaced_when_the_receiver_has_hung_up(serve: Serve) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    asked: list[bytes] = []
    url = serve([answer, answer.replace(b"200", b"503")], [answer.replace(b"200", b"204")], asked=asked)
    lines = Lines()
    assert [post(lines, f"{url}/webhooks/1?x=y") for _ in range(2)] == [200, 503]
    assert post(lines, url) == 204
    assert (
        asked[0]
        == (
            f"POST /webhooks/1?x=y HTTP/1.1\r\nHost: {url.removeprefix('http://')}\r\nContent-Length: 2\r\n"
            "Content-Type: application/json\r\n\r\n{}"
        ).encode()
    )
    assert asked[2].startswith(b"POST / HTTP/1.1\r\n")
    lines.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nwithout a length",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_line_that_cannot_be_used_again_is_closed(serve: Serve, answer: bytes) -> None:
    url = serve([answer], [answer])
    lines = Lines()
    assert [post(lines, url) for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"x" * 70000])
def test_what_is_no_answer_is_none(serve: Serve, answer: bytes) -> None:
    with pytest.raises(NoAnswerError):
        post(Lines(), serve([answer]))


def test_who_does_not_wait_gets_no_answer(serve: Serve) -> None:
    url = serve([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b""])
    with pytest.raises(NoAnswerError, match="TimeoutError"):
        post(Lines(), url, patience=0.05)


def test_where_nobody_listens_there_is_no_answer() -> None:
    for url in ("http://127.0.0.1:1/", "http://", "http://127.0.0.1:99999/", "http://bücher.invalid./"):
        with pytest.raises(NoAnswerError):
            post(Lines(), url)
