"""The week: two organizations, their accounts and people, what they do meanwhile, and how it is all set up."""

import hashlib
import json
import secrets
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from credentials import KeyRing, seal
from devstack.ports import Ports
from tests.chaos.plan import Plan
from tests.chaos.programs import Postgres, Program, Provider, until
from tests.integration.webhooks.process import Process as Door
from tests.integration.webhooks.world import World as DoorWorld
from tests.support import programs
from tests.support.people import People
from tools.scratch import Database, ScratchCluster

DAYS = 7
OPERATOR, BRANCH = "chaos-operator-api-key", "chaos-branch-api-key"
OPERATORS_NUMBERS = tuple(f"+1212555010{place}" for place in range(6))
BRANCH_NUMBERS = tuple(f"+1212555011{place}" for place in range(3))
FIRST_REQUESTS, SCARCE_REQUESTS, REQUESTS_A_DAY = 30, 150, 1000
"""What an account may ask for at first and in all while the week is told, and what its provider allows a day."""
FETCHED_ONE_IN = 48
"""Of so many recordings one is fetched: each is a file of its own in Storage."""
_SHARES = {OPERATOR: 0.6, BRANCH: 0.4}
_CALLS_A_WEEK = 6.1
"""Calls of a week for each call a day, well on the low side: weekends are quieter, and the traffic is drawn."""


@dataclass
class Side:
    """One account: what the provider calls it, and what we do."""

    api_key: str
    integration_id: UUID
    account_type: str
    path: str
    webhook: dict[str, str]


@dataclass
class Week:
    """Everything that takes part."""

    plan: Plan
    database: Database
    postgres: Postgres
    provider: Provider
    door_world: DoorWorld
    directory: Path
    people: People
    storage_url: str
    sides: list[Side]
    acme: UUID
    globex: UUID
    operator: UUID
    """A platform admin."""
    admins: dict[UUID, UUID]
    opened_at: datetime
    watches: list[Program] = field(default_factory=list)
    dead_workers: list[str] = field(default_factory=list)
    door: Door | None = None
    wishes: list["Wish"] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    """Calls that were corrected or deleted at the provider, each in one way."""

    @property
    def begins_at(self) -> datetime:
        return self.opened_at - timedelta(days=DAYS)

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Read or arrange as the database's owner, however often Postgres goes away meanwhile."""
        return self._again(lambda connection: _all(connection.execute(statement.encode(), values)))

    def act(self, user_id: UUID, statement: str, *values: object) -> list[dict[str, Any]]:
        """Do something as a user; what a lost connection leaves open is simply done again."""

        def act(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
            with connection.transaction():
                connection.execute("select tests.act_as(%s)", [user_id])
                return _all(connection.execute(statement.encode(), values))

        return self._again(act)

    def _again(self, work: Any) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 60
        while True:
            try:
                with self.database.connect(row_factory=dict_row) as connection:
                    found: list[dict[str, Any]] = work(connection)
                    return found
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def close_door(self) -> None:
        """End the webhook app without a word."""
        if self.door:
            self.door.kill()

    def open_door(self) -> None:
        """Start the webhook app, or start it again."""
        self.close_door()
        self.door = Door(
            self.door_world,
            self.directory / "webhooks.log",
            WEBHOOKS_WORKERS="2",
            NO_PROXY="127.0.0.1",
        )
        self.door.__enter__()

    def start_watch(self, place: int) -> None:
        """Start one of the sync workers, or start it again under another name."""
        watch = self.watches[place]
        watch.start(SYNC_WORKER_NAME=f"{watch.name}-{watch.generation}")

    def kill_watch(self, place: int) -> None:
        """End one of the sync workers without a word."""
        watch = self.watches[place]
        watch.kill()
        self.dead_workers.append(f"{watch.name}-{watch.generation - 1}/%")

    def let_time_pass(self) -> None:
        """What would be due in minutes or hours is due now, and the leases of those who were killed are over."""
        self.query("update private.provider_quota set probe_at = null where probe_at is not null")
        self.query(
            "update private.sync_cursors set next_run_at = now() where next_run_at > now() and next_run_at < 'infinity'"
        )
        self.query("update private.sync_lookback_runs set next_run_at = now() where next_run_at > now()")
        self.query("update public.sync_jobs set run_after = now() where state = 'queued' and run_after > now()")
        self.query("update private.outbox_requests set run_after = now() where state = 'queued' and run_after > now()")
        self.query(
            "update private.recording_sources set next_attempt_at = now()"
            " where next_attempt_at > now() and next_attempt_at < 'infinity'"
        )
        for table, lease in (
            ("public.sync_jobs", "2 minutes"),
            ("private.outbox_requests", "2 minutes"),
            ("private.recording_sources", "10 minutes"),
        ):
            # Of the living, whoever was cut off in the middle has let go too: nothing takes half a minute.
            self.query(
                f"update {table} set lease_until = now() - interval '1 second'"  # noqa: S608
                " where lease_until > now()"
                " and (worker like any (%s) or lease_until < now() + %s::interval - interval '30 seconds')",
                list(self.dead_workers),
                lease,
            )

    def allow_requests(self, count: int) -> None:
        """Let each account have so many requests today, and tomorrow should it begin meanwhile."""
        self.query(
            "insert into private.provider_quota (api_key_hash, day, quota)"
            " select k, (now() at time zone 'UTC')::date + d, %s from unnest(%s::bytea[]) k, generate_series(0, 1) d"
            " on conflict (api_key_hash, day) do update set quota = excluded.quota",
            count,
            [hashlib.sha256(side.api_key.encode()).digest() for side in self.sides],
        )

    def numbers(self) -> dict[str, UUID]:
        """The ids of the numbers of both accounts."""
        return {row["e164"]: row["id"] for row in self.query("select e164, id from public.phone_numbers")}

    def assign(self, e164: str, org_id: UUID, start: datetime | None = None, end: datetime | None = None) -> None:
        """Give a number to an organization, from now on or for a period."""
        number_id = self.numbers()[e164]
        try:
            self.act(
                self.operator,
                "select * from public.assign_phone_numbers(array[%s::uuid], %s, %s, %s)",
                number_id,
                org_id,
                start,
                end,
            )
        except psycopg.DatabaseError as error:
            # The connection was lost after the commit, and this was the second time.
            if error.diag.message_detail not in ("number_already_assigned", "period_taken"):
                raise

    def withdraw(self, e164: str) -> None:
        """Take a number back."""
        self.act(self.operator, "select public.withdraw_phone_numbers(array[%s::uuid])", self.numbers()[e164])


@dataclass(frozen=True)
class Wish:
    """What somebody asked for: a message or a call, each different from all others."""

    kind: str
    org_id: UUID
    line_number: str
    recipient: str
    body: str
    key: str


def _all(cursor: psycopg.Cursor[Any]) -> list[dict[str, Any]]:
    return cursor.fetchall() if cursor.description else []


def accounts_of(plan: Plan, webhooks: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The two accounts as the provider knows them."""
    described = []
    for api_key, kind, numbers, extensions in (
        (OPERATOR, "call_center", OPERATORS_NUMBERS, range(101, 131)),
        (BRANCH, "classic", BRANCH_NUMBERS, range(201, 216)),
    ):
        described.append(
            {
                "api_key": api_key,
                "user_key": f"user-key-of-{api_key}",
                "kind": kind,
                "numbers": [{"id": e164[-4:], "e164": e164, "label": f"Line {e164[-4:]}"} for e164 in numbers],
                "team": [
                    {"extension": str(extension), "name": f"Agent {extension}", "numbers": numbers}
                    for extension in extensions
                ],
                "calls_per_day": round(plan.calls * _SHARES[api_key] / _CALLS_A_WEEK),
                "messages_per_day": 150,
                "requests_per_day": REQUESTS_A_DAY,
                "refusal_status": 429 if kind == "call_center" else 403,
                "webhook": webhooks[api_key],
            }
        )
    return {"accounts": described, "history_lag_seconds": 1, "longest_recording_seconds": 1}


@contextmanager
def week(plan: Plan, cluster: ScratchCluster, database: Database, directory: Path) -> Iterator[Week]:
    """Set everything up; the programs run, and nothing has been told yet."""
    people = People(database)
    acme, globex = people.organization("Acme"), people.organization("Globex")
    operator = people.platform_admin()
    admins = {org_id: people.member(org_id, "org_admin") for org_id in (acme, globex)}
    door_world = DoorWorld(database)
    with ExitStack() as running:
        gateway = running.enter_context(programs.gateway(cluster, database))
        sides = [
            _integrate(database, door_world, operator, OPERATOR, "call_center", None),
            _integrate(database, door_world, operator, BRANCH, "classic", globex),
        ]
        provider = running.enter_context(
            Provider.running(
                directory,
                accounts_of(plan, {side.api_key: side.webhook for side in sides}),
                seed=plan.seed,
                history_days=DAYS,
            )
        )
        opened_at = datetime.fromisoformat(provider.ask("GET", "/truth", parts="numbers")["opened_at"])
        scene = Week(
            plan, database, Postgres(cluster.cluster), provider, door_world, directory, people,
            f"{gateway.url}/storage/v1", sides, acme, globex, operator, admins, opened_at,
        )  # fmt: skip
        _arrange(scene)
        for place in range(2):
            watch = _watch(scene, f"watch{place}", cluster.keys.secret_key)
            running.callback(watch.kill)
            scene.watches.append(watch)
        running.callback(scene.close_door)
        scene.open_door()
        for place in range(2):
            scene.start_watch(place)
        yield scene


def _integrate(
    database: Database, world: DoorWorld, operator: UUID, api_key: str, account_type: str, org_id: UUID | None
) -> Side:
    integration_id, secret, token = uuid4(), secrets.token_hex(16), secrets.token_urlsafe(32)
    mode = "token" if org_id else "signed"
    values = {"api_key": api_key, "user_key": f"user-key-of-{api_key}", "webhook_secret": secret}
    keys = KeyRing.parse(database.keys.credentials_key)
    sealed = {
        purpose: b64encode(
            seal(
                value.encode(),
                keys.current.public,
                organization=str(org_id) if org_id else "platform",
                integration_id=integration_id,
                purpose=purpose,
            )
        ).decode()
        for purpose, value in values.items()
    }
    with database.connect() as connection, connection.transaction():
        connection.execute("select tests.act_as(%s)", [operator])
        connection.execute(
            "select public.create_integration(%s, 'MightyCall', %s, 'signed', %s, %s, %s)",
            [org_id, account_type, keys.current.key_id, json.dumps(sealed), integration_id],
        )
    path = f"/webhooks/mightycall/{integration_id}"
    if mode == "token":
        path += f"/{token}"
        world.query("update public.integrations set webhook_mode = 'token' where id = %s", integration_id)
        world.query(
            "insert into private.webhook_tokens (token_hash, org_id, integration_id)"
            " select %s, org_id, id from public.integrations where id = %s",
            hashlib.sha256(token.encode()).digest(),
            integration_id,
        )
    world.port = world.port or Ports.free().webhooks_port
    webhook = {"url": f"http://127.0.0.1:{world.port}{path}", "mode": mode}
    return Side(api_key, integration_id, account_type, path, webhook | ({"secret": secret} if not org_id else {}))


def _arrange(scene: Week) -> None:
    """Shorten what only time would bring: how far a pass reads back, and which recordings are fetched."""
    scene.query("delete from private.sync_lookbacks")
    scene.query(
        "insert into private.sync_lookbacks (resource, depth, every)"
        " select r, interval '8 days', interval '1 hour' from unnest(array['calls', 'messages', 'voicemails']) r"
    )
    # Nobody waits for the audio of thousands of calls. The rest is only not due.
    scene.query(
        "create function tests.fetch_few() returns trigger language plpgsql as $$ begin"
        f" if ('x' || left(new.recording_id::text, 6))::bit(24)::int %% {FETCHED_ONE_IN} <> 0"
        " then new.next_attempt_at := 'infinity'; end if; return new; end $$"
    )
    scene.query(
        "create trigger tg_recording_sources__fetch_few before insert or update on private.recording_sources"
        " for each row execute function tests.fetch_few()"
    )
    scene.allow_requests(FIRST_REQUESTS if "requests" in scene.plan.evils else REQUESTS_A_DAY)
    for org_id, api_key, extensions in (
        (scene.acme, OPERATOR, ("101", "102", "103")),
        (scene.globex, OPERATOR, ("104", "105")),
        (scene.globex, BRANCH, ("201", "202")),
    ):
        for extension in extensions:
            scene.query(
                "insert into public.member_extensions (org_id, member_id, integration_id, extension)"
                " select m.org_id, m.id, %s, %s from public.org_members m where m.org_id = %s and m.user_id = %s",
                integration(scene.sides, api_key),
                extension,
                org_id,
                scene.people.member(org_id, "agent"),
            )


def integration(sides: Sequence[Side], api_key: str) -> UUID:
    """The integration of an account."""
    return next(side.integration_id for side in sides if side.api_key == api_key)


def _watch(scene: Week, name: str, secret_key: str) -> Program:
    return Program(
        scene.directory,
        name,
        "sync",
        "watch",
        SYNC_DATABASE_URL=scene.database.url("sync"),
        CREDENTIALS_KEYS=scene.database.keys.credentials_key,
        MIGHTYCALL_CALL_CENTER_URL=f"{scene.provider.url}/call_center/v4",
        MIGHTYCALL_CLASSIC_URL=f"{scene.provider.url}/classic/v4",
        SYNC_HTTP_TIMEOUT_SECONDS="4",
        SYNC_STORAGE_URL=scene.storage_url,
        SYNC_STORAGE_KEY=secret_key,
        SYNC_RECORDING_HOSTS=f"127.0.0.1:{scene.provider.port}",
    )


def wait_for_numbers(scene: Week) -> None:
    """The first pass of the workers brings the numbers."""
    wanted = {*OPERATORS_NUMBERS, *BRANCH_NUMBERS}
    until(lambda: scene.numbers().keys() >= wanted, "the numbers")
