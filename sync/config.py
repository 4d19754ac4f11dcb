from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from credentials import CredentialsKeys
from settings import DatabaseUrl, Settings


def _check_url(url: str) -> str:
    if not url.startswith(("https://", "http://")) or any(character.isspace() for character in url):
        raise ValueError("should look like https://host/path")
    return url.rstrip("/")


_ProviderUrl = Annotated[str, AfterValidator(_check_url)]


class Config(Settings):
    """What the sync script reads from the environment."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    database_url: DatabaseUrl = Field(
        description="Connection of the role `sync`. A transaction pooler will do; `watch` then polls every second"
    )
    credentials_keys: CredentialsKeys
    call_center_url: _ProviderUrl = Field(
        "https://ccapi.mightycall.com/v4",
        validation_alias="MIGHTYCALL_CALL_CENTER_URL",
        description="Where Call Center accounts are served",
    )
    classic_url: _ProviderUrl = Field(
        "https://api.mightycall.com/v4",
        validation_alias="MIGHTYCALL_CLASSIC_URL",
        description="Where Classic accounts are served",
    )
    page_size: int = Field(1000, ge=1, le=1000, description="Items asked for per request")
    # The lease of a job is two minutes and is extended before each request: one request and one pause fit into it.
    http_timeout_seconds: float = Field(
        30, gt=0, le=60, description="How long one request to MightyCall may take, from first to last byte"
    )
    worker_name: str = Field(
        "worker",
        max_length=100,
        description="How this worker signs the jobs it claims, for managers and admins to read. "
        "Each process adds something unique of its own",
    )

    def provider_url(self, account_type: str) -> str:
        """Where accounts of this type (`call_center` or `classic`) are served, without a trailing slash."""
        return self.classic_url if account_type == "classic" else self.call_center_url
