import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from webhooks import api_headers

PASSED = {b"Accept", b"Accept-Encoding", b"If-None-Match", b"Prefer", b"Range", b"Range-Unit"}
RETURNED = {
    *("Content-Type", "Content-Encoding", "Content-Length", "Content-Range", "Content-Disposition"),
    *("ETag", "Preference-Applied", "Retry-After"),
}


def _prefer(value: str) -> bytes | None:
    return dict(api_headers.asked(Headers({"Prefer": value}))).get(b"Prefer")


def test_what_shapes_the_answer_is_passed_on_as_it_is() -> None:
    sent = {
        "accept": "text/csv",
        "accept-encoding": "gzip",
        "range": "0-24",
        "range-unit": "items",
        "if-none-match": '"a"',
        "prefer": "count=exact",
    }
    passed = {name.lower().decode(): value.decode() for name, value in api_headers.asked(Headers(sent))}
    assert passed == sent


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Cookie", "apikey", "X-Api-Key", "X-Api-Grant", "x_api_grant", "Accept-Profile"),
        *("Content-Profile", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "X-Client-Info"),
        *("Host", "Connection", "TE", "Upgrade", "Expect", "Transfer-Encoding", "X-Http-Method-Override", "Via"),
    ],
)
def test_who_asks_and_from_where_is_not_the_callers_to_say(name: str) -> None:
    assert list(api_headers.asked(Headers({name: "x"}))) == []
    assert list(api_headers.described("rpc/kpi_summary", Headers({name: "x"}))) == []


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        ("count=exact", b"count=exact"),
        ("tx=rollback", None),
        ("tx=rollback,count=exact", b"count=exact"),
        ("count=exact, TX=commit, handling=strict,timezone=UTC", b"count=exact, handling=strict, timezone=UTC"),
        ("Count = planned", b"Count = planned"),
        ("return=representation, resolution=merge-duplicates, missing=default, max-affected=1, params=x", None),
        ("", None),
        (",,", None),
    ],
)
def test_only_preferences_about_reading_pass(sent: str, passed: bytes | None) -> None:
    assert _prefer(sent) == passed


latin_1 = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40)


@given(st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True), latin_1, max_size=5), latin_1)
def test_no_header_breaks_the_passage_or_gets_through_unnamed(headers: dict[str, str], prefer: str) -> None:
    passed = list(api_headers.asked(Headers(headers | {"Prefer": prefer})))
    assert {name for name, _ in passed} <= PASSED
    for _, value in passed:
        assert isinstance(value, bytes)


def test_a_body_is_described_by_its_type_and_length() -> None:
    headers = Headers({"Content-Type": "application/json", "Content-Length": "2", "Content-Encoding": "gzip"})
    assert list(api_headers.described("rpc/kpi_summary", headers)) == [
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"2"),
    ]


def test_a_body_in_chunks_has_no_length_whatever_is_said() -> None:
    headers = Headers({"Transfer-Encoding": "chunked", "Content-Type": "text/csv", "Content-Length": "2"})
    assert list(api_headers.described("rpc/kpi_summary", headers)) == [(b"Content-Type", b"text/csv")]


def test_a_key_that_keeps_from_sending_twice_goes_where_something_is_sent() -> None:
    headers = Headers({"Idempotency-Key": "a b é"})
    assert list(api_headers.described("rpc/send_message", headers)) == [(b"Idempotency-Key", b"a b \xe9")]
    for other in ("rpc/send_messages", "send_message", "rpc/request_sync"):
        assert list(api_headers.described(other, headers)) == []
    assert list(api_headers.asked(headers)) == []


def test_an_answer_is_described_and_its_server_is_not() -> None:
    hidden = [
        *("Server", "Date", "Connection", "Transfer-Encoding", "Location", "Content-Location", "Set-Cookie"),
        *("WWW-Authenticate", "Proxy-Status", "Server-Timing", "Access-Control-Allow-Origin", "X-Api-Grant"),
    ]
    answered = dict(api_headers.answered(dict.fromkeys(hidden, "x") | dict.fromkeys(RETURNED, "y")))
    assert answered == dict.fromkeys(RETURNED, "y")
