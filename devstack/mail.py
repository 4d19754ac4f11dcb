from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Final

MAIL: Final = "mail"
"""What the letters are called among the logs."""


@dataclass
class Mailbox:
    """The folder that gets the sync script's letters, read like a log: the newest letter last."""

    folder: Path
    letters: int = 3
    """How many make up its end."""
    _seen: set[Path] = field(default_factory=set, init=False)

    def last_lines(self) -> Iterable[str]:
        """Read the last letters."""
        return _lines(self._arrived()[-self.letters :])

    def new_lines(self) -> Iterable[str]:
        """Read the letters that came since the last look."""
        return _lines(self._arrived())

    def _arrived(self) -> list[Path]:
        files = [file for file in self.folder.glob("*.eml") if file not in self._seen]
        self._seen.update(files)
        return sorted(files, key=lambda file: file.stat().st_mtime_ns)


def _lines(files: Iterable[Path]) -> list[str]:
    return [line for file in files for line in _letter(file)]


def _letter(file: Path) -> list[str]:
    letter = message_from_bytes(file.read_bytes(), policy=SMTPUTF8)
    part = letter.get_body(("plain",)) if isinstance(letter, EmailMessage) else None
    text: str = part.get_content() if part else ""
    return [*(f"{name}: {letter[name]}" for name in ("Date", "To", "Subject")), "", *text.splitlines(), ""]
