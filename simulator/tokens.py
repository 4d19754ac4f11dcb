"""Access and refresh tokens: 24 hours from each grant; a refresh token works once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from threading import Lock

from simulator.clock import Clock

LIFETIME = timedelta(hours=24)
REFRESH_LIFETIME = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair of tokens for one account."""

    access_token: str
    refresh_token: str


class Tokens:
    """The tokens in circulation; a restart of the simulator forgets them, as an outage might."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._access: dict[str, tuple[str, datetime]] = {}
        self._refresh: dict[str, tuple[str, datetime]] = {}

    def grant(self, api_key: str) -> Grant:
        """Issue a new pair."""
        now = self._clock()
        grant = Grant(token_urlsafe(32), token_urlsafe(32))
        with self._lock:
            for tokens in (self._access, self._refresh):
                for token in [token for token, (_, until) in tokens.items() if until <= now]:
                    del tokens[token]
            self._access[grant.access_token] = (api_key, now + LIFETIME)
            self._refresh[grant.refresh_token] = (api_key, now + REFRESH_LIFETIME)
        return grant

    def refresh(self, refresh_token: str, api_key: str) -> Grant | None:
        """Spend a refresh token of the account on a new pair; None: unknown, spent, expired or another's."""
        with self._lock:
            holder, until = self._refresh.get(refresh_token, ("", self._clock()))
            if holder != api_key or until <= self._clock():
                return None
            del self._refresh[refresh_token]
        return self.grant(api_key)

    def holder(self, access_token: str) -> str | None:
        """Return the API key an access token was issued to; None: unknown or expired."""
        with self._lock:
            holder, until = self._access.get(access_token, ("", self._clock()))
        return holder if until > self._clock() else None
