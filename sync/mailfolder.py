import tempfile
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from sync.errors import MailServerUnusable


@dataclass(frozen=True)
class MailFolder:
    """A directory in a mail server's place: a file for every letter, which only the owner reads."""

    directory: Path

    def carry(self, letter: EmailMessage) -> None:
        """Write the letter, whole or not at all, named for its Message-ID.

        Raises:
            MailServerUnusable: the directory cannot be written.
        """
        name = str(letter["message-id"]).strip("<>").partition("@")[0]
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made with mode 0600, and no .eml until it is whole.
            with tempfile.NamedTemporaryFile(dir=self.directory, prefix=".", delete=False) as file:
                try:
                    file.write(letter.as_bytes())
                    file.flush()
                    Path(file.name).rename(self.directory / f"{name}.eml")
                except OSError:
                    Path(file.name).unlink()
                    raise
        except OSError as error:
            raise MailServerUnusable(f"the mail folder cannot be written: {error.strerror}") from None
