"""Settings of the programs: environment variables in, one frozen and checked object out."""

from settings.base import ConfigurationError, Settings, Variable
from settings.fields import DatabaseUrl

__all__ = ["ConfigurationError", "DatabaseUrl", "Settings", "Variable"]
