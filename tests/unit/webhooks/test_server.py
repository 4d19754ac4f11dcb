from types import SimpleNamespace
from typing import Any

import pytest

from webhooks.server import prepare


class Socket:
    timeout: float | None = None

    def settimeout(self, seconds: float) -> None:
        self.timeout = seconds


def _request(*headers: tuple[str, str]) -> Any:
    return SimpleNamespace(headers=list(headers), unreader=SimpleNamespace(sock=Socket()))


@pytest.mark.parametrize("values", [("a", "a"), ("a", "b"), ("", "a"), ("a", "b", "c")])
def test_a_signature_that_was_sent_twice_is_none(values: tuple[str, ...]) -> None:
    request = _request(("HOST", "x"), *(("X-SIGNATURE", value) for value in values), ("ECHO", "y"))
    prepare(None, request)
    assert request.headers == [("HOST", "x"), ("ECHO", "y")]


def test_one_signature_is_left_alone_and_so_are_other_repeated_headers() -> None:
    headers = [("X-SIGNATURE", "a"), ("ACCEPT", "b"), ("ACCEPT", "c")]
    request = _request(*headers)
    prepare(None, request)
    assert request.headers == headers


def test_a_sender_that_falls_silent_does_not_hold_a_thread_for_ever() -> None:
    request = _request()
    prepare(None, request)
    assert request.unreader.sock.timeout == 10
