from pydantic import Field
from pydantic_settings import SettingsConfigDict

from credentials import CredentialsKeys
from settings import DatabaseUrl, Settings


class Config(Settings):
    """Configuration of the webhook app."""

    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_")

    database_url: DatabaseUrl = Field(description="Connection of the role `webhooks`")
    credentials_keys: CredentialsKeys
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    workers: int = Field(default=2, ge=1, le=64, description="Processes; one per core is plenty")
    threads: int = Field(default=16, ge=1, le=256, description="Requests one process handles at a time")
    pool_size: int = Field(default=4, ge=1, le=64, description="Database connections of one process, at most")
    secrets_ttl_seconds: float = Field(
        default=5, ge=0, le=300, description="How long a webhook secret, or its absence, is remembered; 0 is not at all"
    )
