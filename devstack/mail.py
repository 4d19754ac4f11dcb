from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Final, Self

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


@dataclass(frozen=True)
class Letter:
    """A letter as its reader sees it."""

    file: Path
    headers: EmailMessage
    text: str

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file of the folder."""
        message = message_from_bytes(file.read_bytes(), policy=SMTPUTF8)
        assert isinstance(message, EmailMessage)  # noqa: S101
        part = message.get_body(("plain",))
        return cls(file, message, part.get_content() if part else "")


def letter_to(folder: Path, recipient: str) -> Letter | None:
    """Find a letter to somebody."""
    letters = map(Letter.read, folder.glob("*.eml"))
    return next((letter for letter in letters if letter.headers["To"] == recipient), None)


def _lines(files: Iterable[Path]) -> list[str]:
    return [line for file in files for line in _shown(Letter.read(file))]


def _shown(letter: Letter) -> list[str]:
    headers = (f"{name}: {letter.headers[name]}" for name in ("Date", "To", "Subject"))
    return [*headers, "", *letter.text.splitlines(), ""]
