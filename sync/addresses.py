import re
from email.errors import MessageError
from email.headerregistry import Address
from typing import Final

_MAILBOX: Final = re.compile(r'(?:"(?P<quoted>[^"\\<>]*)"|(?P<name>[^"\\<>]*?))\s*<(?P<inner>[^<>]+)>|(?P<bare>[^<>]+)')
_SPECIAL: Final = frozenset('"(),:;<>@[\\]')


def address(text: str) -> Address:
    """Read an address without a name, like `ada@example.com`; a domain outside ASCII gets its `xn--` form.

    Raises:
        ValueError: it is none, and the message does not quote it.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode()
        # The email package would decode what looks like an encoded word, line ends in it and all.
        if not local or not domain or not text.isprintable() or "=?" in text or not all(map(_is_plain, domain)):
            raise ValueError
        if local.isascii():
            return Address(addr_spec=f"{local}@{domain}")
        if not all(map(_is_plain, local)):
            raise ValueError
        return Address(username=local, domain=Address(addr_spec=f"x@{domain}").domain)
    except (ValueError, IndexError, MessageError):
        raise ValueError("is not an e-mail address") from None


def mailbox(text: str) -> Address:
    """Read an address that may have a name, like `VictorySync <no-reply@example.com>`.

    Raises:
        ValueError: it is none, or letters outside ASCII are in more than its name.
    """
    found = _MAILBOX.fullmatch(text.strip())
    try:
        if not found or not text.isprintable() or "=?" in text:
            raise ValueError
        plain = address(found["inner"] or found["bare"] or "")
        if not plain.username.isascii():
            raise ValueError
        return Address(found["quoted"] or found["name"] or "", plain.username, plain.domain)
    except ValueError:
        raise ValueError("should look like VictorySync <no-reply@example.com>") from None


def _is_plain(character: str) -> bool:
    return not character.isspace() and character not in _SPECIAL
