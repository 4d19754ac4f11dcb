"""What Acme's people have made of their calls, for the examples of docs/api.md: documents, schedules, alert rules."""

import hashlib
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg
from psycopg.types.json import Jsonb

from tests.support.programs import Door

MISSED: Final = "+12125550188"
TITLE: Final = "Somebody waits for 121 s"
CSV: Final = b"day,offered\r\n2025-03-03,3\r\n"


class Papers:
    """Puts them there; all of them are Ann's."""

    def __init__(self, connection: psycopg.Connection[Any], *, org_id: UUID, owner: UUID, line_id: UUID) -> None:
        self._connection = connection
        self._given = {"org": org_id, "owner": owner, "line": line_id}

    def all(self) -> dict[str, str]:
        """Put all of it there, and return what variables stand for."""
        schedule = self._one(
            "insert into public.report_schedules (org_id, owner_id, name, report, frequency, weekday, recipients)"
            " values (%(org)s, %(owner)s, 'Every Monday', 'days', 'weekly', 1, '{boss@example.com}') returning id"
        )
        rule = self._one(
            "insert into public.alert_rules (org_id, owner_id, name, kind, threshold)"
            " values (%(org)s, %(owner)s, 'Long waits', 'longest_wait', 120) returning id"
        )
        alert = self._one(
            "insert into public.alerts (org_id, rule_id, kind, raised_at, value, worst_value, threshold, title)"
            " values (%(org)s, %(rule)s, 'longest_wait', '2025-03-03 09:02Z', 121, 150, 120, %(title)s) returning id",
            rule=rule,
            title=TITLE,
        )
        notification = self._one(
            "insert into public.notifications (user_id, org_id, kind, title, body, link, alert_id)"
            " values (%(owner)s, %(org)s, 'wait_long', %(title)s, 'The limit is 120 s.', %(link)s,"
            " %(alert)s) returning id",
            alert=alert,
            title=TITLE,
            link=f"/alerts?alert={alert}",
        )
        document = self._document()
        self._run(
            "with run as (insert into public.report_runs"
            " (org_id, owner_id, name, is_manual, recipients, document_ids, state, sent_at)"
            " values (%(org)s, %(owner)s, 'Days', true, '{boss@example.com}', array[%(document)s::uuid], 'sent', now())"
            " returning id)"
            " insert into public.report_deliveries (run_id, org_id, recipient, state, sent_at)"
            " select id, %(org)s, 'boss@example.com', 'sent', now() from run",
            document=document,
        )
        self._run(
            "insert into public.payments (org_id, paid_at, amount_cents, reference)"
            " values (%(org)s, '2025-03-03 12:00Z', 9900, 'INV-7'), (%(org)s, '2025-04-01 12:00Z', 9900, 'INV-8')"
        )
        self._run(
            "insert into public.saved_views (user_id, org_id, page, name, filters)"
            " values (%(owner)s, %(org)s, 'calls', 'Missed', '{\"outcome\": \"missed\"}')"
        )
        return {
            "DOCUMENT_ID": document,
            "SCHEDULE_ID": schedule,
            "RULE_ID": rule,
            "NOTIFICATION_ID": notification,
            "PAYMENT_ID": self._one("select id from public.payments where org_id = %(org)s and reference = 'INV-7'"),
            "VIEW_ID": self._one("select id from public.saved_views where org_id = %(org)s"),
        }

    def missed_call(self) -> str:
        """Let somebody be missed an hour ago, and return their number."""
        call = self._one("select tests.call(%(line)s, now() - interval '1 hour', 'missed')")
        self._run("update public.calls set external_number = %(number)s where id = %(call)s", number=MISSED, call=call)
        return MISSED

    def live_call(self) -> str:
        """Let somebody talk on the line, and return the line's id."""
        call = self._one("select tests.call(%(line)s, now() - interval '1 minute')")
        self._run("update public.calls set outcome = null, answered_at = started_at where id = %(call)s", call=call)
        return str(self._given["line"])

    def _document(self) -> str:
        document = self._one(
            "insert into public.documents"
            " (org_id, owner_id, report, format, parameters, state, title, size_bytes, sha256, stored_at)"
            " values (%(org)s, %(owner)s, 'days', 'csv', %(asked)s, 'stored', 'Days', %(size)s, %(hash)s, now())"
            " returning id",
            asked=Jsonb({"from": "2025-03-03T00:00:00Z", "to": "2025-03-04T00:00:00Z"}),
            size=len(CSV),
            hash=hashlib.sha256(CSV).digest(),
        )
        self._run("insert into private.document_files (document_id, has_object) values (%(id)s, true)", id=document)
        return document

    def _one(self, query: str, **arguments: Any) -> str:
        row = self._connection.execute(query.encode(), {**self._given, **arguments}).fetchone()
        assert row is not None
        return str(row[0])

    def _run(self, query: str, **arguments: Any) -> None:
        self._connection.execute(query.encode(), {**self._given, **arguments})


def store_document(gateway: Door, secret_key: str, document_id: str) -> None:
    """Upload a document's file, as the sync script does."""
    with gateway.client({"authorization": f"Bearer {secret_key}", "apikey": secret_key}) as client:
        answer: httpx.Response = client.post(
            f"/storage/v1/object/reports/{document_id}",
            content=CSV,
            headers={"content-type": "text/csv", "x-upsert": "true"},
        )
    answer.raise_for_status()
