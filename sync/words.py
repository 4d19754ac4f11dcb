"""What others said, made fit for one line of a log."""

from collections.abc import Collection
from typing import Final

_LONGEST_EXCERPT: Final = 200


def excerpt(text: str) -> str:
    """The beginning of a text, fit for one line."""
    text = "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))
    return text if len(text) <= _LONGEST_EXCERPT else text[:_LONGEST_EXCERPT] + "…"


def redacted(text: str, secrets: Collection[str]) -> str:
    """The text without what nobody may read."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "[redacted]")
    return text
