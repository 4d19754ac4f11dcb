"""The API's door between a database that is told what to say and a server that keeps what reaches it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.unit.webhooks.upstream import Reply, Seen, Upstream, upstream
from webhooks import api, errors
from webhooks.database import Admission
from webhooks.errors import RefusedError, UnavailableError
from webhooks.rest import Rest
from webhooks.slots import Slots

SECRET = "vsk_ab12cd34_" + "x" * 43
NOW = datetime(2026, 6, 5, 13, 38, 29, tzinfo=UTC)
GRANTED = Admission("granted", 1000, 989, 31)
LIMITED = Admission("limited", 1000, 0, 31)
UNKNOWN = Admission("unknown", None, None, None)
MIB = 1024 * 1024
REFUSAL = {"error": "unauthorized", "message": "The API key is missing or not valid."}


class Door:
    """The app, what it asked the database, and what reached PostgREST."""

    def __init__(self, behind: Upstream, slots: int = 4) -> None:
        self.asked: list[tuple[bytes, bytes, datetime]] = []
        self.admission: Admission | Exception = GRANTED
        self.behind = behind
        self.rest = Rest(behind.url, None, 10, connections=4)
        self.slots = Slots(slots)
        grants = (f"grant-{number}" for number in count(1))
        app = Flask("door", static_folder=None)
        app.url_map.merge_slashes = False
        app.register_blueprint(api.blueprint(self._admit, self.rest, self.slots, lambda: NOW, lambda: next(grants)))
        errors.register(app)
        self.client = app.test_client()

    def _admit(self, secret_hash: bytes, grant_hash: bytes, now: datetime) -> Admission:
        self.asked.append((secret_hash, grant_hash, now))
        if isinstance(self.admission, Exception):
            raise self.admission
        return self.admission

    def send(self, path: str, method: str = "GET", headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        usual = {"Authorization": f"Bearer {SECRET}"} if headers is None else headers
        return self.client.open(path, method=method, headers=usual, **more)


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture
def behind(server: Upstream) -> Upstream:
    server.seen.clear()
    server.answer = lambda _, reply: reply.send()
    return server


@pytest.fixture
def door(behind: Upstream) -> Iterator[Door]:
    door = Door(behind)
    yield door
    door.rest.close()


def test_a_key_is_exchanged_for_a_grant_that_opens_postgrest(door: Door, behind: Upstream) -> None:
    answer = door.send("/api/v1/calls?select=id&limit=5")
    assert (answer.status_code, answer.data) == (200, b"[]")
    assert behind.last.target == "/calls?select=id&limit=5"
    assert behind.last.names == {"host", "user-agent", "x-api-grant"}
    [grant] = behind.last.values("x-api-grant")
    hashes = tuple(hashlib.sha256(text.encode()).digest() for text in (SECRET, grant))
    assert door.asked == [(*hashes, NOW)]


def test_every_request_has_a_grant_of_its_own(door: Door, behind: Upstream) -> None:
    for _ in range(3):
        door.send("/api/v1/calls")
    assert len({seen.values("x-api-grant")[0] for seen in behind.seen}) == 3


def test_what_the_caller_says_of_themselves_is_left_outside(door: Door, behind: Upstream) -> None:
    lies = {
        "X-Api-Key": SECRET,
        "X-Api-Grant": "stolen",
        "apikey": "service",
        "Cookie": "sb=1",
        "X-Forwarded-For": "203.0.113.9",
        "Accept-Profile": "private",
        "Content-Profile": "private",
        "Prefer": "tx=rollback, count=exact",
        "Accept": "text/csv",
        "User-Agent": "me",
    }
    door.send("/api/v1/rpc/kpi_summary", "POST", lies, json={"a": 1})
    seen = behind.last
    assert seen.names == {
        *("host", "user-agent", "x-api-grant", "prefer", "accept", "content-type", "content-length"),
    }
    assert seen.values("x-api-grant") != ["stolen"]
    assert (seen.values("prefer"), seen.values("accept")) == (["count=exact"], ["text/csv"])
    assert (seen.method, seen.target, seen.body) == ("POST", "/rpc/kpi_summary", b'{"a": 1}')


def test_postgrests_answer_comes_back_without_what_belongs_to_its_connection(door: Door, behind: Upstream) -> None:
    headers = {
        "Content_Range": "0-24/100",
        "Content_Location": "/calls?x",
        "Location": "/calls?id=eq.1",
        "ETag": '"a"',
        "Preference_Applied": "count=exact",
        "Set_Cookie": "a=b",
        "Server": "postgrest/12",
        "Keep_Alive": "5",
    }
    behind.answer = lambda _, reply: reply.send(b'[{"id":1}]', 206, **headers)
    answer = door.send("/api/v1/calls")
    assert (answer.status_code, answer.data) == (206, b'[{"id":1}]')
    assert dict(answer.headers) == {
        "Content-Type": "application/json",
        "Content-Length": "10",
        "Content-Range": "0-24/100",
        "ETag": '"a"',
        "Preference-Applied": "count=exact",
        "Cache-Control": "private, no-cache",
        "RateLimit-Limit": "1000",
        "RateLimit-Remaining": "989",
        "RateLimit-Reset": "31",
    }


@pytest.mark.parametrize("status", [300, 400, 403, 404, 406, 409, 416, 429, 500, 503])
def test_postgrests_own_refusals_pass_as_they_are(door: Door, behind: Upstream, status: int) -> None:
    body = b'{"code":"42501","details":null,"hint":null,"message":"permission denied"}'
    behind.answer = lambda _, reply: reply.send(body, status)
    answer = door.send("/api/v1/calls")
    assert (answer.status_code, answer.data) == (status, body)
    assert answer.headers["RateLimit-Remaining"] == "989"


def test_who_has_a_key_is_no_stranger(door: Door, behind: Upstream) -> None:
    behind.answer = lambda _, reply: reply.send(b'{"code":"42501"}', 401)
    answer = door.send("/api/v1/api_keys")
    assert (answer.status_code, answer.data) == (403, b'{"code":"42501"}')
    assert "WWW-Authenticate" not in answer.headers


def test_a_question_about_the_head_alone_is_one(door: Door, behind: Upstream) -> None:
    behind.answer = lambda _, reply: reply.send(b"[1,2,3]", Content_Range="0-2/3")
    answer = door.send("/api/v1/calls", "HEAD")
    assert (answer.status_code, answer.data, answer.headers["Content-Range"]) == (200, b"", "0-2/3")
    assert behind.last.method == "HEAD"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_none(door: Door, behind: Upstream, status: int) -> None:
    behind.answer = lambda _, reply: reply.raw(b"HTTP/1.1 %d x\r\n\r\n" % status)
    answer = door.send("/api/v1/rpc/something")
    assert (answer.status_code, answer.data) == (status, b"")
    assert "Content-Type" not in answer.headers


# Where there is a door.


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1", "/api/v1/", "/api/v1//calls", "//api/v1/calls", "/api//v1/calls", "/api/v1/calls/"),
        *("/api/v1/rpc/", "/api/v1/rpc//x", "/api/v1/rpc/x/", "/api/v1/rpc/x/y", "/api/v1/rpc/rpc/x"),
        *(
            "/api/v1/calls/x",
            "/api/v1/Calls",
            "/api/v1/CALLS",
            "/api/v1/calls1",
            "/api/v1/calls.csv",
            "/api/v1/calls;x",
        ),
        *("/api/v1/.", "/api/v1/..", "/api/v1/../calls", "/api/v1/rpc/..", "/api/v1/rpc/../calls", "/api/v1/./calls"),
        *("/api/v1/%2e%2e/calls", "/api/v1/%2e%2e%2fcalls", "/api/v1/rpc%2fkpi_summary", "/api/v1/rpc/%2e%2e"),
        *(
            "/api/v1%2fcalls",
            "/api/v1/c%61lls",
            "/api/v1/calls%00",
            "/api/v1/calls%0a",
            "/api/v1/calls%3fx",
            "/api/v1/%20",
        ),
        *(
            "/api/v1/calls%23",
            "/api/v1/c\u0430lls",
            "/api/v1/\uff43alls",
            "/api/v1/%63alls",
            "/api/v1/rpc/%6bpi_summary",
        ),
        *("/api/v1/'", "/api/v1/private.x", "/api/v1/calls\\x", "/api/v1/rpc\\x", "/%61pi/v1/calls", "/API/v1/calls"),
    ],
)
def test_a_path_has_one_spelling(door: Door, behind: Upstream, path: str) -> None:
    answer = door.send(path)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")
    assert (door.asked, behind.seen) == ([], [])


@pytest.fixture(scope="module")
def fuzzed(server: Upstream) -> Iterator[Door]:
    """One door for all examples."""
    door = Door(server)
    yield door
    door.rest.close()


@settings(deadline=None)
@given(path=st.text(st.characters(codec="utf-8", exclude_characters="?#"), max_size=30))
def test_no_path_breaks_the_door_or_leads_elsewhere(fuzzed: Door, path: str) -> None:
    fuzzed.behind.seen.clear()
    fuzzed.behind.answer = lambda _, reply: reply.send()
    status = fuzzed.send(f"/api/v1/{path}").status_code
    assert status in {200, 404}
    assert [seen.target for seen in fuzzed.behind.seen] == ([f"/{path}"] if status == 200 else [])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_tables_are_read_only(door: Door, behind: Upstream, method: str) -> None:
    answer = door.send("/api/v1/calls", method)
    assert (answer.status_code, answer.get_json()["error"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    assert (door.asked, behind.seen) == ([], [])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_functions_are_called_and_nothing_else(door: Door, behind: Upstream, method: str) -> None:
    answer = door.send("/api/v1/rpc/kpi_summary", method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert (door.asked, behind.seen) == ([], [])


# Who is let in.


MALFORMED: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer vsk_short"},
    {"Authorization": "Bearer a.b.c"},
    {"X-Api-Key": ""},
]


def test_every_refusal_is_the_same_to_the_byte(door: Door, behind: Upstream) -> None:
    refused = [door.send("/api/v1/calls", headers=headers) for headers in MALFORMED]
    assert door.asked == []
    door.admission = UNKNOWN
    refused.append(door.send("/api/v1/calls"))
    assert {(answer.status_code, answer.data) for answer in refused} == {(401, refused[0].data)}
    assert len({tuple(answer.headers) for answer in refused}) == 1
    assert refused[0].json == REFUSAL
    assert refused[0].headers["WWW-Authenticate"].startswith("Bearer ")
    assert "RateLimit-Limit" not in refused[0].headers
    assert behind.seen == []


def test_over_the_limit_one_is_told_when_to_come_back(door: Door, behind: Upstream) -> None:
    door.admission = LIMITED
    answer = door.send("/api/v1/calls")
    assert (answer.status_code, answer.get_json()["error"]) == (429, "too_many_requests")
    told = [
        answer.headers[name] for name in ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    ]
    assert told == ["31", "1000", "0", "31"]
    assert behind.seen == []


@pytest.mark.parametrize("error", [UnavailableError(), RefusedError()])
def test_without_a_database_nobody_is_let_in(door: Door, behind: Upstream, error: Exception) -> None:
    door.admission = error
    answer = door.send("/api/v1/calls")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "unavailable")
    assert "deliver" not in answer.get_json()["message"]
    assert answer.headers["Retry-After"] == "5"
    assert behind.seen == []


def test_the_full_door_turns_away_and_empties_again(behind: Upstream) -> None:
    door = Door(behind, slots=1)
    with door.slots.one():
        answer = door.send("/api/v1/calls")
        assert (answer.status_code, answer.get_json()["error"], answer.headers["Retry-After"]) == (503, "busy", "1")
        assert door.asked == []
        assert door.send("/api/v1/calls", headers={}).status_code == 401
    held = door.client.get("/api/v1/calls", headers={"X-Api-Key": SECRET}, buffered=False)
    assert door.send("/api/v1/calls").status_code == 503
    held.close()
    for admission in (UNKNOWN, LIMITED, UnavailableError(), GRANTED):
        door.admission = admission
        door.send("/api/v1/rpc/x", "POST", data=b"x" * (MIB + 1))
        door.send("/api/v1/calls")
    behind.answer = lambda _, reply: reply.hang_up()
    assert door.send("/api/v1/calls").status_code == 502
    behind.answer = lambda _, reply: reply.send()
    assert door.send("/api/v1/calls").status_code == 200
    door.rest.close()


# What is sent along.


def test_a_mebibyte_is_passed_on_and_more_is_not(door: Door, behind: Upstream) -> None:
    assert door.send("/api/v1/rpc/x", "POST", data=b"x" * MIB).status_code == 200
    assert len(behind.last.body) == MIB
    answer = door.send("/api/v1/rpc/x", "POST", data=b"x" * (MIB + 1))
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
    assert len(door.asked) == 1


def _chunked(door: Door, body: bytes) -> TestResponse:
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return door.send("/api/v1/rpc/x", "POST", input_stream=BytesIO(body), environ_overrides=environ)


def test_a_body_in_chunks_has_the_same_limit(door: Door, behind: Upstream) -> None:
    assert _chunked(door, b"x" * MIB).status_code == 200
    assert len(behind.last.body) == MIB
    answer = _chunked(door, b"x" * (MIB + 1))
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
    assert answer.headers["RateLimit-Remaining"] == "989"
    assert len(behind.seen) == 1


class _Broken(BytesIO):
    def read(self, _: int | None = -1, /) -> bytes:
        raise RuntimeError("a server's own")


@pytest.mark.parametrize("stream", [BytesIO(b"{}"), BytesIO(b""), _Broken()])
def test_a_body_that_does_not_arrive_whole_reaches_nobody(door: Door, behind: Upstream, stream: BytesIO) -> None:
    answer = door.send("/api/v1/rpc/x", "POST", input_stream=stream, environ_overrides={"CONTENT_LENGTH": "100"})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "bad_request")
    assert behind.seen == []


def test_a_reading_takes_no_body_along(door: Door, behind: Upstream) -> None:
    door.send("/api/v1/calls", data=b'{"a":1}', content_type="application/json")
    assert behind.last.body == b""
    assert not behind.last.names & {"content-type", "content-length", "transfer-encoding"}


def test_a_call_without_arguments_is_one(door: Door, behind: Upstream) -> None:
    assert door.send("/api/v1/rpc/x", "POST").status_code == 200
    assert (behind.last.method, behind.last.body) == ("POST", b"")


# When something breaks.


def _half(_: Seen, reply: Reply) -> None:
    reply.begin(Content_Type="text/csv")
    reply.piece(b"half")
    reply.hang_up()


def _head_only(_: Seen, reply: Reply) -> None:
    reply.begin()
    reply.hang_up()


def test_what_breaks_before_anything_is_sent_has_an_answer_of_its_own(door: Door, behind: Upstream) -> None:
    behind.answer = _head_only
    answer = door.send("/api/v1/calls")
    assert (answer.status_code, answer.get_json()["error"]) == (502, "upstream_unavailable")
    assert answer.headers["RateLimit-Remaining"] == "989"


def test_what_breaks_off_in_the_middle_breaks_off_for_the_caller_too(door: Door, behind: Upstream) -> None:
    behind.answer = _half
    answer = door.client.get("/api/v1/calls", headers={"X-Api-Key": SECRET}, buffered=False)
    pieces = iter(answer.response)
    assert next(pieces) == b"half"
    with pytest.raises(ConnectionResetError):
        next(pieces)
    answer.close()


latin_1 = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)


@settings(deadline=None)
@given(query=latin_1, accept=latin_1, prefer=latin_1, kind=latin_1)
def test_no_query_and_no_header_breaks_the_door(fuzzed: Door, query: str, accept: str, prefer: str, kind: str) -> None:
    fuzzed.behind.seen.clear()
    fuzzed.behind.answer = lambda _, reply: reply.send()
    headers = {"X-Api-Key": SECRET, "Accept": accept, "Prefer": prefer, "Content-Type": kind}
    answer = fuzzed.send("/api/v1/rpc/x", "POST", headers, data=b"{}", environ_overrides={"QUERY_STRING": query})
    assert answer.status_code in {200, 400}
    for seen in fuzzed.behind.seen:
        assert seen.target.partition("?")[0] == "/rpc/x"
        assert len(seen.values("x-api-grant")) == 1
