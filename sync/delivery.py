import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import httpx

from credentials import CredentialsError, KeyRing
from sync.errors import DeliveryRefused, UnusableCredentials
from sync.jobstore import DeliveryTarget
from sync.words import excerpt, redacted

_PATIENCE_SECONDS: Final = 8
"""How long MightyCall waits for an answer."""
_NEWS_SECONDS: Final = 2
"""How long the webhook app may take to hear of a secret or token that was made just now."""


@dataclass(frozen=True)
class SampleDelivery:
    """A delivery to our own webhook address, as MightyCall would send it, that tells of no call."""

    integration_id: UUID
    guid: UUID
    sent_at: datetime

    def deliver(
        self, target: DeliveryTarget, keys: KeyRing, http: httpx.Client, sleep: Callable[[float], None]
    ) -> None:
        """Send it, and once more after a moment where it is not known yet what it is authenticated with.

        Raises:
            UnusableCredentials: the integration has no webhook secret, or it does not open.
            DeliveryRefused: it was not taken.
        """
        body = self._body()
        headers = {"content-type": "application/json"}
        if target.mode == "signed":
            headers["x-signature"] = hmac.new(self._secret(target, keys), body, hashlib.sha256).hexdigest()
        answer = _post(target, body, headers, http)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            sleep(_NEWS_SECONDS)
            answer = _post(target, body, headers, http)
        if not answer.is_success:
            said = excerpt(redacted(answer.text[:10_000], {target.token or ""}))
            raise DeliveryRefused(f"our webhook address answered {answer.status_code}: {said or 'nothing else'}")

    def _body(self) -> bytes:
        timestamp = f"{self.sent_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
        event = {"EventType": "TestDelivery", "Guid": str(self.guid), "Timestamp": timestamp, "Body": {}}
        return json.dumps(event, separators=(",", ":")).encode()

    def _secret(self, target: DeliveryTarget, keys: KeyRing) -> bytes:
        if target.key_id is None or target.sealed is None:
            raise UnusableCredentials("the integration has no webhook secret")
        try:
            return keys.open(
                target.key_id,
                target.sealed,
                organization=target.organization,
                integration_id=self.integration_id,
                purpose="webhook_secret",
            )
        except CredentialsError as error:
            raise UnusableCredentials(f"the webhook secret cannot be used: {error}") from None


def _post(target: DeliveryTarget, body: bytes, headers: dict[str, str], http: httpx.Client) -> httpx.Response:
    try:
        return http.post(target.url, content=body, headers=headers, timeout=_PATIENCE_SECONDS)
    except httpx.TimeoutException:
        raise DeliveryRefused(f"our webhook address did not answer within {_PATIENCE_SECONDS} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = redacted(str(error), {target.token or ""}) or type(error).__name__
        raise DeliveryRefused(f"our webhook address cannot be reached: {said}") from None
