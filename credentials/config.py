from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from credentials.sealing import KeyRing
from settings import DatabaseUrl, Settings


def _parse(value: str | KeyRing) -> KeyRing:
    return value if isinstance(value, KeyRing) else KeyRing.parse(value)


CredentialsKeys = Annotated[
    KeyRing,
    BeforeValidator(_parse),
    Field(
        validation_alias="CREDENTIALS_KEYS",
        description="Private keys that open integration credentials: `key_id:base64url` entries separated by spaces, "
        "the current one first. `python -m credentials keygen` makes one.",
    ),
]


class KeysConfig(Settings):
    """What `seal` reads when no public key is given."""

    credentials_keys: CredentialsKeys


class RotationConfig(KeysConfig):
    """What `rotate` reads. It works as the sync script's role, the one that may replace sealed values."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    database_url: DatabaseUrl = Field(description="Connection of the role `sync`")
