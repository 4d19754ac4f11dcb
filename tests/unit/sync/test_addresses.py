from email.policy import SMTP

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.addresses import address, mailbox


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ada@example.com", "ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        ("o'neil+tag=x?@example.com", "o'neil+tag=x?@example.com"),
        ("jörg@exämple.example", "jörg@xn--exmple-cua.example"),
        ('"a b"@example.com', '"a b"@example.com'),
        (r'"a\"b@c,"@example.com', r'"a\"b@c,"@example.com'),
    ],
)
def test_an_address_is_read(text: str, written: str) -> None:
    assert address(text).addr_spec == written


NONE = [
    "",
    "ada",
    "@example.com",
    "ada@",
    "a b@example.com",
    "a@b@example.com",
    "<ada@example.com>",
    "Ada <ada@example.com>",
    ".ada@example.com",
    "a..b@example.com",
    "ada@a..b",
    f"ada@{'x' * 64}.example",
    "ada@example.com\r\nBcc: x@example.com",
    "=?utf-8?q?=0D=0ABcc=3A_x?=ö@example.com",
    "=?utf-8?q?=0D=0ABcc=3A_x?=@example.com",
    'ö"x"@example.com',
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_address_is_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not an e-mail address$"):
        address(text)


@given(st.text() | st.from_regex(r'[=?ö"@.\r\n <>a-z0-9_-]+@[a-zö.-]+\Z'))
@example("=?utf-8?q?=0D=0AX=3A_y?=ö@example.com")
@example('"=?utf-8?q?=0D=0AX=3A_y?="@example.com')
def test_an_address_in_a_header_stays_one_address(text: str) -> None:
    try:
        read = address(text)
    except ValueError:
        return
    header = SMTP.header_factory("to", str(read))
    assert not set(str(header)) & set("\r\n")
    assert [found.addr_spec for found in header.addresses] == [read.addr_spec]


@pytest.mark.parametrize(
    ("text", "name", "written"),
    [
        ("VictorySync <no-reply@example.com>", "VictorySync", "no-reply@example.com"),
        ("no-reply@example.com", "", "no-reply@example.com"),
        ('"Müller, Ada" <ada@example.com>', "Müller, Ada", "ada@example.com"),
        ("Müller, Ada<ada@example.com>", "Müller, Ada", "ada@example.com"),
        ("Ada <ada@exämple.example>", "Ada", "ada@xn--exmple-cua.example"),
    ],
)
def test_a_mailbox_may_have_a_name(text: str, name: str, written: str) -> None:
    found = mailbox(text)
    assert (found.display_name, found.addr_spec) == (name, written)
    header = SMTP.header_factory("from", str(found))
    assert header.defects == ()
    assert header.addresses == (found,)


@pytest.mark.parametrize(
    "text",
    [
        *NONE[:5],
        "a@example.com, b@example.com",
        "Ada <>",
        "Ada <jörg@example.com>",
        "Ada <ada@example.com> x",
        "Ada\r\nBcc: x@example.com <ada@example.com>",
        "=?utf-8?q?=0D=0AX=3A_y?= <ada@example.com>",
    ],
)
def test_what_is_no_mailbox_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match=r"^should look like VictorySync <no-reply@example.com>$"):
        mailbox(text)
