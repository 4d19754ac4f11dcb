import gzip
import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import httpx
import pytest

from sync.errors import (
    AuthorizationDenied,
    MalformedAnswer,
    ProviderError,
    ProviderUnavailable,
    QuotaRefused,
    QuotaSpent,
    RequestRefused,
)
from sync.transport import Transport
from tests.unit.sync.provider import Answer, Provider

OK = Answer({"data": {"calls": []}, "isSuccess": True})


def get(transport: Transport) -> None:
    transport.get("/api/calls", {"skip": 0}, "the-token")


def test_a_request_carries_key_and_token(provider: Provider, transport: Transport) -> None:
    provider.script(OK)
    get(transport)
    request = provider.requests[0]
    assert (request.method, request.path, request.query) == ("GET", "/api/calls", {"skip": "0"})
    assert request.headers["x-api-key"] == "the-api-key"
    assert request.headers["authorization"] == "Bearer the-token"


def test_a_form_is_posted_with_the_key(provider: Provider, transport: Transport) -> None:
    provider.script(OK)
    transport.post_form("/auth/token", {"grant_type": "client_credentials", "client_secret": "a b"})
    request = provider.requests[0]
    assert (request.method, request.body) == ("POST", "grant_type=client_credentials&client_secret=a+b")
    assert request.headers["x-api-key"] == "the-api-key"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


DENIED = {"message": "Authorization has been denied for this request."}


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (Answer({"isSuccess": False, "message": "An error has occurred."}, 500), ProviderUnavailable, "500: An error"),
        (Answer("", 503), ProviderUnavailable, "answered 503 and nothing else"),
        (Answer("<html>\n<b>Bad\x07  gateway", 502), ProviderUnavailable, "502: <html> <b>Bad\ufffd gateway"),
        (Answer("<html>being updated"), MalformedAnswer, r"answered 200: <html>being updated \(.*no JSON object"),
        (Answer(""), MalformedAnswer, r"answered 200 and nothing else \(.*no JSON object"),
        (Answer("[1, 2"), MalformedAnswer, "no JSON object"),
        (Answer(b'{"data": "\xff"}'), MalformedAnswer, "not UTF-8"),
        (Answer("", 401), AuthorizationDenied, "answered 401"),
        (Answer(DENIED, 403), AuthorizationDenied, "403: Authorization has been denied"),
        (Answer({**DENIED, "isSuccess": False}), AuthorizationDenied, "200: Authorization has been denied"),
        (Answer({"message": "Limit Exceeded"}, 429), QuotaRefused, "429: Limit Exceeded"),
        (Answer("slow down", 429), QuotaRefused, "429: slow down"),
        (Answer({"message": "Limit Exceeded"}, 403), QuotaRefused, "403: Limit Exceeded"),
        (Answer("", 403), QuotaRefused, "403"),
        (Answer({"isSuccess": False, "message": "Limit Exceeded"}), QuotaRefused, "200: Limit Exceeded"),
        (Answer({"message": "Forbidden"}, 403), RequestRefused, "403: Forbidden"),
        (Answer({"error": "invalid_client"}, 400), RequestRefused, "400: invalid_client"),
        (Answer({"error": "x", "error_description": "Wrong key"}, 400), RequestRefused, "400: Wrong key"),
        (Answer({"isSuccess": False, "message": "startUtc is not a date"}), RequestRefused, "200: startUtc is not"),
        (Answer({"isSuccess": False}), RequestRefused, "isSuccess"),
        (Answer("", 302, {"location": "https://elsewhere.example/"}), RequestRefused, "answered 302"),
        (Answer(b"not gzip", headers={"content-encoding": "gzip"}), ProviderUnavailable, ""),
        (Answer("{}", headers={"content-length": "100"}), ProviderUnavailable, ""),
    ],
)
def test_a_refusal_says_what_was_answered(
    provider: Provider, transport: Transport, answer: Answer, error: type[ProviderError], text: str
) -> None:
    provider.script(answer)
    with pytest.raises(error, match=f"^GET /api/calls: .*{text}") as caught:
        get(transport)
    assert type(caught.value) is error


def test_a_long_answer_is_quoted_in_part(provider: Provider, transport: Transport) -> None:
    provider.script(Answer("x" * 100_000))
    with pytest.raises(MalformedAnswer) as caught:
        get(transport)
    assert len(str(caught.value)) < 400


def test_credentials_that_come_back_are_not_quoted(provider: Provider, transport: Transport) -> None:
    provider.script(*[Answer({"message": "the-api-key, the-token, the-secret"}, 400)] * 2)
    with pytest.raises(RequestRefused, match=r"400: \[redacted\], \[redacted\], the-secret$"):
        get(transport)
    with pytest.raises(RequestRefused, match=r"400: \[redacted\], the-token, \[redacted\]$"):
        transport.post_form("/auth/token", {"client_secret": "the-secret"})


def test_a_credential_at_the_cut_is_not_quoted_in_part(provider: Provider, transport: Transport) -> None:
    provider.script(Answer({"message": "x" * 190 + " the-secret-that-is-long"}, 400))
    with pytest.raises(RequestRefused) as caught:
        transport.post_form("/auth/token", {"client_secret": "the-secret-that-is-long"})
    assert "the-sec" not in str(caught.value)


def test_silence_ends_with_the_timeout(provider: Provider, transport: Transport) -> None:
    def silent() -> Iterator[bytes]:
        provider.released.wait()
        yield b""

    provider.script(Answer(pieces=silent()))
    with pytest.raises(ProviderUnavailable, match=r"^GET /api/calls: no answer within 0.2 s$"):
        get(replace(transport, timeout_seconds=0.2))


def test_an_answer_that_drips_ends_with_the_timeout(provider: Provider, transport: Transport) -> None:
    seconds = count()

    def dripping() -> Iterator[bytes]:
        for _ in range(100):
            if not provider.released.wait(0.01):
                yield b" "

    provider.script(Answer(pieces=dripping()))
    with pytest.raises(ProviderUnavailable, match=r"no answer within 5 s"):
        get(replace(transport, monotonic=lambda: next(seconds)))
    assert next(seconds) < 10


def test_an_answer_without_end_is_cut_off(provider: Provider, transport: Transport) -> None:
    zeros = gzip.compress(bytes(65 * 1024 * 1024), 1)
    provider.script(Answer(zeros, headers={"content-encoding": "gzip"}))
    with pytest.raises(MalformedAnswer, match="larger than 64 MiB"):
        get(replace(transport, timeout_seconds=60))


def test_nobody_there_is_said(http: httpx.Client) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: connections are refused.
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ProviderUnavailable, match=r"^GET /api/calls: .*refused"):
            get(Transport(http, url, "key", 5, before_request=lambda: None))


def test_nothing_is_sent_when_it_is_forbidden(provider: Provider, transport: Transport) -> None:
    def forbid() -> None:
        raise QuotaSpent("no more today", "used_up")

    with pytest.raises(QuotaSpent, match="no more today"):
        get(replace(transport, before_request=forbid))
    assert provider.requests == []
