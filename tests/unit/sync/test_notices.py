from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.attachments import Attachment
from sync.errors import LetterRefused, UnwritableLetter
from sync.mailstore import Mail
from sync.notices import file_name, write_notice, write_report

NOW = datetime(2026, 6, 5, 12, tzinfo=UTC)
SENDER = Address("VictorySync", "no-reply", "example.com")
COMMON: dict[str, Any] = {
    "organization": "Northwind",
    "app_url": "https://app.example",
    "support_email": "help@example.com",
    "is_over": False,
    "over_since": None,
    "documents": [],
}
REPORT = COMMON | {
    "name": "Every day",
    "period": "Thursday, 4 June 2026",
    "time_zone": "Europe/London",
    "sender": None,
    "problem": None,
    "link": "/reports/documents?run=7",
}
NOTICE = COMMON | {
    "title": "Service level at 62 %",
    "body": "Of the calls of the last 60 minutes on all lines, 62 % were answered in time; 80 % is the aim. (Rule)",
    "link": "/alerts?alert=7",
}
PDF = Attachment("Days", "pdf", b"%PDF-1.7 \x00\xff")
CSV = Attachment("Days", "csv", "\ufeffday,offered\r\n".encode())
HOSTILE = (
    "Acme\r\nBcc: everybody@example.com\r\n\r\nBuy this",
    "=?utf-8?q?=0D=0ABcc:_everybody@example.com?=",
    "</p><script>alert('1')</script>",
    "\u202eAcme",
)


def mail(details: dict[str, Any], template: str = "report", recipient: str = "jane@example.com") -> Mail:
    return Mail(UUID(int=1), template, recipient, details, 1)


def received(sent: EmailMessage) -> EmailMessage:
    message = message_from_bytes(sent.as_bytes(), policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def report(*attached: Attachment, left_out: int = 0, **details: Any) -> EmailMessage:
    return received(write_report(mail(REPORT | details), attached, left_out, SENDER, NOW))


def notice(**details: Any) -> EmailMessage:
    return received(write_notice(mail(NOTICE | details, "alert"), SENDER, NOW))


def test_a_report_comes_with_its_documents_and_says_what_it_is() -> None:
    message = report(PDF, CSV)
    assert message["subject"] == "Every day, Thursday, 4 June 2026: Northwind"
    assert message["message-id"] == f"<{UUID(int=1)}.1@example.com>"
    text = body(message)
    assert "Here is the report “Every day” of Northwind for Thursday, 4 June 2026 (times are those of Europe/Lo" in text
    assert "Attached: Days Thursday, 4 June 2026.pdf, Days Thursday, 4 June 2026.csv." in text
    assert "https://app.example/reports/documents?run=7" in text.splitlines()
    assert 'href="https://app.example/reports/documents?run=7"' in body(message, "html")
    attached = list(message.iter_attachments())
    assert [(part.get_content_type(), part.get_filename()) for part in attached] == [
        ("application/pdf", "Days Thursday, 4 June 2026.pdf"),
        ("text/csv", "Days Thursday, 4 June 2026.csv"),
    ]
    assert [part.get_payload(decode=True) for part in attached] == [PDF.content, CSV.content]


def test_who_sends_it_by_hand_is_named() -> None:
    assert "Ada Lovelace sends you the report “Every day”" in body(report(PDF, sender="Ada Lovelace"))


@pytest.mark.parametrize(
    ("left_out", "words"),
    [(0, None), (1, "One document is too large for a letter"), (2, "2 documents are too large for a letter")],
)
def test_what_is_left_out_is_said(left_out: int, words: str | None) -> None:
    text = body(report(left_out=left_out))
    assert (words or "too large") in text or words is None
    assert ("too large" in text) == (left_out > 0)
    assert "Attached" not in text


def test_what_is_missing_is_said() -> None:
    problem = "The PDF could not be made: It was too large."
    assert problem in body(report(CSV, problem=problem))


def test_a_notice_says_what_happened_and_where_to_look() -> None:
    message = notice()
    assert message["subject"] == "Service level at 62 %: Northwind"
    assert body(message).startswith("Hello,\n\nService level at 62 %.\n\nOf the calls of the last 60 minutes")
    assert "https://app.example/alerts?alert=7" in body(message).splitlines()
    assert "It has been over" not in body(message)
    assert "help@example.com" in body(message)


def test_a_notice_that_comes_late_says_that_it_is_over() -> None:
    assert "It has been over since 07:10 on 5 June 2026." in body(notice(over_since="07:10 on 5 June 2026"))


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("field", ["organization", "name", "period", "sender", "problem"])
def test_nobodys_words_become_headers_or_markup(field: str, words: str) -> None:
    hostile: dict[str, Any] = {field: words}
    message = report(PDF, **hostile)
    assert "bcc" not in message
    assert "<script" not in body(message, "html")
    assert "\u202e" not in body(message)
    assert len(list(message.iter_attachments())) == 1


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("field", ["organization", "title", "body"])
def test_nor_those_of_a_notice(field: str, words: str) -> None:
    message = notice(**{field: words})
    assert "bcc" not in message
    assert "<script" not in body(message, "html")


@pytest.mark.parametrize("missing", ["organization", "name", "period", "time_zone", "app_url"])
def test_a_report_without_its_details_cannot_be_written(missing: str) -> None:
    details = {name: value for name, value in REPORT.items() if name != missing}
    with pytest.raises(UnwritableLetter):
        write_report(mail(details), [], 0, SENDER, NOW)
    nulled: dict[str, Any] = {missing: None}
    with pytest.raises(UnwritableLetter):
        report(**nulled)


@pytest.mark.parametrize("missing", ["organization", "title", "body", "app_url"])
def test_nor_a_notice(missing: str) -> None:
    with pytest.raises(UnwritableLetter):
        notice(**{missing: None})


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(LetterRefused):
        write_report(mail(REPORT, recipient="jane"), [], 0, SENDER, NOW)
    with pytest.raises(LetterRefused):
        write_notice(mail(NOTICE, recipient="jane"), SENDER, NOW)


@given(st.text(), st.text(min_size=1))
def test_a_file_name_leads_nowhere(title: str, period: str) -> None:
    name = file_name(Attachment(title, "pdf", b""), period)
    assert not set(name) & set('\\/:*?"<>|\r\n\t\0')
    assert name.endswith(".pdf")
