import io
import os
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from rich.console import Console

from devstack.__main__ import main
from devstack.layout import Layout
from devstack.logs import show_logs
from devstack.mail import MAIL, Mailbox
from devstack.ports import Ports
from devstack.stack import Stack
from sync.mailfolder import MailFolder

DEADLINE_SECONDS = 60


def put(folder: Path, number: int) -> Path:
    """Put a letter there as the sync script does."""
    letter = EmailMessage()
    letter["Message-ID"] = f"<mail-{number}.1@example.com>"
    letter["Date"] = "Fri, 05 Jun 2026 12:00:00 +0000"
    letter["To"] = "jörg@example.com" if number % 2 else "jane@example.com"
    letter["Subject"] = f"Invitation № {number}"
    letter.set_content(f"To accept, open this link:\n\nhttps://app.example/invitation#token={'x' * 50}-{number}\n")
    letter.add_alternative("<p>[red]markup[/]</p>", subtype="html")
    MailFolder(folder).carry(letter)
    file = folder / f"mail-{number}.1.eml"
    os.utime(file, (number, number))
    return file


def test_the_last_letters_are_read_whole_and_the_newest_is_last(tmp_path: Path) -> None:
    for number in (3, 1, 5, 2, 4):
        put(tmp_path, number)
    lines = list(Mailbox(tmp_path, letters=2).last_lines())
    assert lines == [
        line
        for number, address in ((4, "jane"), (5, "jörg"))
        for line in (
            "Date: Fri, 05 Jun 2026 12:00:00 +0000",
            f"To: {address}@example.com",
            f"Subject: Invitation № {number}",
            "",
            "To accept, open this link:",
            "",
            f"https://app.example/invitation#token={'x' * 50}-{number}",
            "",
        )
    ]


def test_only_what_has_come_since_is_new(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail", letters=1)
    assert list(mailbox.last_lines()) == []
    put(mailbox.folder, 1)
    put(mailbox.folder, 2)
    (mailbox.folder / ".half.eml.new").write_text("not yet")
    assert [line for line in mailbox.new_lines() if line.startswith("Subject")] == [
        "Subject: Invitation № 1",
        "Subject: Invitation № 2",
    ]
    assert list(mailbox.new_lines()) == []
    put(mailbox.folder, 3)
    assert "Subject: Invitation № 3" in mailbox.new_lines()


def test_letters_are_shown_among_the_logs_as_the_part_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = Stack(Layout(tmp_path), Ports.free())
    assert stack.keys
    put(stack.layout.mail, 1)
    monkeypatch.setenv("DEVSTACK_STATE", str(tmp_path))
    for arguments in (["logs"], ["logs", "mail"]):
        assert main(arguments) == 0
        printed = capsys.readouterr().out.splitlines()
        assert f"     mail https://app.example/invitation#token={'x' * 50}-1" in printed
        assert {line.split()[0] for line in printed} == {"mail"}
    assert main(["logs", "mailer"]) == 1
    assert "sync, mail." in capsys.readouterr().err


def test_letters_that_come_while_one_looks_are_shown(tmp_path: Path) -> None:
    output = io.StringIO()
    is_over = threading.Event()

    class Enough(Mailbox):
        """Which is looked at until the test is over."""

        def new_lines(self) -> list[str]:
            if is_over.is_set():
                raise KeyboardInterrupt
            return list(super().new_lines())

    def look() -> None:
        with pytest.raises(KeyboardInterrupt):
            show_logs(Console(file=output, width=40), {MAIL: Enough(tmp_path)}, follow=True)

    put(tmp_path, 1)
    looking = threading.Thread(target=look)
    looking.start()
    try:
        until(lambda: "№ 1" in output.getvalue())
        put(tmp_path, 2)
        until(lambda: "№ 2" in output.getvalue())
    finally:
        is_over.set()
        looking.join()
    assert output.getvalue().count("№ 1") == 1


def test_nobody_else_reads_the_letters(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    assert layout.mail.stat().st_mode & 0o777 == 0o700


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
