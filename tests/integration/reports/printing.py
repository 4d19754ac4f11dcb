"""Workers that make documents, between a database and Storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from sync.documents import Printer, Shredder
from sync.documentstore import BUCKET
from sync.runtime import Runtime
from sync.sideline import Turn
from sync.storage import Storage
from sync.store import Store
from tests.integration.reports.office import Office
from tests.integration.sync.mails import Told
from tests.support.programs import Door


@dataclass
class Press:
    """What makes documents, on a clock that starts now and is moved by the test."""

    acme: Office
    door: Door
    told: Told = field(default_factory=Told)
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @contextmanager
    def worker(self, name: str = "worker", storage_url: str | None = None) -> Iterator[tuple[Printer, Shredder, Store]]:
        runtime = Runtime(self.now, sleep=lambda _: None, random=lambda: 1, is_stopping=lambda: False)
        with Store(self.acme.database.url("sync")) as store, httpx.Client(trust_env=False) as http:
            key = SecretStr(self.acme.database.keys.secret_key)
            storage = Storage(storage_url or f"{self.door.url}/storage/v1", key, http, BUCKET, "document")
            yield (
                Printer(name, storage, runtime, self.told),
                Shredder(name, storage, runtime, self.told, monotonic=lambda: self.now().timestamp()),
                store,
            )

    def make(self, name: str = "worker") -> int:
        """Let a worker make what is due; how many turns it took."""
        with self.worker(name) as (printer, _, store):
            turns = 0
            while printer.turn(store) is not Turn.NOTHING_TO_DO:
                turns += 1
            return turns

    def shred(self) -> int:
        """Let a worker remove what is left; how many turns it took."""
        with self.worker() as (_, shredder, store):
            turns = 0
            while shredder.turn(store) is not Turn.NOTHING_TO_DO:
                turns += 1
            return turns

    def file(self, document_id: UUID, reader: str | None = None, **headers: str) -> httpx.Response:
        """Fetch the file from Storage, as the service or as somebody of the organization."""
        keys = self.acme.database.keys
        if reader is None:
            with self.door.client({"apikey": keys.secret_key}) as client:
                return client.get(f"/storage/v1/object/{BUCKET}/{document_id}")
        return self.file_as(self.acme.users[reader], document_id, **headers)

    def file_as(self, user_id: UUID, document_id: UUID, **headers: str) -> httpx.Response:
        keys = self.acme.database.keys
        with self.door.as_user(user_id) as client:
            return client.get(
                f"/storage/v1/object/authenticated/{BUCKET}/{document_id}",
                headers={"apikey": keys.publishable_key, **headers},
            )

    def sign(self, user_id: UUID, document_id: UUID) -> httpx.Response:
        headers = {"apikey": self.acme.database.keys.publishable_key}
        with self.door.as_user(user_id) as client:
            path = f"/storage/v1/object/sign/{BUCKET}/{document_id}"
            return client.post(path, json={"expiresIn": 60}, headers=headers)

    def as_user(self, role: str, statement: str, *arguments: Any) -> Any:
        """What a statement answers somebody of the organization."""
        with self.acme.database.connect() as connection, connection.transaction():
            connection.execute("select tests.act_as(%s)", [self.acme.users[role]])
            row = connection.execute(statement, arguments).fetchone()
        return None if row is None else row[0]
