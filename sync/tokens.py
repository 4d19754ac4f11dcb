from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sync.envelope import Envelope
from sync.errors import MalformedAnswer, RequestRefused
from sync.transport import Transport
from sync.vault import ACCESS_TOKEN, API_KEY, REFRESH_TOKEN, USER_KEY, Secret, Vault

_PATH: Final = "/auth/token"
_MARGIN: Final = timedelta(minutes=2)
_USUAL_LIFE_SECONDS: Final = 86_400


@dataclass
class Tokens:
    """The access token of one integration, shared by all workers through the database."""

    vault: Vault
    transport: Transport
    now: Callable[[], datetime]
    _access: Secret | None = field(default=None, init=False)

    def current(self) -> str:
        """A token that should be good for some minutes: the shared one, or a new one.

        Raises:
            AuthorizationDenied: the keys are wrong.
            ProviderError: whatever else the request for a new one may bring.
            UnusableCredentials: the keys are missing or do not open.
        """
        if self._access is None or not self._is_fresh(self._access):
            secrets = self.vault.read()
            shared = secrets.get(ACCESS_TOKEN)
            self._access = shared if shared and self._is_fresh(shared) else self._renew(secrets)
        return self._access.value

    def replace(self, refused: str) -> str:
        """Another token than the one MightyCall has just refused; the errors are those of `current`."""
        secrets = self.vault.read()
        shared = secrets.get(ACCESS_TOKEN)
        # Another worker may have been faster; its token may have ended ours.
        is_replaced = shared is not None and shared.value != refused and self._is_fresh(shared)
        self._access = shared if shared is not None and is_replaced else self._authenticate(secrets)
        return self._access.value

    def anew(self) -> None:
        """Ask for a new token with the keys, whatever is still good; the errors are those of `current`."""
        self._access = self._authenticate(self.vault.read())

    def _is_fresh(self, secret: Secret) -> bool:
        return secret.valid_until is not None and secret.valid_until - _MARGIN > self.now()

    def _renew(self, secrets: dict[str, Secret]) -> Secret:
        refresh = secrets.get(REFRESH_TOKEN)
        if refresh is not None:
            try:
                return self._ask({"grant_type": "refresh_token", "refresh_token": refresh.value})
            except RequestRefused:
                pass  # Too old, or used already: the keys still count.
        return self._authenticate(secrets)

    def _authenticate(self, secrets: dict[str, Secret]) -> Secret:
        keys = {"client_id": secrets[API_KEY].value, "client_secret": secrets[USER_KEY].value}
        return self._ask({"grant_type": "client_credentials", **keys})

    def _ask(self, form: dict[str, str]) -> Secret:
        asked_at = self.now()
        answer = self.transport.post_form(_PATH, form)
        access, refresh = answer.text("access_token"), answer.text("refresh_token")
        if access is None:
            raise MalformedAnswer(f"POST {_PATH}: the answer holds no access token")
        valid_until = asked_at + timedelta(seconds=_seconds(answer))
        self.vault.keep(ACCESS_TOKEN, access, valid_until)
        if refresh is not None:
            self.vault.keep(REFRESH_TOKEN, refresh, None)
        return Secret(access, valid_until)


def _seconds(answer: Envelope) -> float:
    text = answer.text("expires_in") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else _USUAL_LIFE_SECONDS
