import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self
from uuid import UUID

import httpx

from sync.client import MightyCall
from sync.config import Config
from sync.errors import QuotaSpent
from sync.jobstore import Allowance, JobStore
from sync.tokens import Tokens
from sync.transport import Transport
from sync.vault import API_KEY, Vault

Purpose = Literal["send", "requested", "scheduled", "backfill", "recording"]
"""What a request is for: the most urgent first, and what is less urgent leaves requests of the day to it."""

_REASONS: Final = {
    "used_up": "today's requests are used up",
    "refused": "MightyCall refused requests within the last hour",
    "kept_back": "what is left of today's requests is kept for more urgent work",
}


@dataclass(frozen=True)
class Account:
    """A MightyCall account as a worker uses it: its keys open, every request counted before it is sent."""

    provider: MightyCall
    transport: Transport
    tokens: Tokens

    @classmethod
    def open(
        cls,
        integration_id: UUID,
        *,
        organization: str,
        account_type: str,
        purpose: Purpose,
        store: JobStore,
        config: Config,
        http: httpx.Client,
        now: Callable[[], datetime],
        before_request: Callable[[], None] = lambda: None,
    ) -> Self:
        """Open the keys of an integration; nothing is sent yet.

        Args:
            integration_id: the integration.
            organization: the sealing context of its credentials: the organization's id, or `platform`.
            account_type: `call_center` or `classic`.
            purpose: what its requests are for.
            store: where they are counted; a request that may not be sent raises `QuotaSpent`.
            config: where accounts are served, and what opens their credentials.
            http: sends the requests.
            now: the clock.
            before_request: runs before each request, and before it is counted; forbids it by raising.

        Raises:
            UnusableCredentials: a key is missing or does not open.
        """
        vault = Vault(store, config.credentials_keys, integration_id, organization)
        api_key = vault.read()[API_KEY].value
        api_key_hash = hashlib.sha256(api_key.encode()).digest()

        def permit() -> None:
            before_request()
            _spend(store.count_request(api_key_hash, integration_id, purpose, now()))

        transport = Transport(
            http=http,
            base_url=config.provider_url(account_type),
            api_key=api_key,
            timeout_seconds=config.http_timeout_seconds,
            before_request=permit,
            on_quota_refused=lambda: store.note_refusal(api_key_hash, now()),
        )
        tokens = Tokens(vault, transport, now)
        return cls(MightyCall(transport, tokens), transport, tokens)


def _spend(allowance: Allowance) -> None:
    if not allowance.allowed:
        reason = _REASONS.get(allowance.reason or "", "no request may be sent")
        counted = f"{allowance.used} of {allowance.quota} were sent with this API key"
        raise QuotaSpent(f"{reason}; {counted}", allowance.reason or "used_up")
