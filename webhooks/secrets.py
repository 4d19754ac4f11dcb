"""The webhook secrets of integrations, opened, and remembered for a few seconds."""

import logging
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple
from uuid import UUID

from credentials import CredentialsError, KeyRing
from webhooks.database import StoredSecret
from webhooks.errors import UnavailableError

PURPOSE: Final = "webhook_secret"
REMEMBERED: Final = 10_000

log = logging.getLogger(__name__)


class _Remembered(NamedTuple):
    secrets: tuple[bytes, ...]
    until: float


class Secrets:
    """What an integration's deliveries may be signed with.

    Args:
        load: reads the sealed secrets of one integration.
        keys: opens them.
        ttl_seconds: how long an answer is remembered, that there is none included: a revoked secret counts as long.
        clock: seconds that only grow.
    """

    def __init__(
        self, load: Callable[[UUID], list[StoredSecret]], keys: KeyRing, ttl_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._load = load
        self._keys = keys
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._remembered: dict[UUID, _Remembered] = {}
        self._lock = Lock()

    def of(self, integration_id: UUID) -> tuple[bytes, ...]:
        """Return the secrets, several while one is being replaced; none if nothing the integration sends counts.

        Raises:
            UnavailableError: the database is away, or none of the secrets opens with our keys.
        """
        known = self._remembered.get(integration_id)
        if known is None or known.until <= self._clock():
            known = _Remembered(self._open(integration_id), self._clock() + self._ttl_seconds)
            self._remember(integration_id, known)
        return known.secrets

    def _open(self, integration_id: UUID) -> tuple[bytes, ...]:
        opened, closed = list[bytes](), 0
        for stored in self._load(integration_id):
            if stored.mode != "signed" or stored.key_id is None or stored.sealed is None:
                continue
            try:
                secret = self._keys.open(
                    stored.key_id,
                    stored.sealed,
                    organization=stored.organization,
                    integration_id=integration_id,
                    purpose=PURPOSE,
                )
            except CredentialsError as error:
                log.error("integration %s: %s", integration_id, error)
                closed += 1
            else:
                opened.append(secret)
        if closed and not opened:
            # Our keys are at fault, not the sender, who should try again.
            raise UnavailableError
        return tuple(opened)

    def _remember(self, integration_id: UUID, known: _Remembered) -> None:
        with self._lock:
            self._remembered.pop(integration_id, None)
            if len(self._remembered) >= REMEMBERED:
                # Entries stand in the order they expire in, so the first is the oldest.
                del self._remembered[next(iter(self._remembered))]
            self._remembered[integration_id] = known
