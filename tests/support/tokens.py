"""JSON web tokens as Auth would make them, and as it never would."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Tokens:
    """Mints tokens with the secret of a stack."""

    secret: str

    def __call__(self, user_id: UUID, **claims: Any) -> str:
        """Mint the token of a signed-in user; further claims come on top and may be None, to be left out."""
        now = int(time.time())
        usual = {"sub": str(user_id), "role": "authenticated", "aal": "aal1", "iat": now, "exp": now + 12 * 3600}
        return self.sign(usual | claims)

    def sign(self, claims: dict[str, Any], algorithm: str = "HS256") -> str:
        """Sign claims as they are; with the algorithm "none", not at all."""
        header = _encode({"alg": algorithm, "typ": "JWT"})
        body = f"{header}.{_encode({name: value for name, value in claims.items() if value is not None})}"
        if algorithm == "none":
            return f"{body}."
        return f"{body}.{_base64(hmac.digest(self.secret.encode(), body.encode(), hashlib.sha256))}"


def _encode(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
