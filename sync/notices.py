"""Letters about figures: reports with their documents, and what happened that somebody wants to know of."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape
from typing import Any, Final, NamedTuple, Self

from sync.attachments import Attachment
from sync.errors import UnwritableLetter
from sync.letters import app_url, button, compose, one_line, page
from sync.mailstore import Mail

REPORT: Final = "report"
NOTICES: Final = frozenset({"alert", "schedule_stopped", "report_failed"})
_LONGEST_TEXT: Final = 2000
_NOT_IN_FILE_NAMES: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


class _Common(NamedTuple):
    organization: str
    link: str
    support: str | None

    @classmethod
    def read(cls, details: dict[str, Any]) -> Self:
        return cls(
            organization=one_line(details["organization"]),
            link=app_url(details["app_url"]) + (details.get("link") or ""),
            support=one_line(details["support_email"]) if details.get("support_email") else None,
        )

    def last_words(self, why: str) -> list[str]:
        return [why, *([f"Questions? Write to {self.support}."] if self.support else [])]


def write_report(
    mail: Mail, attached: Sequence[Attachment], left_out: int, sender: Address, now: datetime
) -> EmailMessage:
    """Write the letter that brings somebody a report with its documents, and tells how many were too large.

    Raises:
        UnwritableLetter: the mail's details do not suffice.
        LetterRefused: the recipient's address is none.
    """
    try:
        common = _Common.read(mail.details)
        name = one_line(mail.details["name"])
        period = one_line(mail.details["period"])
        zone = one_line(mail.details["time_zone"])
        who = one_line(mail.details["sender"]) if mail.details.get("sender") else None
        problem = one_line(mail.details["problem"], _LONGEST_TEXT) if mail.details.get("problem") else None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnwritableLetter(f"a report's letter cannot be written from its details: {error}") from None
    subject = f"{name}, {period}: {common.organization}"
    before = [
        "Hello,",
        f"{f'{who} sends you' if who else 'Here is'} the report “{name}” of {common.organization} for {period}"
        f" (times are those of {zone}).",
    ]
    if attached:
        before.append("Attached: " + ", ".join(file_name(each, period) for each in attached) + ".")
    if left_out:
        are = "One document is" if left_out == 1 else f"{left_out} documents are"
        before.append(f"{are} too large for a letter, and kept in VictorySync.")
    if problem:
        before.append(problem)
    after = common.last_words("You get this because somebody at the organization put you on the report's list.")
    letter = compose(
        mail, sender, now, subject, *_bodies(subject, before, "Open it in VictorySync", common.link, after)
    )
    for each in attached:
        kind, _, subkind = each.content_type.partition("/")
        letter.add_attachment(each.content, maintype=kind, subtype=subkind, filename=file_name(each, period))
    return letter


def write_notice(mail: Mail, sender: Address, now: datetime) -> EmailMessage:
    """Write the letter that tells a member of something.

    Raises:
        UnwritableLetter: the mail's details do not suffice.
        LetterRefused: the recipient's address is none.
    """
    try:
        common = _Common.read(mail.details)
        title = one_line(mail.details["title"], _LONGEST_TEXT)
        body = one_line(mail.details["body"], _LONGEST_TEXT)
        over = one_line(mail.details["over_since"]) if mail.details.get("over_since") else None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnwritableLetter(f"a notice cannot be written from its details: {error}") from None
    subject = f"{one_line(title)}: {common.organization}"
    before = ["Hello,", f"{title}.", body]
    if over:
        before.append(f"It has been over since {over}.")
    after = common.last_words("Which of these letters you get is up to you: see your preferences in VictorySync.")
    return compose(mail, sender, now, subject, *_bodies(subject, before, "See more", common.link, after))


def file_name(attachment: Attachment, period: str) -> str:
    """What a document is called outside: by its title and period, without what file systems do not like."""
    base = _NOT_IN_FILE_NAMES.sub(" ", f"{attachment.title} {period}")
    return f"{' '.join(base.split())}.{attachment.format}"


def _bodies(subject: str, before: list[str], label: str, link: str, after: list[str]) -> tuple[str, str]:
    text = "\n\n".join([*before, f"{label}:", link, *after]) + "\n"
    return text, page(subject, [*map(escape, before), *button(label, link), *map(escape, after)])
