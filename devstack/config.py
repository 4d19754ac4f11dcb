from pathlib import Path

from pydantic import Field

from devstack.ports import Ports


class Config(Ports):
    """What the local stack reads from the environment."""

    state: Path | None = Field(
        default=None,
        description="Directory for everything the stack keeps; left out, `.devstack` in the repository, "
        "or one under /var/tmp for root, whose Postgres runs as another user",
    )
    live_calls_per_minute: float = Field(
        default=4, ge=0, le=600, description="How much live traffic the simulator makes, over all accounts"
    )
