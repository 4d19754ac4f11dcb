import io
import json
from typing import Any

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st

from tests.support import anything, fuzz
from webhooks import body
from webhooks.errors import NotJsonError, TooLargeError, UnauthorizedError

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=3), st.booleans())
def test_any_object_is_kept_as_it_came(value: dict[str, Any], ascii_only: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    text, read = body.json_object(written)
    assert (text, read.keys()) == (written.decode(), value.keys())


@pytest.mark.parametrize(
    "written",
    [
        '{"Guid":"a","Guid":"b"}',
        ' \n{"a":1} \n',
        '{"a":"\\u0000"}',
        '{"a":"\\ud800"}',
        '{"a":"☎"}',
        '{"a":1e999}',
        f'{{"a":{"9" * 10_000}}}',
        f'{{"a":{"[" * 100}{"]" * 100}}}',
        "{}",
    ],
)
def test_what_is_json_is_let_through_for_the_database_to_judge(written: str) -> None:
    assert body.json_object(written.encode())[0] == written


@pytest.mark.parametrize(
    "written",
    [
        b" ",
        b"null",
        b"true",
        b"1",
        b'"text"',
        b"[]",
        b'[{"a":1}]',
        b"{",
        b'{"a":1}}',
        b'{"a":1} {"b":2}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\n"}',
        b'{"a":"\0"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32-le"),
        b"a=1&b=2",
        b"\x1f\x8b\x08",
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_anything_else_is_the_one_error(written: bytes) -> None:
    with pytest.raises(NotJsonError):
        body.json_object(written)


@fuzz.examples(300)
@given(
    st.one_of(
        st.binary(max_size=100),
        anything.garbage.map(lambda value: f'{{"a":{value}}}'.encode("utf-8", "surrogatepass")),
        st.builds(
            lambda value, at, wound: b'{"a":' + value[: at % (len(value) + 1)].encode() + wound + b"}",
            anything.garbage,
            st.integers(0),
            st.sampled_from([b"", b"\x00", b"\xff", b"\\u0000", b"\\ud800", b"}", b'"', b"NaN", b"-"]),
        ),
    )
)
def test_any_bytes_are_an_object_or_the_one_error(written: bytes) -> None:
    try:
        text, value = body.json_object(written)
    except NotJsonError:
        fuzz.tried("bodies", "refused")
        return
    fuzz.tried("bodies", "read")
    assert text.encode() == written
    assert json.loads(text, parse_int=str, parse_float=str) == value


@pytest.mark.parametrize("depth", [900, 1_000, 100_000])
@pytest.mark.parametrize(("left", "right"), [(b"[", b"]"), (b'{"b":', b"}")])
def test_what_is_nested_too_deeply_to_be_read_is_left_to_the_database(depth: int, left: bytes, right: bytes) -> None:
    written = b' {"a":' + left * depth + b"1" + right * depth + b"} \n"
    text, value = body.json_object(written)
    assert text == written.decode()
    assert set(value) <= {"a"}


class _Stream(io.BytesIO):
    """What a server hands over: it ends with the body."""


def _request(sent: bytes, announced: int | None, stream: io.BytesIO | None = None) -> Request:
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": stream or _Stream(sent), "wsgi.input_terminated": True}
    return Request(environ | ({} if announced is None else {"CONTENT_LENGTH": str(announced)}))


@pytest.mark.parametrize("length", [0, 1, body.LIMIT - 1, body.LIMIT])
@pytest.mark.parametrize("is_chunked", [True, False])
def test_a_body_is_read_byte_for_byte(length: int, is_chunked: bool) -> None:
    sent = bytes(range(256)) * (length // 256 + 1)
    assert body.read(_request(sent[:length], None if is_chunked else length)) == sent[:length]


@pytest.mark.parametrize("length", [body.LIMIT + 1, 3 * body.LIMIT])
@pytest.mark.parametrize("announced", [None, 10 * body.LIMIT, "what is sent"])
def test_a_large_body_is_refused_and_read_to_its_end(length: int, announced: int | str | None) -> None:
    stream = _Stream(b"x" * length)
    with pytest.raises(TooLargeError):
        body.read(_request(b"", length if isinstance(announced, str) else announced, stream))
    assert stream.read() == b""


def test_an_endless_body_is_not_read_for_ever() -> None:
    class Endless(_Stream):
        given = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size > 0
            self.given += size
            return b"x" * size

        def readinto(self, buffer: Any, /) -> int:
            self.given += len(buffer)
            return len(buffer)

    stream = Endless()
    with pytest.raises(TooLargeError):
        body.read(_request(b"", None, stream))
    assert stream.given < 64 * body.LIMIT


@pytest.mark.parametrize("sent", [b"", b'{"a":1'])
def test_a_body_that_did_not_arrive_whole_is_not_signed(sent: bytes) -> None:
    with pytest.raises(UnauthorizedError):
        body.read(_request(sent, 100))


@pytest.mark.parametrize("error", [ConnectionResetError, TimeoutError, RuntimeError("a server's own")])
def test_a_sender_that_is_cut_off_has_sent_nothing_signed(error: Exception) -> None:
    class Broken(_Stream):
        def readinto(self, _: Any, /) -> int:
            raise error

    with pytest.raises(UnauthorizedError):
        body.read(_request(b"", 100, Broken()))
