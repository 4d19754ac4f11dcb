"""HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

What a secret is for is bound to it as HPKE's `info`, so a sealed value that is moved to another
organization, integration or purpose does not open. The wire form is enc ‖ ciphertext, as `@hpke/core` gives it.
"""

import binascii
import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from credentials.errors import CannotOpenError, MalformedContextError, MalformedKeyError, UnknownKeyError

PLATFORM: Final = "platform"
"""The organization of integrations that serve the whole platform."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PURPOSE = re.compile(r"[a-z][a-z_]*")
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A raw X25519 key pair and the id that sealed values carry in order to name it."""

    key_id: str
    private: bytes = field(repr=False)
    public: bytes

    @classmethod
    def from_private(cls, private: bytes, key_id: str | None = None) -> Self:
        """Complete a private key.

        Args:
            private: 32 bytes.
            key_id: names the key; a fingerprint of the public key when left out.

        Raises:
            MalformedKeyError: the key has another length, or the id has characters outside `A-Za-z0-9_.-`.
        """
        if len(private) != _KEY_BYTES:
            raise MalformedKeyError(f"a private key has {_KEY_BYTES} bytes")
        public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        key_id = hashlib.sha256(public).hexdigest()[:8] if key_id is None else key_id
        if not _KEY_ID.fullmatch(key_id):
            raise MalformedKeyError("a key id has 1 to 64 letters, digits, '.', '_' or '-'")
        return cls(key_id, private, public)

    @property
    def private_entry(self) -> str:
        """`key_id:base64url`, an entry of `CREDENTIALS_KEYS`."""
        return f"{self.key_id}:{encode_key(self.private)}"

    @property
    def public_entry(self) -> str:
        """`key_id:base64url` of the public half, which may be published."""
        return f"{self.key_id}:{encode_key(self.public)}"


def generate_keypair() -> KeyPair:
    """Make a new key pair from the operating system's randomness."""
    return KeyPair.from_private(X25519PrivateKey.generate().private_bytes_raw())


def seal(plaintext: bytes, public_key: bytes, *, organization: str, integration_id: UUID | str, purpose: str) -> bytes:
    """Seal a secret so that only the holder of the private key opens it, and only for this use.

    Args:
        plaintext: the secret.
        public_key: 32 raw bytes.
        organization: the id of the organization that owns the integration, or `platform`.
        integration_id: the integration the secret belongs to.
        purpose: what the secret is, such as `webhook_secret`.

    Raises:
        MalformedKeyError: the public key is none.
        MalformedContextError: organization, integration or purpose is malformed.
    """
    info = _info(organization, integration_id, purpose)
    try:
        return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public_key), info)
    except ValueError:
        raise MalformedKeyError("this is no X25519 public key") from None


class KeyRing:
    """The private keys of a program. New values are sealed under the first; the others still open."""

    def __init__(self, *keys: KeyPair) -> None:
        if not keys:
            raise MalformedKeyError("there has to be at least one key")
        self.current = keys[0]
        self._keys = {key.key_id: key for key in keys}
        if len(self._keys) < len(keys):
            raise MalformedKeyError("two keys have the same id")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `CREDENTIALS_KEYS`: entries `key_id:base64url-private-key` separated by spaces, the current one first.

        Raises:
            MalformedKeyError: naming the place of the entry that is wrong, never its content.
        """
        return cls(*(_parse_entry(number, entry) for number, entry in enumerate(text.split(), start=1)))

    def open(self, key_id: str, sealed: bytes, *, organization: str, integration_id: UUID | str, purpose: str) -> bytes:
        """Open what `seal` made for the same organization, integration and purpose.

        Raises:
            UnknownKeyError: `key_id` is not in the ring.
            CannotOpenError: the value was altered or was sealed for something else.
            MalformedContextError: organization, integration or purpose is malformed.
        """
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownKeyError(f"no key with the id {key_id!r} in the key ring")
        info = _info(organization, integration_id, purpose)
        try:
            return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(key.private), info)
        except (InvalidTag, ValueError):
            raise CannotOpenError(f"the {purpose} of integration {integration_id} does not open") from None

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"


def encode_key(key: bytes) -> str:
    """Write a key as base64url without padding."""
    return urlsafe_b64encode(key).rstrip(b"=").decode()


def decode_key(text: str) -> bytes:
    """Read a key from base64url, padded or not.

    Raises:
        MalformedKeyError: it is no base64url, or not 32 bytes.
    """
    try:
        key = urlsafe_b64decode(text.rstrip("=").encode("ascii") + b"=")
    except (binascii.Error, UnicodeEncodeError):
        key = b""
    if len(key) != _KEY_BYTES or encode_key(key) != text.rstrip("="):
        raise MalformedKeyError(f"a key is {_KEY_BYTES} bytes in base64url")
    return key


def _parse_entry(number: int, entry: str) -> KeyPair:
    key_id, colon, private = entry.partition(":")
    try:
        if not colon:
            raise MalformedKeyError("it has no colon")
        return KeyPair.from_private(decode_key(private), key_id)
    except MalformedKeyError as error:
        raise MalformedKeyError(f"entry {number} should be key_id:base64url-private-key; {error}") from None


def _info(organization: str, integration_id: UUID | str, purpose: str) -> bytes:
    try:
        organization = organization if organization == PLATFORM else str(UUID(organization))
        integration = str(UUID(str(integration_id)))
    except ValueError:
        raise MalformedContextError("organizations (or 'platform') and integrations are named by their UUIDs") from None
    if not _PURPOSE.fullmatch(purpose):
        raise MalformedContextError("a purpose is a lower-case word")
    return f"victorysync/v1|{organization}|{integration}|{purpose}".encode()
