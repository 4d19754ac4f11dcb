from pydantic import Field
from pydantic_settings import SettingsConfigDict

from settings import DatabaseUrl, Settings


class Config(Settings):
    """What the operator command reads."""

    model_config = SettingsConfigDict(env_prefix="ADMIN_")

    database_url: DatabaseUrl = Field(
        description="Connection of the role `postgres`, which owns the schema: for an operator's hands alone"
    )
