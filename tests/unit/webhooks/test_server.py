from types import SimpleNamespace
from typing import Any

import pytest

from webhooks.server import drop_repeated_signature


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
