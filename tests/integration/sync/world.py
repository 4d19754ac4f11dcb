"""MightyCall as the simulator plays it, the database, and workers between them, on one clock that the test sets."""

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from psycopg.rows import dict_row

from credentials import KeyRing, seal
from simulator.accounts import Account, AccountsFile, Agent, Number
from simulator.faults import Switch
from simulator.server import Simulator
from simulator.truth import truth
from sync.config import Config
from sync.jobs import Tools
from sync.jobstore import Applied, Job
from sync.runtime import Runtime
from sync.store import Store
from sync.worker import run_pass
from tools.scratch import Database

RESOURCES = ("phone_numbers", "team", "calls", "messages", "voicemails", "agent_status", "contacts")
"""Everything that is pulled, in the order in which one pass pulls it."""
START = datetime(2025, 6, 4, 20, tzinfo=UTC)
"""A working day's afternoon, long past: nothing here may depend on the machine's clock."""
HISTORY_DAYS = 4


class Clock:
    """The present, which stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the present."""
        return self.now

    def advance(self, **by: float) -> None:
        """Move on."""
        self.now += timedelta(**by)


@dataclass
class Log:
    """A reporter that remembers."""

    outcomes: list[tuple[str, str, str | None]] = field(default_factory=list)
    pages: list[Applied] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    on_page: Callable[[Job], None] = lambda _: None

    def started(self, job: Job) -> None: ...

    def advanced(self, job: Job, applied: Applied, share: float | None) -> None:
        assert share is None or 0 <= share <= 1
        self.pages.append(applied)
        self.on_page(job)

    def ended(self, job: Job, outcome: str, error: str | None = None) -> None:
        self.outcomes.append((job.resource, outcome, error))

    def says(self, event: str, **_: Any) -> None:
        self.events.append(event)

    def close(self) -> None: ...

    @property
    def errors(self) -> list[str]:
        return [error for _, _, error in self.outcomes if error]


def account(name: str = "acme", **changes: Any) -> Account:
    """An account with two numbers and two agents."""
    numbers = ("+12125550100", "+12125550101")
    known: dict[str, Any] = {
        "api_key": f"api-key-of-{name}",
        "user_key": f"user-key-of-{name}",
        "numbers": tuple(Number(id=place, e164=number, label=f"Line {place}") for place, number in enumerate(numbers)),
        "team": tuple(Agent(extension=f"10{place}", name=f"Agent {place}", numbers=numbers) for place in (1, 2)),
        "calls_per_day": 40,
    }
    return Account(**{**known, **changes})


@dataclass
class World:
    """Everything a test acts on."""

    database: Database
    simulator: Simulator
    clock: Clock
    keys: KeyRing
    pauses: list[float] = field(default_factory=list)
    is_stopping: bool = False

    def integrate(
        self, account: Account, org_id: UUID | None = None, resources: Collection[str] = ("phone_numbers", "calls")
    ) -> UUID:
        """Add an integration the way the operator does, its keys sealed; these resources are due at once."""
        integration_id = uuid4()
        organization = str(org_id) if org_id else "platform"
        sealed = {
            purpose: b64encode(
                seal(
                    value.encode(),
                    self.keys.current.public,
                    organization=organization,
                    integration_id=integration_id,
                    purpose=purpose,
                )
            ).decode()
            for purpose, value in {"api_key": account.api_key, "user_key": account.user_key}.items()
        }
        with self.database.connect() as connection:
            with connection.transaction():
                connection.execute("select tests.act_as(tests.platform_admin())")
                connection.execute(
                    "select public.create_integration(%s, %s, %s, 'signed', %s, %s, %s)",
                    [org_id, "MightyCall", account.kind, self.keys.current.key_id, json.dumps(sealed), integration_id],
                )
            connection.execute(
                "update private.sync_cursors"
                " set next_run_at = case when resource = any (%s) then %s else 'infinity' end"
                " where integration_id = %s",
                [list(resources), self.clock(), integration_id],
            )
        return integration_id

    def config(self, **changes: Any) -> Config:
        known: dict[str, Any] = {
            "database_url": self.database.url("sync"),
            "credentials_keys": self.keys,
            "call_center_url": f"{self.simulator.url}/call_center/v4",
            "classic_url": f"{self.simulator.url}/classic/v4",
            "http_timeout_seconds": 60,
        }
        return Config(**{**known, **changes})

    @contextmanager
    def worker(self, name: str = "worker", log: Log | None = None, **config: Any) -> Iterator[Tools]:
        """A worker with a connection of its own."""
        runtime = Runtime(
            now=self.clock,
            sleep=self.pauses.append,
            random=lambda: 0.5,
            is_stopping=lambda: self.is_stopping,
        )
        with Store(self.database.url("sync")) as store, httpx.Client(trust_env=False) as http:
            yield Tools(name, store, self.config(**config), http, runtime, log or Log())

    def run(self, **config: Any) -> Log:
        """One pass of one worker."""
        log = Log()
        with self.worker(log=log, **config) as tools:
            failures = run_pass(tools)
        assert failures == len([outcome for _, outcome, _ in log.outcomes if outcome == "failed"])
        return log

    def fault(self, name: str, path: str = "/calls", **options: Any) -> None:
        """Let something go wrong at the provider from now on."""
        self.simulator.faults.switch_on(Switch(fault=name, path=path, **options))

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Read or arrange as the database's owner."""
        with self.database.connect(row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: object) -> Any:
        """Read one value."""
        return next(iter(self.query(statement, *values)[0].values()))

    def watermark(self, integration_id: UUID, resource: str = "calls") -> datetime | None:
        """Through when a resource has been read."""
        found: datetime | None = self.value(
            "select watermark from private.sync_cursors where integration_id = %s and resource = %s",
            integration_id,
            resource,
        )
        return found

    def stated(self, integration_id: UUID) -> dict[str, Any]:
        """What the database holds of the provider's statements, by call."""
        rows = self.query(
            "select distinct on (provider_call_id) provider_call_id, payload from private.call_snapshots"
            " where integration_id = %s order by provider_call_id, observed_at desc",
            integration_id,
        )
        return {row["provider_call_id"]: row["payload"] for row in rows}

    def called(self, integration_id: UUID) -> dict[str, tuple[object, ...]]:
        """The rows of the calls, by the provider's id."""
        rows = self.query(
            "select provider_call_id, direction, business_number, external_number, started_at, duration_seconds,"
            " provider_status from public.calls where integration_id = %s",
            integration_id,
        )
        return {row["provider_call_id"]: tuple(row.values())[1:] for row in rows}

    def listed(self, account: Account) -> dict[str, Any]:
        """What the provider's history truly shows now, by call."""
        return {call["id"]: call["history"] for call in self.true_calls(account)}

    def truly_called(self, account: Account) -> dict[str, tuple[object, ...]]:
        """What the rows of the calls should be, by the provider's id."""
        return {
            call["id"]: (
                DIRECTIONS[call["direction"]],
                call["number"],
                call["outside"] and call["outside"]["phone"],
                datetime.fromisoformat(call["started_at"]),
                int(call["duration_seconds"]),
                call["status"],
            )
            for call in self.true_calls(account)
        }

    def true_calls(self, account: Account) -> list[dict[str, Any]]:
        known = truth(self.simulator.exchange, api_key=account.api_key)["accounts"][0]["calls"]
        return [call for call in known if call["history"]]

    def assert_whole(self, integration_id: UUID, account: Account) -> None:
        """The rows equal the truth, every call of it."""
        expected = self.truly_called(account)
        assert len(expected) > 50, "a history too thin to prove anything"
        assert self.called(integration_id) == expected
        assert self.stated(integration_id) == self.listed(account)


DIRECTIONS = {"Incoming": "inbound", "Outgoing": "outbound", "Callback": "callback", "Internal": "internal"}


@contextmanager
def world(database: Database, *accounts: Account, clock: Clock | None = None) -> Iterator[World]:
    """A running simulator of these accounts beside the database."""
    clock = clock or Clock()
    simulator = Simulator(AccountsFile(accounts=accounts), history_days=HISTORY_DAYS, clock=clock)
    simulator.start()
    try:
        world = World(database, simulator, clock, KeyRing.parse(database.keys.credentials_key))
        world.query(
            "update private.sync_resources set initial_history = %s where initial_history is not null",
            timedelta(days=HISTORY_DAYS + 1),
        )
        world.query(
            "delete from private.sync_lookbacks"
        )  # So that a pass reads the usual overlap, unless a test says so.
        yield world
    finally:
        simulator.close()


def instant(text: str) -> datetime:
    """Read an instant as the simulator writes it."""
    return datetime.fromisoformat(text)
