import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from credentials import generate_keypair


def _word() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Keys:
    """Every secret of one local stack. Made once, so that sign-ins and bookmarks survive a restart."""

    jwt_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    publishable_key: str = field(default_factory=lambda: f"sb_publishable_{secrets.token_urlsafe(24)}")
    secret_key: str = field(default_factory=lambda: f"sb_secret_{secrets.token_urlsafe(24)}", repr=False)
    credentials_key: str = field(default_factory=lambda: generate_keypair().private_entry, repr=False)
    supabase_admin_password: str = field(default_factory=_word, repr=False)
    postgres_password: str = field(default_factory=_word, repr=False)
    authenticator_password: str = field(default_factory=_word, repr=False)
    supabase_auth_admin_password: str = field(default_factory=_word, repr=False)
    supabase_storage_admin_password: str = field(default_factory=_word, repr=False)
    webhooks_password: str = field(default_factory=_word, repr=False)
    sync_password: str = field(default_factory=_word, repr=False)

    def password(self, role: str) -> str:
        """Return the password of a database role."""
        password: str = getattr(self, f"{role}_password")
        return password

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """Read the keys, first making those that are not there yet. The file is readable by its owner alone."""
        known = json.loads(path.read_text()) if path.exists() else {}
        keys = cls(**{each.name: known[each.name] for each in fields(cls) if each.name in known})
        if asdict(keys) != known:
            partial = path.with_suffix(".new")
            partial.unlink(missing_ok=True)
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(asdict(keys), file, indent=2)
            partial.replace(path)
        return keys
