import logging
from types import SimpleNamespace
from typing import Any

import pytest

from webhooks.server import drop_repeated_signature, leave_out_what_was_sent


def _request(*headers: tuple[str, str]) -> Any:
    return SimpleNamespace(headers=list(headers))


@pytest.mark.parametrize("values", [("a", "a"), ("a", "b"), ("", "a"), ("a", "b", "c")])
def test_a_signature_that_was_sent_twice_is_none(values: tuple[str, ...]) -> None:
    request = _request(("HOST", "x"), *(("X-SIGNATURE", value) for value in values), ("ECHO", "y"))
    drop_repeated_signature(None, request)
    assert request.headers == [("HOST", "x"), ("ECHO", "y")]


def test_one_signature_is_left_alone_and_so_are_other_repeated_headers() -> None:
    headers = [("X-SIGNATURE", "a"), ("ACCEPT", "b"), ("ACCEPT", "c")]
    request = _request(*headers)
    drop_repeated_signature(None, request)
    assert request.headers == headers


def _logged(message: str, *arguments: object) -> str:
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "", 0, message, arguments, None)
    assert leave_out_what_was_sent(record)
    return record.getMessage()


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (("Invalid request from ip=::1: Invalid HTTP Header: 'Bearer vsk_x'",), "Invalid request from ip=::1"),
        (("Invalid request from ip=127.0.0.1: 100% of it",), "Invalid request from ip=127.0.0.1"),
        (("Error handling request %s %s", "GET", "/api/v1/calls?a=b?c"), "Error handling request GET /api/v1/calls"),
        (("Error handling request %s %s", "POST", "/webhooks/mightycall/1/token"), "Error handling request POST"),
        (("Error handling request %s %s", "POST", "/webhooks%2Fmightycall/1%2Ftoken"), "Error handling request POST"),
        (
            ("Error handling request %s %s", "POST", "/api/v1/webhooks/../token"),
            "Error handling request POST /api/v1/webhooks/",
        ),
        (("Error handling request %s %s", "po st", "/token"), "Error handling request"),
        (("Error handling request %s", "/webhooks/mightycall/1/token"), "Error handling request"),
        (("Error handling request",), "Error handling request"),
        (("Error handling request (no URI read)",), "Error handling request (no URI read)"),
        (("Handling signal: %s", "term"), "Handling signal: term"),
        (("Worker exiting (pid: %s)?", 7), "Worker exiting (pid: 7)?"),
    ],
)
def test_what_a_caller_sent_is_not_logged(line: tuple[str, *tuple[object, ...]], kept: str) -> None:
    assert _logged(*line) == kept
