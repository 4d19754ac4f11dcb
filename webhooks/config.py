from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from credentials import CredentialsKeys
from settings import DatabaseUrl, Settings


def _check_rest_url(url: str) -> str:
    problem = "should look like https://host/rest/v1"
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        # Its message would quote what may hold a password.
        raise ValueError(problem) from None
    if not is_plain or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(problem)
    return url.rstrip("/")


class Config(Settings):
    """Configuration of the webhook app."""

    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_")

    database_url: DatabaseUrl = Field(description="Connection of the role `webhooks`")
    credentials_keys: CredentialsKeys
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    workers: int = Field(default=2, ge=1, le=64, description="Processes; one per core is plenty")
    connections: int = Field(default=500, ge=1, le=10_000, description="Connections one process holds at a time")
    pool_size: int = Field(
        default=4, ge=1, le=64, description="Database connections of one process for deliveries, at most"
    )
    secrets_ttl_seconds: float = Field(
        default=5, ge=0, le=300, description="How long a webhook secret, or its absence, is remembered; 0 is not at all"
    )
    rest_url: Annotated[str, AfterValidator(_check_rest_url)] | None = Field(
        default=None, description="Where PostgREST answers; without it there is no API for keys"
    )
    rest_key: SecretStr | None = Field(
        default=None, description="Publishable key that a hosted project's gateway wants with every request"
    )
    api_requests: int = Field(default=8, ge=1, le=256, description="Requests of API keys one process answers at a time")
    rest_timeout_seconds: float = Field(
        default=20, gt=0, le=120, description="How long PostgREST may be silent before, or within, an answer"
    )
