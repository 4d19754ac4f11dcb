"""What proves that a delivery comes from an integration: secrets, opened, or tokens; remembered for a few seconds."""

import logging
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, NamedTuple
from uuid import UUID

from credentials import CredentialsError, KeyRing
from webhooks.database import StoredSecret
from webhooks.errors import UnavailableError

REMEMBERED: Final = 10_000
REREAD_SECONDS: Final = 1

log = logging.getLogger(__name__)


class Proofs(NamedTuple):
    """What counts for an integration, several of a kind while one is being replaced; nothing where nothing counts.

    One that signs has secrets and no tokens, one that cannot has tokens and no secrets: there is no second way in.
    """

    secrets: tuple[bytes, ...] = ()
    token_hashes: tuple[bytes, ...] = ()
    api_keys: tuple[bytes, ...] = ()
    """Which of the account's keys a payload may name, in token mode."""


class _Remembered(NamedTuple):
    proofs: Proofs
    since: float


class Secrets:
    """How an integration's deliveries prove where they come from.

    Args:
        load: reads the sealed secrets and the hashes of tokens of one integration.
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

    def of(self, integration_id: UUID, *, again: bool = False) -> Proofs:
        """Return what counts, which is nothing if nothing the integration sends does.

        Args:
            integration_id: whose deliveries.
            again: what is remembered did not match; if it is older than a second, something new may be there.

        Raises:
            UnavailableError: the database is away, or none of the secrets opens with our keys.
        """
        known = self._remembered.get(integration_id)
        longest = min(self._ttl_seconds, REREAD_SECONDS) if again else self._ttl_seconds
        if known is None or self._clock() - known.since >= longest:
            known = _Remembered(self._read(integration_id), self._clock())
            self._remember(integration_id, known)
        return known.proofs

    def _read(self, integration_id: UUID) -> Proofs:
        stored = self._load(integration_id)
        if {each.mode for each in stored} == {"signed"}:
            return Proofs(secrets=self._opened(integration_id, stored, "webhook_secret"))
        if {each.mode for each in stored} == {"token"}:
            return Proofs(
                token_hashes=tuple(each.token_hash for each in stored if each.token_hash is not None),
                api_keys=self._opened(integration_id, stored, "api_key"),
            )
        return Proofs()

    def _opened(self, integration_id: UUID, stored: Sequence[StoredSecret], purpose: str) -> tuple[bytes, ...]:
        opened, closed = list[bytes](), 0
        for each in stored:
            if each.purpose != purpose or each.key_id is None or each.sealed is None:
                continue
            try:
                secret = self._keys.open(
                    each.key_id,
                    each.sealed,
                    organization=each.organization,
                    integration_id=integration_id,
                    purpose=purpose,
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
