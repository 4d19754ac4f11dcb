"""Messages and calls that people asked for, sent by real workers to a provider that may fail at any point."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from simulator.accounts import Account
from simulator.outgoing import Outside
from sync.errors import DatabaseAway
from sync.sender import MOST_ATTEMPTS, Sender
from sync.sideline import Turn
from sync.store import Store
from tests.integration.sync import world as worlds
from tests.integration.sync.mails import Told
from tests.integration.sync.processes import Process, until
from tests.integration.sync.world import Clock, World
from tests.support.people import People
from tools.scratch import Database

JANE, JOHN = "+12125550150", "+12125550151"
MESSAGES = {"call_center": "/contactcenter/messages/send", "classic": "/messages/send"}


@dataclass
class Office:
    """An organization with a line that somebody writes and calls from."""

    world: World
    account: Account
    org_id: UUID
    admin: UUID
    line_id: UUID
    told: Told = field(default_factory=Told)

    def write(self, *recipients: str, body: str = "Hello") -> None:
        """Ask for a message."""
        self._ask("send_message", [self.line_id, list(recipients or [JANE]), body])

    def call(self, recipient: str = JANE) -> None:
        """Ask for a call."""
        self._ask("place_call", [self.line_id, recipient])

    def _ask(self, function: str, arguments: list[Any]) -> None:
        with self.world.database.connect() as connection, connection.transaction():
            connection.execute("select tests.act_as(%s)", [self.admin])
            connection.execute(f"select public.{function}({', '.join(['%s'] * len(arguments))})".encode(), arguments)
        self.world.clock.now = max(self.world.clock(), datetime.now(UTC))

    @contextmanager
    def sender(self, name: str = "worker", **config: Any) -> Iterator[tuple[Sender, Store]]:
        limits = httpx.Limits(max_keepalive_connections=0)
        with self.world.worker(name) as tools, httpx.Client(trust_env=False, limits=limits) as http:
            config = {"http_timeout_seconds": 20.0, **config}
            yield Sender(name, self.world.config(**config), http, tools.runtime, self.told), tools.store

    def send(self, name: str = "worker", **config: Any) -> list[Turn]:
        """Let a worker send until nothing is due; what its turns came to."""
        turns: list[Turn] = []
        with self.sender(name, **config) as (sender, store):
            while (turn := sender.turn(store)) is not Turn.NOTHING_TO_DO:
                turns.append(turn)
        return turns

    def later(self, **by: float) -> list[Turn]:
        """Let time pass and a worker send."""
        self.world.clock.advance(**by)
        return self.send()

    def messages(self) -> list[tuple[str, str, str | None]]:
        """Who was written to, how that stands, and why."""
        rows = self.world.query(
            "select external_number, state, failure_reason from public.messages where direction = 'outbound'"
            " order by external_number"
        )
        return [tuple(row.values()) for row in rows]

    def message(self) -> tuple[str, str | None]:
        """How the only message stands, and why."""
        ((_, state, reason),) = self.messages()
        return state, reason

    def placed(self) -> dict[str, Any]:
        """The only call that was asked for."""
        (call,) = self.world.query("select state, reason, provider_call_id from public.placed_calls")
        return call

    @property
    def asked(self) -> list[Any]:
        """What reached the provider and was worth noting, in order."""
        return [each["asked"] for each in self.world.simulator.outgoing.asked(self.account.api_key)]


@contextmanager
def office(database: Database, account: Account) -> Iterator[Office]:
    with worlds.world(database, account, clock=Clock(datetime.now(UTC))) as world:
        people = People(database)
        org_id = people.organization("Northwind")
        integration_id = world.integrate(account, org_id, resources=["phone_numbers"])
        assert world.run().errors == []
        number = world.value(
            "select id from public.phone_numbers where integration_id = %s order by e164 limit 1", integration_id
        )
        lines = world.query("select id from public.lines where phone_number_id = %s and upper_inf(period)", number)
        line = lines[0]["id"] if lines else people.line(org_id, number)
        yield Office(world, account, org_id, people.member(org_id, "org_admin"), line)


@pytest.fixture(params=["call_center", "classic"])
def northwind(request: pytest.FixtureRequest, database: Database) -> Iterator[Office]:
    with office(database, worlds.account(kind=request.param, calls_per_day=0, messages_per_day=0)) as office_:
        yield office_


@pytest.fixture
def acme_office(database: Database) -> Iterator[Office]:
    with office(database, worlds.account(calls_per_day=0, messages_per_day=0)) as office_:
        yield office_


def test_each_recipient_is_written_to_once(northwind: Office) -> None:
    northwind.write(JANE, JOHN, body="Grüße 👋")
    assert [state for _, state, _ in northwind.messages()] == ["queued", "queued"]
    assert northwind.send() == [Turn.DONE, Turn.DONE]
    assert [state for _, state, _ in northwind.messages()] == ["sent", "sent"]
    expected = {"from": "+12125550100", "message": "Grüße 👋", "attachments": []}
    assert northwind.asked == [{**expected, "to": [JANE]}, {**expected, "to": [JOHN]}]
    known = northwind.world.query("select provider_message_id from public.messages order by external_number")
    if northwind.account.kind == "call_center":
        told = northwind.world.simulator.outgoing.asked(northwind.account.api_key)
        assert [row["provider_message_id"] for row in known] == [each["ids"][0] for each in told]
    assert northwind.told.names == ["request_sent", "request_sent"]


def test_every_request_is_counted(northwind: Office) -> None:
    northwind.write(JANE, JOHN)
    northwind.send()
    used = northwind.world.simulator.quota.used(northwind.account.api_key)
    assert northwind.world.value("select used from private.provider_quota") == used


def test_a_call_is_placed(northwind: Office) -> None:
    northwind.call()
    assert northwind.send() == [Turn.DONE]
    assert northwind.asked == [{"from": "+12125550100", "to": JANE}]
    assert northwind.placed()["state"] == "placed"
    if northwind.account.kind == "call_center":
        told = northwind.world.simulator.outgoing.asked(northwind.account.api_key)
        assert northwind.placed()["provider_call_id"] == told[0]["ids"][0]


def test_where_the_accounts_endpoint_is_not_the_other_one_is_asked(database: Database) -> None:
    with office(database, worlds.account(kind="classic", calls_per_day=0, messages_per_day=0)) as office_:
        office_.world.query("update public.integrations set account_type = 'call_center'")
        # One host for both, which knows what the account is.
        config = {"call_center_url": f"{office_.world.simulator.url}/v4"}
        office_.write(JANE, JOHN)
        with office_.sender(**config) as (sender, store):
            before = office_.world.simulator.quota.used(office_.account.api_key)
            assert sender.turn(store) is sender.turn(store) is Turn.DONE
            assert sender.turn(store) is Turn.NOTHING_TO_DO
        assert [state for _, state, _ in office_.messages()] == ["sent", "sent"]
        assert len(office_.asked) == 2
        # The second time it knows.
        assert office_.world.simulator.quota.used(office_.account.api_key) - before == 3


@pytest.mark.parametrize("fault", ["silence", "late_answer"])
def test_a_request_without_an_answer_is_not_made_again(northwind: Office, fault: str) -> None:
    northwind.world.fault(fault, path=MESSAGES[northwind.account.kind], seconds=10)
    northwind.write()
    assert northwind.send(http_timeout_seconds=2.0) == [Turn.FAILED]
    assert northwind.message() == ("unconfirmed", "MightyCall's answer did not come in time")
    northwind.world.simulator.faults.clear()
    assert northwind.later(hours=12) == []
    assert len(northwind.asked) == (1 if fault == "late_answer" else 0)
    assert northwind.message()[0] == "unconfirmed"


@pytest.mark.parametrize("fault", ["server_error", "garbage", "truncated_page"])
def test_an_answer_that_says_nothing_certain_is_not_asked_for_again(acme_office: Office, fault: str) -> None:
    options = {"how": "cut_body"} if fault == "truncated_page" else {}
    acme_office.world.fault(fault, path=MESSAGES["call_center"], **options)
    acme_office.write()
    assert acme_office.send() == [Turn.FAILED]
    assert acme_office.message()[0] == "unconfirmed"
    acme_office.world.simulator.faults.clear()
    assert acme_office.later(hours=12) == []
    assert len(acme_office.asked) == (1 if fault == "truncated_page" else 0)


def test_what_cannot_have_left_is_tried_again_and_given_up_at_last(acme_office: Office) -> None:
    acme_office.write()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = {"call_center_url": f"http://127.0.0.1:{taken.getsockname()[1]}/v4"}
        assert acme_office.send(**nowhere) == [Turn.FAILED]
        state, _ = acme_office.message()
        assert state == "queued"
        assert acme_office.send() == []
        acme_office.world.clock.advance(seconds=10)
        assert acme_office.send() == [Turn.DONE]
        assert acme_office.message() == ("sent", None)

        acme_office.write(JOHN)
        for _ in range(MOST_ATTEMPTS):
            acme_office.world.clock.advance(minutes=5)
            acme_office.send(**nowhere)
        (_, state, reason) = acme_office.messages()[-1]
        assert state == "failed"
        assert reason
        assert "nothing was sent" in reason
    assert len(acme_office.asked) == 1


def test_a_connection_that_fails_after_the_token_was_had_is_tried_again(acme_office: Office) -> None:
    acme_office.write(JANE)
    acme_office.send()
    acme_office.write(JOHN)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v4"
        # The token is still good: the POST is the first to find nobody there, after it was begun.
        assert acme_office.send(call_center_url=url) == [Turn.FAILED]
    assert acme_office.messages()[-1][1] == "queued"
    assert acme_office.later(seconds=10) == [Turn.DONE]
    assert [state for _, state, _ in acme_office.messages()] == ["sent", "sent"]
    assert len(acme_office.asked) == 2


@pytest.mark.parametrize("status", [429, 403])
def test_a_quota_that_is_used_up_is_waited_for(acme_office: Office, status: int) -> None:
    acme_office.world.fault("quota", path=MESSAGES["call_center"], status=status, times=1)
    acme_office.write()
    assert acme_office.send() == [Turn.FAILED]
    assert acme_office.message()[0] == "queued"
    assert acme_office.later(minutes=30) == []
    midnight = acme_office.world.clock().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    acme_office.world.clock.now = max(
        acme_office.world.clock() + timedelta(minutes=32), midnight + timedelta(minutes=2)
    )
    assert acme_office.send() == [Turn.DONE]
    assert acme_office.message() == ("sent", None)
    assert len(acme_office.asked) == 1


def test_our_own_count_is_kept(acme_office: Office) -> None:
    acme_office.world.query("update private.provider_quota set quota = used")
    acme_office.write()
    used = acme_office.world.simulator.quota.used(acme_office.account.api_key)
    assert acme_office.send() == [Turn.FAILED]
    assert acme_office.message()[0] == "queued"
    assert acme_office.world.simulator.quota.used(acme_office.account.api_key) == used


def test_a_token_that_is_refused_is_replaced_and_the_request_made_once(northwind: Office) -> None:
    northwind.world.fault("expired_token", path=MESSAGES[northwind.account.kind], times=1)
    northwind.write()
    assert northwind.send() == [Turn.DONE]
    assert northwind.message() == ("sent", None)
    assert len(northwind.asked) == 1


def test_a_token_that_is_refused_again_fails_readably(acme_office: Office) -> None:
    acme_office.world.fault("expired_token", path=MESSAGES["call_center"])
    acme_office.write()
    acme_office.send()
    assert acme_office.message() == ("failed", "Authorization has been denied for this request.")


def test_a_refusal_is_told_in_the_providers_words(northwind: Office) -> None:
    northwind.world.simulator.outgoing.know(Outside(phone=JANE, sms="refused", failure="30006 Landline"))
    northwind.write()
    assert northwind.send() == [Turn.DONE]
    state, reason = northwind.message()
    assert state == "failed"
    assert reason
    assert "30006 Landline" in reason
    assert northwind.later(hours=12) == []
    # What is reported to the operator quotes nobody's number.
    assert all(JANE not in str(details) for _, details in northwind.told.events)


def test_keys_that_are_missing_fail_the_message_readably(acme_office: Office) -> None:
    acme_office.world.query("delete from private.integration_credentials where purpose = 'user_key'")
    acme_office.write()
    acme_office.send()
    state, reason = acme_office.message()
    assert state == "failed"
    assert reason == "the integration has no user_key; nothing was sent"


def test_what_is_not_wanted_any_more_is_not_sent(acme_office: Office) -> None:
    acme_office.write()
    acme_office.world.query("update public.conversations set opted_out_at = now()")
    acme_office.send()
    assert acme_office.message()[0] == "failed"
    assert acme_office.asked == []


def test_a_worker_that_dies_in_between_leaves_it_unconfirmed(acme_office: Office) -> None:
    acme_office.write(JANE, JOHN)
    with acme_office.world.worker("dying") as tools:
        request = tools.store.claim_request("dying", acme_office.world.clock())
        assert request
        assert tools.store.begin_request(request.request_id, "dying", acme_office.world.clock())
        # Another one was only claimed: nothing of it can have left.
        assert tools.store.claim_request("dying", acme_office.world.clock())
    assert acme_office.send() == []
    assert acme_office.later(minutes=3) == [Turn.DONE]
    states = {state: number for number, state, _ in acme_office.messages()}
    assert states.keys() == {"sent", "unconfirmed"}
    assert [each["to"] for each in acme_office.asked] == [[states["sent"]]]


class Breaking(Store):
    """A connection that breaks once, just after the database has done what it was asked to."""

    breaks_at = ""

    def begin_request(self, request_id: UUID, worker: str, now: datetime) -> bool:
        has_begun = super().begin_request(request_id, worker, now)
        self._break("begin")
        return has_begun

    def finish_request(self, *arguments: Any, **options: Any) -> bool:
        self._break("finish")
        return super().finish_request(*arguments, **options)

    def _break(self, where: str) -> None:
        if self.breaks_at == where:
            self.breaks_at = ""
            self.close()
            raise DatabaseAway("the connection to the database broke")


def test_a_connection_that_breaks_when_it_was_begun_leaves_it_to_be_sent(acme_office: Office) -> None:
    acme_office.write()
    with acme_office.sender() as (sender, _), Breaking(acme_office.world.database.url("sync")) as store:
        store.breaks_at = "begin"
        with pytest.raises(DatabaseAway):
            sender.turn(store)
        assert acme_office.message()[0] == "queued"
        assert sender.turn(store) is Turn.DONE
    assert acme_office.message() == ("sent", None)
    assert len(acme_office.asked) == 1


def test_a_connection_that_breaks_when_it_was_sent_forgets_nothing(acme_office: Office) -> None:
    acme_office.write()
    with acme_office.sender() as (sender, _), Breaking(acme_office.world.database.url("sync")) as store:
        store.breaks_at = "finish"
        assert sender.turn(store) is Turn.DONE
    assert acme_office.message() == ("sent", None)


def test_being_asked_to_end_leaves_nothing_half_done(acme_office: Office) -> None:
    acme_office.write()
    acme_office.world.is_stopping = True
    assert acme_office.send() == []
    acme_office.world.is_stopping = False
    assert acme_office.send() == [Turn.DONE]


def test_several_workers_send_each_message_once(acme_office: Office) -> None:
    recipients = [f"+121255501{number}" for number in range(10, 40)]
    acme_office.write(*recipients)
    with ThreadPoolExecutor() as executor:
        turns = [turn for each in executor.map(acme_office.send, ["one", "two", "three"]) for turn in each]
    assert turns == [Turn.DONE] * 30
    assert sorted(each["to"][0] for each in acme_office.asked) == recipients
    assert {state for _, state, _ in acme_office.messages()} == {"sent"}


def test_a_call_that_waits_for_too_long_does_not_ring(acme_office: Office) -> None:
    acme_office.call()
    assert acme_office.later(minutes=3) == []
    assert acme_office.placed()["state"] == "failed"
    assert acme_office.asked == []


@pytest.fixture
def program(acme_office: Office, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """`python -m sync …`, ended with the test."""
    running: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        running.append(Process(acme_office.world, tmp_path, *arguments, **environment))
        return running[-1]

    yield start
    for process in running:
        process.__exit__()


def test_watch_sends_within_a_second_or_so(acme_office: Office, program: Callable[..., Process]) -> None:
    watching = program("watch")
    until(lambda: watching.said("listening"), "the watch to listen")
    acme_office.write(JANE)
    until(lambda: acme_office.message()[0] == "sent", "the first message")
    delays = []
    for number in range(5):
        begin = time.monotonic()
        acme_office.call(f"+1212555017{number}")
        until(lambda: len(acme_office.asked) == number + 2, "the call")  # noqa: B023
        delays.append(time.monotonic() - begin)
    # A busy machine delays some of them, but hardly all.
    assert min(delays) < 2, delays


def test_a_worker_that_is_killed_while_it_sends_sends_nothing_twice(
    acme_office: Office, program: Callable[..., Process]
) -> None:
    acme_office.world.fault("late_answer", path=MESSAGES["call_center"], seconds=30)
    watching = program("watch")
    acme_office.write()
    until(lambda: acme_office.asked, "the request")
    watching.signal(signal.SIGKILL)
    watching.wait()
    acme_office.world.simulator.faults.clear()
    acme_office.world.clock.now = datetime.now(UTC)
    assert acme_office.later(minutes=3) == []
    assert acme_office.message() == (
        "unconfirmed",
        "The program stopped while it was asking MightyCall. It is not tried again.",
    )
    assert len(acme_office.asked) == 1


def test_run_sends_what_is_due(acme_office: Office, program: Callable[..., Process]) -> None:
    acme_office.write(JANE, JOHN)
    run = program("run")
    assert run.wait() == 0
    assert len(run.said("request_sent")) == 2
    assert {state for _, state, _ in acme_office.messages()} == {"sent"}
