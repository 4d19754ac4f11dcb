"""The door MightyCall's deliveries come in by: signature checked, one SQL call, then the answer."""

from webhooks.app import create_app
from webhooks.config import Config

__all__ = ["Config", "create_app"]
