"""Integration credentials: sealed for one organization, integration and purpose, opened only with our key."""

from credentials.config import CredentialsKeys
from credentials.errors import (
    CannotOpenError,
    CredentialsError,
    MalformedContextError,
    MalformedKeyError,
    UnknownKeyError,
)
from credentials.sealing import KeyPair, KeyRing, generate_keypair, seal

__all__ = [
    "CannotOpenError",
    "CredentialsError",
    "CredentialsKeys",
    "KeyPair",
    "KeyRing",
    "MalformedContextError",
    "MalformedKeyError",
    "UnknownKeyError",
    "generate_keypair",
    "seal",
]
