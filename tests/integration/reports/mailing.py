"""Schedules, and the letters that come of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

import httpx
from pydantic import SecretStr

from sync.attachments import Attachments
from sync.post import Postman
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.store import Store
from tests.integration.reports.printing import Press
from tests.integration.sync.mails import SENDER, Told, through
from tests.unit.sync.mailserver import MailServer, Received

APP = "https://app.example"


@dataclass
class Mailroom:
    """A press, and a postman who brings what it makes."""

    press: Press
    server: MailServer
    told: Told = field(default_factory=Told)
    largest_bytes: int = 15 * 2**20

    def schedule(self, owner: str = "manager", **said: Any) -> UUID:
        """Make a daily schedule as somebody, due at once; returns its id.

        Its last run was at midnight, so that its period is yesterday at whatever time of the day.
        """
        row: dict[str, Any] = {
            "org_id": self.press.acme.org_id,
            "name": "Yesterday",
            "report": "days",
            "frequency": "daily",
            "local_time": "00:00",
            "formats": ["pdf", "csv"],
            "recipients": ["ann@example.com", "bob@example.com"],
        } | said
        made: UUID = self.press.as_user(owner, *_insert("report_schedules", row))
        self.due()
        return made

    def due(self, ago: timedelta = timedelta(minutes=1)) -> None:
        """Let every schedule have been due so long."""
        self.query("update public.report_schedules set next_run_at = %s where enabled", self.press.now() - ago)

    def rule(self, owner: str, **said: Any) -> UUID:
        """Make an alert rule as somebody; returns its id."""
        made: UUID = self.press.as_user(
            owner, *_insert("alert_rules", {"org_id": self.press.acme.org_id, "name": "Rule"} | said)
        )
        return made

    def start(self, now: datetime | None = None) -> int:
        """Let a worker begin what is due."""
        with self.store() as store:
            return store.start_due_reports(now or self.press.now(), 100)

    def look(self, now: datetime | None = None) -> int:
        """Let a worker look at the alert rules."""
        with self.store() as store:
            return store.evaluate_alerts(now or self.press.now(), 100)

    @contextmanager
    def store(self) -> Iterator[Store]:
        with Store(self.press.acme.database.url("sync")) as store:
            yield store

    def deliver(self, storage_url: str | None = None) -> list[Turn]:
        """Let a postman work until nothing is due."""
        runtime = Runtime(self.press.now, sleep=lambda _: None, random=lambda: 1, is_stopping=lambda: False)
        key = SecretStr(self.press.acme.database.keys.secret_key)
        with httpx.Client(trust_env=False) as http, self.store() as store:
            url = storage_url or f"{self.press.door.url}/storage/v1"
            attachments = Attachments(url, key, http, self.largest_bytes)
            postman = Postman("worker", through(self.server), SENDER, runtime, self.told, attachments)
            turns: list[Turn] = []
            while (turn := postman.turn(store)) is not Turn.NOTHING_TO_DO:
                turns.append(turn)
        return turns

    def all_of_it(self) -> list[Turn]:
        """Begin, make and bring what is due."""
        self.start()
        self.press.make()
        return self.deliver()

    def query(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        return self.press.acme.query(statement, *arguments)

    def run(self) -> dict[str, Any]:
        """The only run that there is."""
        (run,) = self.query("select * from public.report_runs")
        return run

    def letter(self, recipient: str) -> Received:
        """The only letter to somebody."""
        (letter,) = [each for each in self.server.letters if each.recipients == [recipient]]
        return letter


def attached(letter: EmailMessage) -> dict[str, bytes]:
    """What goes with a letter, by its file name."""
    return {str(part.get_filename()): cast(bytes, part.get_payload(decode=True)) for part in letter.iter_attachments()}


def _insert(table: str, row: dict[str, Any]) -> tuple[str, str]:
    columns = ", ".join(row)
    return (
        f"insert into public.{table} ({columns})"  # noqa: S608
        f" select {columns} from jsonb_populate_record(null::public.{table}, %s) returning id",
        json.dumps(row, default=str),
    )
