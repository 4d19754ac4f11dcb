import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from credentials import KeyRing, generate_keypair, seal
from sync.delivery import SampleDelivery
from sync.errors import DeliveryRefused, UnusableCredentials
from sync.jobstore import DeliveryTarget
from tests.unit.sync.provider import Answer, Provider

INTEGRATION = UUID(int=7)
KEYS = KeyRing(generate_keypair())
SECRET = b"the webhook secret"
DELIVERY = SampleDelivery(INTEGRATION, UUID(int=9), datetime(2026, 6, 5, 12, 0, 0, 510_000, tzinfo=UTC))


def no_sleep(_: float) -> None:
    pytest.fail("it waits")


def signed(provider: Provider, *, keys: KeyRing = KEYS) -> DeliveryTarget:
    sealed = seal(
        SECRET, keys.current.public, organization="platform", integration_id=INTEGRATION, purpose="webhook_secret"
    )
    return DeliveryTarget(f"{provider.url}/hook", "signed", None, keys.current.key_id, sealed, "platform")


def by_token(provider: Provider) -> DeliveryTarget:
    return DeliveryTarget(f"{provider.url}/hook/the-token", "token", "the-token", None, None, "platform")


def test_a_signed_delivery_is_what_mightycall_would_send(provider: Provider, http: httpx.Client) -> None:
    provider.script(Answer({"status": "ok"}))
    DELIVERY.deliver(signed(provider), KEYS, http, no_sleep)
    request = provider.requests[0]
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "EventType": "TestDelivery",
        "Guid": str(UUID(int=9)),
        "Timestamp": "2026-06-05T12:00:00.5100000Z",
        "Body": {},
    }
    expected = hmac.new(SECRET, request.body.encode(), hashlib.sha256).hexdigest()
    assert request.headers["x-signature"] == expected


def test_a_delivery_by_token_is_not_signed(provider: Provider, http: httpx.Client) -> None:
    provider.script(Answer(status=200))
    DELIVERY.deliver(by_token(provider), KEYS, http, no_sleep)
    assert provider.requests[0].path == "/hook/the-token"
    assert "x-signature" not in provider.requests[0].headers


def test_a_refusal_is_told_without_the_token(provider: Provider, http: httpx.Client) -> None:
    provider.script(Answer("nobody at /hook/the-token\n", 403))
    with pytest.raises(
        DeliveryRefused, match=r"^our webhook address answered 403: nobody at /hook/\[redacted\]$"
    ) as caught:
        DELIVERY.deliver(by_token(provider), KEYS, http, no_sleep)
    assert "the-token" not in str(caught.value)


def test_a_redirect_is_no_acceptance(provider: Provider, http: httpx.Client) -> None:
    provider.script(Answer(status=308, headers={"location": "/elsewhere"}))
    with pytest.raises(DeliveryRefused, match=r"^our webhook address answered 308: nothing else$"):
        DELIVERY.deliver(signed(provider), KEYS, http, no_sleep)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/the-token", "http://[bad/the-token", "ftp://x/the-token", ""])
def test_an_address_that_cannot_be_reached_is_told_without_the_token(http: httpx.Client, url: str) -> None:
    target = DeliveryTarget(url, "token", "the-token", None, None, "platform")
    with pytest.raises(DeliveryRefused, match="our webhook address cannot be reached: ") as caught:
        DELIVERY.deliver(target, KEYS, http, no_sleep)
    assert "the-token" not in str(caught.value)


def test_silence_is_not_waited_for_longer_than_mightycall_does(provider: Provider, http: httpx.Client) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        assert request.extensions["timeout"]["read"] == 8
        raise httpx.ReadTimeout("no answer", request=request)

    with (
        httpx.Client(transport=httpx.MockTransport(silent)) as silence,
        pytest.raises(DeliveryRefused, match="did not answer within 8 s"),
    ):
        DELIVERY.deliver(signed(provider), KEYS, silence, no_sleep)


def test_without_a_secret_nothing_is_sent(provider: Provider, http: httpx.Client) -> None:
    with pytest.raises(UnusableCredentials, match="the integration has no webhook secret"):
        DELIVERY.deliver(signed(provider)._replace(key_id=None, sealed=None), KEYS, http, no_sleep)
    with pytest.raises(UnusableCredentials, match="the webhook secret cannot be used"):
        DELIVERY.deliver(signed(provider, keys=KeyRing(generate_keypair())), KEYS, http, no_sleep)
    assert provider.requests == []


def test_what_it_is_authenticated_with_may_be_news_to_the_app(provider: Provider, http: httpx.Client) -> None:
    pauses: list[float] = []
    provider.script(Answer(status=401), Answer(status=200))
    DELIVERY.deliver(by_token(provider), KEYS, http, pauses.append)
    assert pauses == [2]
    assert provider.requests[0].body == provider.requests[1].body

    provider.script(Answer(status=401), Answer("no", 401))
    with pytest.raises(DeliveryRefused, match=r"^our webhook address answered 401: no$"):
        DELIVERY.deliver(by_token(provider), KEYS, http, pauses.append)
