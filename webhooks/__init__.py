"""The doors that are not PostgREST: MightyCall's deliveries come in by one, holders of API keys read by the other."""

from webhooks.app import create_app
from webhooks.config import Config

__all__ = ["Config", "create_app"]
