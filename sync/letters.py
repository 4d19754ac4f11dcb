"""What the letters say: plain text first, the same again in HTML."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from sync.addresses import address
from sync.errors import LetterRefused, UnwritableLetter
from sync.mailstore import Mail

INVITATION: Final = "invitation"
_ROLES: Final = {"org_admin": "an administrator", "manager": "a manager", "agent": "an agent", "viewer": "a viewer"}
_NO_ADDRESS: Final = "letters cannot be sent to this address"
_LONGEST_NAME: Final = 100
_JOINERS: Final = "\u200c\u200d"  # Scripts and emoji need them, though they do not print.


class Invitation(NamedTuple):
    """What a letter of invitation tells."""

    organization: str
    role: str
    inviter: str | None
    app_url: str
    expires_at: datetime
    support: str | None

    @classmethod
    def read(cls, details: dict[str, Any]) -> Self:
        """Read the details of a mail.

        Raises:
            UnwritableLetter: something is missing, or of another kind than this version knows.
        """
        try:
            return cls(
                organization=one_line(details["organization"]),
                role=_ROLES[details["role"]],
                inviter=one_line(details["inviter"]) if details.get("inviter") else None,
                app_url=app_url(details["app_url"]),
                expires_at=datetime.fromisoformat(details["expires_at"]).astimezone(UTC),
                support=one_line(details["support_email"]) if details.get("support_email") else None,
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise UnwritableLetter(f"an invitation cannot be written from its details: {error}") from None


def write_invitation(mail: Mail, token: str, sender: Address, now: datetime) -> EmailMessage:
    """Write the letter that brings somebody the link to accept an invitation with.

    Raises:
        UnwritableLetter: the mail's details do not suffice.
        LetterRefused: the recipient's address is none.
    """
    invitation = Invitation.read(mail.details)
    link = f"{invitation.app_url}/invitation#token={token}"
    return compose(mail, sender, now, _opening(invitation), _text(invitation, link), _html(invitation, link))


def compose(mail: Mail, sender: Address, now: datetime, subject: str, text: str, html: str) -> EmailMessage:
    """Put a letter together.

    Raises:
        UnwritableLetter: a header would hold a line end.
        LetterRefused: the recipient's address is none.
    """
    try:
        recipient = address(mail.recipient)
    except ValueError:
        raise LetterRefused("the address is none that can be written to", _NO_ADDRESS) from None
    letter = EmailMessage(policy=SMTP if recipient.username.isascii() else SMTPUTF8)
    letter["From"] = sender
    letter["To"] = recipient
    # The email package decodes what looks like an encoded word, line ends in it and all, and writes them out again.
    letter["Subject"] = subject.replace("=?", "= ?")
    letter["Date"] = format_datetime(now)
    # The mail server's log names it: so each letter is found there by mail and attempt, and by nothing about anybody.
    letter["Message-ID"] = f"<{mail.mail_id}.{mail.attempt}@{sender.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    if any(character in str(value) for value in letter.values() for character in "\r\n"):
        raise UnwritableLetter("a header of the letter holds a line end")
    letter.set_content(text)
    letter.add_alternative(html, subtype="html")
    return letter


def _opening(invitation: Invitation) -> str:
    who = f"{invitation.inviter} invites you" if invitation.inviter else "You are invited"
    return f"{who} to join {invitation.organization} on VictorySync"


def _until(invitation: Invitation) -> str:
    at = invitation.expires_at
    return f"{at.day} {at:%B %Y}, {at:%H:%M} UTC"


def _text(invitation: Invitation, link: str) -> str:
    support = f"\n\nQuestions? Write to {invitation.support}." if invitation.support else ""
    return f"""Hello,

{_opening(invitation)} as {invitation.role}. To accept, open this link:

{link}

It is for you alone, works once, and ends on {_until(invitation)}.

If you did not expect this, do nothing: nobody gets in without the link.{support}
"""


def _html(invitation: Invitation, link: str) -> str:
    paragraphs = [
        "Hello,",
        f"{escape(_opening(invitation))} as {invitation.role}.",
        *button("Accept the invitation", link),
        f"It is for you alone, works once, and ends on {_until(invitation)}.",
        "If you did not expect this, do nothing: nobody gets in without the link.",
    ]
    if invitation.support:
        paragraphs.append(f"Questions? Write to {escape(invitation.support)}.")
    return page(_opening(invitation), paragraphs)


def button(label: str, link: str) -> tuple[str, str]:
    """Two paragraphs in HTML: the link to click, and the same to copy."""
    href = escape(link)
    return (
        f'<a href="{href}" style="display: inline-block; padding: 10px 20px; border-radius: 6px; background: #1d4ed8;'
        f' color: #ffffff; text-decoration: none">{escape(label)}</a>',
        f'Or open this link: <a href="{href}" style="color: #1d4ed8; word-break: break-all">{href}</a>',
    )


def page(title: str, paragraphs: Iterable[str]) -> str:
    """A letter in HTML of paragraphs in HTML."""
    body = "\n".join(f'<p style="margin: 0 0 16px">{paragraph}</p>' for paragraph in paragraphs)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape(title)}</title></head>
<body style="margin: 0; padding: 24px; font: 16px/1.5 sans-serif; color: #111827; background: #ffffff">
{body}
</body>
</html>
"""


def one_line(text: str, longest: int = _LONGEST_NAME) -> str:
    """Somebody's words in one line: no control characters, nothing that turns the text around, not without end.

    Raises:
        ValueError: nothing is left of them.
    """
    text = " ".join(text.split())
    text = "".join(character for character in text if character.isprintable() or character in _JOINERS)
    if not text:
        raise ValueError("a name is empty")
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def app_url(text: str) -> str:
    """Where the dashboard is served.

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("the application's address is no URL")
    return text.rstrip("/")
