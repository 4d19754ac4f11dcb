import stat
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from sync.errors import MailServerUnusable
from sync.mailfolder import MailFolder
from tests.unit.sync.test_letters import letter


def test_every_letter_is_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "made" / "when needed")
    folder.carry(letter(attempt=1))
    folder.carry(letter("jörg@example.com", attempt=2))
    files = sorted(folder.directory.iterdir())
    assert [file.name[-6:] for file in files] == [".1.eml", ".2.eml"]
    arrived = message_from_bytes(files[0].read_bytes(), policy=SMTP)
    assert (arrived["to"], arrived["message-id"]) == ("jane@example.com", letter(attempt=1)["message-id"])
    assert "To: jörg@example.com" in files[1].read_text()
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.directory.stat().st_mode) == 0o700


def test_the_same_letter_again_is_the_same_file(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path)
    folder.carry(letter())
    folder.carry(letter())
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_said_and_keeps_no_half_of_a_letter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(MailServerUnusable, match=r"^the mail folder cannot be written: Not a directory$"):
        MailFolder(tmp_path / "file" / "mail").carry(letter())
    name = str(letter()["message-id"]).strip("<>").partition("@")[0]
    (tmp_path / f"{name}.eml").mkdir()
    with pytest.raises(MailServerUnusable, match=r"^the mail folder cannot be written: Is a directory$"):
        MailFolder(tmp_path).carry(letter())
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.eml", "file"]
