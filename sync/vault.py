from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from credentials import CredentialsError, KeyRing, seal
from sync.errors import UnusableCredentials
from sync.jobstore import JobStore

API_KEY: Final = "api_key"
USER_KEY: Final = "user_key"
ACCESS_TOKEN: Final = "access_token"  # noqa: S105
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105


class Secret(NamedTuple):
    """A credential, opened."""

    value: str
    valid_until: datetime | None


@dataclass(frozen=True)
class Vault:
    """The credentials of one integration: sealed in the database, open here only."""

    store: JobStore
    keys: KeyRing
    integration_id: UUID
    organization: str
    """The sealing context: the organization's id, or `platform`."""

    def read(self) -> dict[str, Secret]:
        """Open what is stored, by purpose. A token that does not open is left out: it is easily replaced.

        Raises:
            UnusableCredentials: a key is missing or does not open.
        """
        secrets: dict[str, Secret] = {}
        for row in self.store.credentials(self.integration_id):
            try:
                value = self.keys.open(
                    row.key_id,
                    row.sealed,
                    organization=row.organization,
                    integration_id=self.integration_id,
                    purpose=row.purpose,
                )
                secrets[row.purpose] = Secret(value.decode(), row.valid_until)
            except (CredentialsError, UnicodeDecodeError) as error:
                if row.purpose in (API_KEY, USER_KEY):
                    raise UnusableCredentials(f"the {row.purpose} cannot be used: {error}") from None
        if missing := {API_KEY, USER_KEY} - secrets.keys():
            raise UnusableCredentials(f"the integration has no {' and no '.join(sorted(missing))}")
        return secrets

    def keep(self, purpose: str, value: str, valid_until: datetime | None) -> None:
        """Seal a token and share it with the other workers."""
        current = self.keys.current
        sealed = seal(
            value.encode(),
            current.public,
            organization=self.organization,
            integration_id=self.integration_id,
            purpose=purpose,
        )
        self.store.keep_token(self.integration_id, purpose, current.key_id, sealed, valid_until)
