"""What is told of text messages, from the rows alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.integration.metrics.breakdowns import between
from tests.integration.metrics.oracle import Figure, Question, Row, Tables

_OPENS_AGAIN: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Mail:
    """The messages there are, and who the members of organizations are."""

    messages: Sequence[Row]
    members: Sequence[Row]

    def senders(self, member_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
        """Organizations and users, of these members."""
        return {(each["org_id"], each["user_id"]) for each in self.members if each["id"] in member_ids}


def read_mail(connection: psycopg.Connection[Any]) -> Mail:
    """Read all messages."""
    with connection.cursor(row_factory=dict_row) as cursor:
        messages = cursor.execute(
            """select
              id, org_id, line_id, conversation_id, direction, state, provider_message_id is not null as is_theirs,
              sent_at, sent_by
            from public.messages"""
        ).fetchall()
        members = cursor.execute("select org_id, id, user_id from public.org_members").fetchall()
    return Mail(messages, members)


def left(message: Row) -> bool:
    """Whether a message of ours reached the provider: it was sent, delivered, or failed there."""
    if message["direction"] == "inbound":
        return False
    return message["state"] in ("sent", "delivered") or (message["state"] == "failed" and message["is_theirs"])


def figures(tables: Tables, mail: Mail, question: Question) -> Mapping[str, Figure]:
    """Each KPI of the messages of a range."""
    senders = None if question.member_ids is None else mail.senders(question.member_ids)
    asked = [
        each
        for each in mail.messages
        if question.begin <= each["sent_at"] < question.end
        and each["org_id"] in question.org_ids
        and (question.line_ids is None or each["line_id"] in question.line_ids)
        and (senders is None or (each["org_id"], each["sent_by"]) in senders)
        and (question.in_hours is None or _is_in_hours(tables, each) is question.in_hours)
    ]
    received = [each for each in asked if each["direction"] == "inbound"]
    sent = [each for each in asked if left(each)]
    delivered = [each for each in sent if each["state"] == "delivered"]
    settled = [each for each in sent if each["state"] in ("delivered", "failed")]

    opening = [each for each in received if _opens(mail, each)]
    waits = sorted(
        Fraction((at - each["sent_at"]) // timedelta(microseconds=1), 10**6)
        for each in opening
        if (at := _replied_at(mail, each))
    )
    return {
        "messages_received": Figure(len(received), 1, len(received), len(received)),
        "messages_sent": Figure(len(sent), 1, len(sent), len(sent)),
        "message_delivery_rate": Figure(len(delivered), len(sent), len(settled), len(sent)),
        "first_reply_median": Figure(between(waits, Fraction(1, 2)), 1, len(waits), len(opening)),
    }


def _is_in_hours(tables: Tables, message: Row) -> bool | None:
    return tables.is_in_hours({**message, "started_at": message["sent_at"]})


def _conversation(mail: Mail, message: Row) -> list[Row]:
    """What was said between the two, the message itself left out."""
    if message["conversation_id"] is None:
        return []
    return [
        each
        for each in mail.messages
        if each["conversation_id"] == message["conversation_id"] and each["id"] != message["id"]
    ]


def _opens(mail: Mail, message: Row) -> bool:
    """Whether it is the first, follows one of ours, or comes more than a day after the one before."""
    earlier = [
        each
        for each in _conversation(mail, message)
        if each["sent_at"] < message["sent_at"] and (each["direction"] == "inbound" or left(each))
    ]
    if not earlier:
        return True
    last = max(earlier, key=lambda each: each["sent_at"])
    return bool(last["direction"] == "outbound" or message["sent_at"] - last["sent_at"] > _OPENS_AGAIN)


def _replied_at(mail: Mail, message: Row) -> datetime | None:
    """When our next message after it was sent."""
    return min(
        (
            each["sent_at"]
            for each in _conversation(mail, message)
            if each["sent_at"] > message["sent_at"] and each["state"] in ("sent", "delivered")
        ),
        default=None,
    )
