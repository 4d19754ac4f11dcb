"""PostgREST's place taken by a server that hangs, breaks and lies."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from tests.unit.webhooks.upstream import Reply, Seen, Upstream, upstream
from webhooks.api_errors import BrokenRequestError, LargeRequestError, UpstreamTimeoutError, UpstreamUnavailableError
from webhooks.rest import WHOLE_SECONDS, Rest

GRANT = "the-grant"
PATIENT, HASTY = 10.0, 0.2


@pytest.fixture
def behind() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture
def rest(behind: Upstream) -> Iterator[Rest]:
    made = Rest(behind.url, None, PATIENT, connections=4)
    yield made
    made.close()


@pytest.fixture
def hasty(behind: Upstream) -> Iterator[Rest]:
    made = Rest(behind.url, None, HASTY, connections=4)
    yield made
    made.close()


def _read(rest: Rest, answer: httpx.Response) -> bytes:
    with closing(answer):
        return b"".join(rest.pieces(answer))


def test_a_request_says_what_it_is_told_and_nothing_else(behind: Upstream, rest: Rest) -> None:
    answer = rest.open("GET", "calls", b"select=id", GRANT, [(b"Accept", b"text/csv")])
    assert (answer.status_code, _read(rest, answer)) == (200, b"[]")
    seen = behind.last
    assert (seen.method, seen.target) == ("GET", "/calls?select=id")
    assert dict(seen.headers) == {
        "Host": f"127.0.0.1:{behind.port}",
        "Accept": "text/csv",
        "user-agent": "victorysync-api",
        "x-api-grant": GRANT,
    }


def test_a_hosted_project_gets_its_key(behind: Upstream) -> None:
    keyed = Rest(f"{behind.url}/rest/v1", "sb_publishable_x", PATIENT, connections=1)
    _read(keyed, keyed.open("GET", "calls", b"", GRANT))
    keyed.close()
    assert behind.last.target == "/rest/v1/calls"
    assert behind.last.values("apikey") == ["sb_publishable_x"]


@pytest.mark.parametrize(
    ("query", "arrives"),
    [
        (b"", "/calls"),
        (b"select=id,lines(label)&or=(a.eq.1,b.is.null)", "/calls?select=id,lines(label)&or=(a.eq.1,b.is.null)"),
        (b"a=eq.x%20y%2Fz%26&b=like.*+*", "/calls?a=eq.x%20y%2Fz%26&b=like.*+*"),
        ("name=eq.Jürgen".encode(), "/calls?name=eq.J%C3%BCrgen"),
        (b"name=eq.J\xfcrgen", "/calls?name=eq.J%FCrgen"),
        (b'a=in.("x y")', "/calls?a=in.(%22x%20y%22)"),
        (b"a=1#fragment", "/calls?a=1%23fragment"),
        (b"a=\r\nx-api-grant: stolen", "/calls?a=%0D%0Ax-api-grant:%20stolen"),
        (b"/../../rpc/x?y=1", "/calls?/../../rpc/x?y=1"),
        (b"@elsewhere.example/", "/calls?@elsewhere.example/"),
    ],
)
def test_a_query_arrives_as_it_was_meant(behind: Upstream, rest: Rest, query: bytes, arrives: str) -> None:
    _read(rest, rest.open("GET", "calls", query, GRANT))
    assert behind.last.target == arrives
    assert behind.last.values("x-api-grant") == [GRANT]


def test_a_body_goes_on_with_its_length_or_in_chunks(behind: Upstream, rest: Rest) -> None:
    for headers in ([(b"Content-Length", b"6")], []):
        _read(rest, rest.open("POST", "rpc/x", b"", GRANT, headers, iter([b"abc", b"def"])))
        assert behind.last.body == b"abcdef"
        assert behind.last.values("content-length") == (["6"] if headers else [])
    _read(rest, rest.open("POST", "rpc/x", b"", GRANT, [], b""))
    assert behind.last.values("content-length") == ["0"]


def test_a_body_that_breaks_off_is_never_whole(behind: Upstream, rest: Rest) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"{}"
        raise LargeRequestError

    for headers in ([(b"Content-Length", b"6")], []):
        with pytest.raises(LargeRequestError):
            rest.open("POST", "rpc/x", b"", GRANT, headers, breaking())
        assert behind.closed.acquire(timeout=30)
    assert behind.seen == []


def test_a_header_that_http_has_no_form_for_is_the_callers_mistake(behind: Upstream, rest: Rest) -> None:
    with pytest.raises(BrokenRequestError):
        rest.open("GET", "calls", b"", GRANT, [(b"Accept", b"a\r\nx-api-grant: stolen")])
    assert behind.seen == []


def test_an_answer_comes_in_pieces_as_it_is_encoded(behind: Upstream, rest: Rest) -> None:
    def answer(_: Seen, reply: Reply) -> None:
        reply.begin(Content_Encoding="gzip")
        for piece in (b"not", b"really", b"gzip"):
            reply.piece(piece)
        reply.end()

    behind.answer = answer
    assert _read(rest, rest.open("GET", "calls", b"", GRANT)) == b"notreallygzip"


def test_the_first_piece_is_there_before_the_last_is_made(behind: Upstream, rest: Rest) -> None:
    def answer(_: Seen, reply: Reply) -> None:
        reply.begin()
        reply.piece(b"first")
        reply.may_go_on.wait(30)
        reply.piece(b"last")
        reply.end()

    behind.answer = answer
    with closing(rest.open("GET", "calls", b"", GRANT)) as response:
        pieces = rest.pieces(response)
        assert next(pieces) == b"first"
        behind.may_go_on.set()
        assert b"".join(pieces) == b"last"


def test_closing_an_answer_ends_its_connection(behind: Upstream, rest: Rest) -> None:
    def endless(_: Seen, reply: Reply) -> None:
        reply.begin()
        while not reply.may_go_on.is_set():
            reply.piece(b"x" * 65536)

    behind.answer = endless
    answer = rest.open("GET", "calls", b"", GRANT)
    assert next(rest.pieces(answer))
    answer.close()
    assert behind.closed.acquire(timeout=30)


def test_connections_are_used_again_for_questions(behind: Upstream, rest: Rest) -> None:
    new: list[bool] = []

    def answer(_: Seen, reply: Reply) -> None:
        new.append(reply.is_connection_new)
        reply.send()

    behind.answer = answer
    for _ in range(3):
        _read(rest, rest.open("GET", "calls", b"", GRANT))
    _read(rest, rest.open("POST", "rpc/x", b"", GRANT, [], b""))
    _read(rest, rest.open("POST", "rpc/x", b"", GRANT, [], b""))
    assert new == [True, False, False, True, True]


def test_a_connection_that_ended_unnoticed_is_replaced_unnoticed(behind: Upstream, rest: Rest) -> None:
    def ends_with_the_second(_: Seen, reply: Reply) -> None:
        if reply.is_connection_new:
            reply.send()
        else:
            reply.hang_up()

    behind.answer = ends_with_the_second
    for _ in range(3):
        assert _read(rest, rest.open("GET", "calls", b"", GRANT)) == b"[]"


def _hangs_up(_: Seen, reply: Reply) -> None:
    reply.hang_up()


def _talks_nonsense(_: Seen, reply: Reply) -> None:
    reply.raw(b"nonsense\r\n\r\n")
    reply.hang_up()


@pytest.mark.parametrize("answer", [_hangs_up, _talks_nonsense])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_answer_is_unavailable_and_what_may_change_something_is_asked_once(
    behind: Upstream, rest: Rest, answer: Callable[[Seen, Reply], None], method: str
) -> None:
    behind.answer = answer
    with pytest.raises(UpstreamUnavailableError):
        rest.open(method, "rpc/x", b"", GRANT, [], b"" if method == "POST" else None)
    assert len(behind.seen) == (1 if method == "POST" else 2)


def test_nobody_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    rest = Rest(f"http://127.0.0.1:{port}", None, PATIENT, connections=1)
    with pytest.raises(UpstreamUnavailableError):
        rest.open("GET", "calls", b"", GRANT)
    assert not rest.is_well(GRANT)
    rest.close()


def _says_nothing(_: Seen, reply: Reply) -> None:
    reply.wait_for_the_end()
    reply.hang_up()


def _says_half(_: Seen, reply: Reply) -> None:
    reply.begin()
    reply.piece(b"half")
    _says_nothing(_, reply)


def _breaks_off(_: Seen, reply: Reply) -> None:
    reply.begin()
    reply.piece(b"half")
    reply.hang_up()


def test_silence_is_given_up(behind: Upstream, hasty: Rest) -> None:
    behind.answer = _says_nothing
    for body in (None, b"{}"):
        with pytest.raises(UpstreamTimeoutError):
            hasty.open("GET", "calls", b"", GRANT, [], body)
    assert len(behind.seen) == 2


@pytest.mark.parametrize(
    ("answer", "error"), [(_says_half, UpstreamTimeoutError), (_breaks_off, UpstreamUnavailableError)]
)
def test_half_an_answer_does_not_look_whole(
    behind: Upstream, hasty: Rest, answer: Callable[[Seen, Reply], None], error: type[Exception]
) -> None:
    behind.answer = answer
    with closing(hasty.open("GET", "calls", b"", GRANT)) as response:
        pieces = hasty.pieces(response)
        assert next(pieces) == b"half"
        with pytest.raises(error):
            next(pieces)


def test_an_answer_that_drips_on_ends_sometime(behind: Upstream) -> None:
    now = 0.0

    def drips(_: Seen, reply: Reply) -> None:
        reply.begin()
        while not reply.may_go_on.is_set():
            reply.piece(b"x")

    behind.answer = drips
    rest = Rest(behind.url, None, PATIENT, connections=1, monotonic=lambda: now)
    with closing(rest.open("GET", "calls", b"", GRANT)) as response:
        pieces = rest.pieces(response)
        next(pieces)
        now = WHOLE_SECONDS + 1
        with pytest.raises(UpstreamTimeoutError):
            next(pieces)
    rest.close()


def test_the_log_names_the_trouble_and_not_the_question(
    behind: Upstream, hasty: Rest, caplog: pytest.LogCaptureFixture
) -> None:
    behind.answer = _says_nothing
    with pytest.raises(UpstreamTimeoutError):
        hasty.open("GET", "calls", b"from_number=eq.secret", GRANT)
    assert "ReadTimeout" in caplog.text
    assert "secret" not in caplog.text
    assert GRANT not in caplog.text


@pytest.mark.parametrize(
    ("body", "is_well"), [(b'{"details":"api_grant_unknown"}', True), (b'{"code":"42501"}', False), (b"[]", False)]
)
def test_it_is_well_when_it_refuses_a_grant_that_nobody_gave(
    behind: Upstream, rest: Rest, body: bytes, is_well: bool
) -> None:
    behind.answer = lambda _, reply: reply.send(body, 401)
    assert rest.is_well(GRANT) == is_well
    assert (behind.last.target, behind.last.values("x-api-grant")) == ("/calls?limit=0", [GRANT])
