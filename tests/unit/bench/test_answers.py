import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.answers import Answer
from bench.errors import UnexpectedAnswerError

TOLD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@given(st.sampled_from([TOLD, CHUNKED, EMPTY]), st.data())
def test_an_answer_is_complete_with_its_last_byte_however_it_is_cut(answer: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(answer) - 1))
    read = Answer()
    assert not read.feed(answer[:cut])
    assert read.feed(answer[cut:])
    read.check(200)


def test_another_status_ends_the_run() -> None:
    read = Answer()
    read.feed(EMPTY.replace(b"200 OK", b"503 Service Unavailable"))
    with pytest.raises(UnexpectedAnswerError, match="503 Service Unavailable"):
        read.check(200)


def test_a_closed_connection_ends_the_run() -> None:
    with pytest.raises(UnexpectedAnswerError, match="closed"):
        Answer().feed(b"")


def test_an_answer_that_does_not_tell_its_length_ends_the_run() -> None:
    with pytest.raises(UnexpectedAnswerError, match="length"):
        Answer().feed(b"HTTP/1.1 200 OK\r\n\r\n")
