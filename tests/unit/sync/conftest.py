from collections.abc import Iterator

import httpx
import pytest

from sync.transport import Transport
from tests.unit.sync.provider import Provider, serving


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as http:
        yield http


@pytest.fixture
def transport(provider: Provider, http: httpx.Client) -> Transport:
    return Transport(http, provider.url, "the-api-key", 5, before_request=lambda: None)
