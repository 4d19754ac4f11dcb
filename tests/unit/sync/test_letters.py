from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.errors import LetterRefused, UnwritableLetter
from sync.letters import write_invitation
from sync.mailstore import Mail

NOW = datetime(2026, 6, 5, 12, tzinfo=UTC)
TOKEN = "x_-" * 14 + "y"
LINK = f"https://app.example/invitation#token={TOKEN}"
SENDER = Address("VictorySync", "no-reply", "example.com")
DETAILS: dict[str, Any] = {
    "invitation_id": str(UUID(int=7)),
    "organization": "Northwind",
    "role": "agent",
    "inviter": "Ada Lovelace",
    "app_url": "https://app.example",
    "expires_at": "2026-06-12T14:30:00.123456+02:00",
    "support_email": "help@example.com",
}
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]


def letter(recipient: str = "jane@example.com", attempt: int = 1, **details: Any) -> EmailMessage:
    mail = Mail(UUID(int=1), "invitation", recipient, {**DETAILS, **details}, attempt)
    return write_invitation(mail, TOKEN, SENDER, NOW)


def received(sent: EmailMessage) -> EmailMessage:
    """What arrives, read from the bytes alone."""
    message = message_from_bytes(sent.as_bytes(), policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


class Page(HTMLParser):
    """The words and the elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.elements, self.links = "", set[str](), set[str | None]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links |= {value for name, value in attrs if name == "href"}

    def handle_data(self, data: str) -> None:
        self.words += data


def test_it_says_who_invites_where_as_what_and_until_when() -> None:
    message = received(letter())
    text = body(message, "plain")
    assert message["subject"] == "Ada Lovelace invites you to join Northwind on VictorySync"
    assert "Ada Lovelace invites you to join Northwind on VictorySync as an agent." in text
    assert LINK in text.splitlines()
    assert "ends on 12 June 2026, 12:30 UTC." in text
    assert "Write to help@example.com." in text
    page = Page(body(message, "html"))
    assert page.links == {LINK}
    for words in ("invites you to join Northwind on VictorySync as an agent.", "12 June 2026, 12:30 UTC", LINK):
        assert words in page.words


def test_its_headers_are_those_of_a_program_that_writes() -> None:
    message = received(letter(attempt=3))
    assert message.keys() == HEADERS
    assert message["from"] == "VictorySync <no-reply@example.com>"
    assert message["to"] == "jane@example.com"
    assert message["message-id"] == f"<{UUID(int=1)}.3@example.com>"
    assert message["auto-submitted"] == "auto-generated"
    assert message["date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("org_admin", "an administrator"),
        ("manager", "a manager"),
        ("agent", "an agent"),
        ("viewer", "a viewer"),
    ],
)
def test_the_role_is_told_in_words(role: str, words: str) -> None:
    assert f"as {words}." in body(received(letter(role=role)), "plain")


def test_what_is_not_known_is_not_mentioned() -> None:
    message = received(letter(inviter=None, support_email=None))
    assert message["subject"] == "You are invited to join Northwind on VictorySync"
    for kind in ("plain", "html"):
        assert "None" not in body(message, kind)
        assert "Questions" not in body(message, kind)


HOSTILE = {
    "a header": "Acme\r\nBcc: everybody@example.com\r\n\r\nBuy this",
    "an encoded header": "Acme =?utf-8?q?=0D=0ABcc:_everybody@example.com=0D=0A=0D=0ABuy?=",
    "an encoded header in base64": "=?utf-8?b?DQpCY2M6IHhAeS56DQo=?=",
    "markup": "</p><script>alert('1')</script><a href=\"https://evil.example\">",
    "an entity": "&lt;b&gt; &amp; 'quotes' \"too\"",
    "other line ends": "Acme\x0b\x0c\x1c\x85\u2028\u2029Bcc: x@example.com",
    "a turned text": "Acme\u202egnp.exe\u2066\u200b\ufeff",
    "nothing printable beside": "\x00\x07\x1b[31mAcme",
    "an address": 'Acme <boss@example.com>, "x" (y)',
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("field", ["organization", "inviter"])
def test_a_hostile_name_stays_words_of_one_line(field: str, name: str) -> None:
    message = received(letter(**{field: name}, attempt=1))
    assert message.keys() == HEADERS
    assert message["subject"].isprintable()
    assert LINK in body(message, "plain").splitlines()
    page = Page(body(message, "html"))
    assert page.elements == {"html", "head", "meta", "title", "body", "p", "a"}
    assert page.links == {LINK}
    assert f"to join {'Northwind on' if field == 'inviter' else ''}" in page.words


def test_a_name_is_shown_as_it_is_written() -> None:
    for name in ("Müller & Söhne", "名前 👩\u200d💻", "O'Neil <Sales>", "Acme  =  2 ?"):
        message = received(letter(organization=name))
        words = " ".join(name.split())
        assert message["subject"] == f"Ada Lovelace invites you to join {words} on VictorySync"
        assert f"to join {words} on VictorySync" in body(message, "plain")
        assert f"to join {words} on VictorySync" in Page(body(message, "html")).words


def test_a_name_without_end_ends() -> None:
    message = received(letter(organization="W" * 100_000, inviter="名" * 100_000))
    assert len(message["subject"]) < 300
    assert "WWW… on VictorySync" in body(message, "plain")
    assert max(map(len, message.as_bytes().splitlines())) < 998


@given(organization=st.text(), inviter=st.none() | st.text())
@example(organization="=?utf-8?q?=0A?=", inviter="=?utf-8?q?=0D=0AX:_y?=")
@example(organization="=\r\n?utf-8?q?=0A?=", inviter="=\x00?utf-8?q?=0D=0AX:_y?=")
def test_whatever_the_names_are_the_letter_keeps_its_form(organization: str, inviter: str | None) -> None:
    try:
        sent = letter(organization=organization, inviter=inviter)
    except UnwritableLetter:
        assert not any(map(str.isprintable, organization.strip())) or not any(map(str.isprintable, inviter or ""))
        return
    message = received(sent)
    assert message.keys() == HEADERS
    assert LINK in body(message, "plain").splitlines()
    assert Page(body(message, "html")).links == {LINK}


def test_an_address_outside_ascii_is_written_as_it_is_and_its_domain_in_ascii() -> None:
    assert b"To: jane@xn--exmple-cua.example\r\n" in letter("jane@exämple.example").as_bytes()
    sent = letter("jörg@exämple.example")
    assert "To: jörg@xn--exmple-cua.example\r\n".encode() in sent.as_bytes()
    assert letter().policy is SMTP
    assert sent.policy is SMTPUTF8


@pytest.mark.parametrize(
    "recipient",
    ["jane", "@example.com", "jane@", "jane@example.com\r\nBcc: x@example.com", "jane@x@y", "<jane@x>", "a b@x", ""],
)
def test_an_address_that_is_none_is_not_written_to(recipient: str) -> None:
    with pytest.raises(LetterRefused, match=r"^the address is none that can be written to$"):
        letter(recipient)


@pytest.mark.parametrize(
    "details",
    [
        {"app_url": None},
        {"app_url": ""},
        {"app_url": "javascript:alert(1)"},
        {"app_url": "https://"},
        {"app_url": "https://app.example/\r\nBcc: x@example.com"},
        {"expires_at": "soon"},
        {"expires_at": None},
        {"role": "emperor"},
        {"organization": None},
        {"organization": " \r\n"},
    ],
)
def test_details_that_do_not_suffice_are_said(details: dict[str, Any]) -> None:
    with pytest.raises(UnwritableLetter, match="an invitation cannot be written from its details"):
        letter(**details)


def test_the_applications_address_may_end_in_a_slash_and_have_a_path() -> None:
    assert f"https://app.example/sync/invitation#token={TOKEN}" in body(
        received(letter(app_url="https://app.example/sync/")), "plain"
    )
