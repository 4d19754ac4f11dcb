"""Messages at the same moment: each is one row, whoever tells of it, and none is sent twice, whoever sends."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from tests.integration.database.doors import apply_page, start_job
from tests.integration.database.races import Act, Caller, Stage, interleaved, programs, race
from tools.scratch import Database, ScratchCluster

SEND = "select jsonb_agg(to_jsonb(s)) from public.send_message(%s, %s, %s, %s) s"
CALL = "select placed_call_id from public.place_call(%s, %s, %s)"
CLAIM = "select request_id, to_number from private.claim_outbox_request(%s, %s)"
BEGIN = "select private.begin_outbox_request(%s, %s, %s)"
FINISH = "select private.finish_outbox_request(%s, %s, %s, %s, %s, %s, %s)"
INGEST = "select array_agg(status) from private.ingest_webhook_events(%s::jsonb[])"
MOVE = "select array_agg(line_id) from public.assign_phone_numbers(%s, %s)"
TAKE = "update public.conversations set read_through = %s where id = %s"

TURNS = 15


@dataclass(frozen=True)
class Office:
    """An organization with a line of its own, and people who write from it."""

    stage: Stage
    org_id: UUID
    account: UUID
    line: UUID
    job: UUID
    e164: str
    users: list[UUID]
    people: list[Caller]
    _recipients: "count[int]" = field(default_factory=lambda: count(0))

    def recipient(self) -> str:
        """Return a number outside that no other story uses."""
        turn = next(self._recipients)
        return f"+1{300 + turn // 100}55501{turn % 100:02}"

    def sends(self, person: Caller, *recipients: str, body: str = "Hello", key: str | None = None) -> Act:
        return person.act(SEND, self.line, list(recipients), body, key)

    def journal(self, *items: dict[str, Any]) -> list[str]:
        """Return a page of the provider's journal."""
        return [
            json.dumps({"type": "Message", "businessNumber": {"number": self.e164}, "text": "Hello", **item})
            for item in items
        ]

    def reads(self, worker: Caller, page: list[str], observed_at: datetime | None = None) -> Callable[[], None]:
        return partial(apply_page, worker.connection, self.job, observed_at or datetime.now(UTC), page)

    def told(self, door: Caller, *events: tuple[str, str, dict[str, Any]]) -> Act:
        """Prepare a batch of deliveries: type, message, body."""
        now = datetime.now(UTC).isoformat()
        bodies = [
            json.dumps(
                {"EventType": kind, "Guid": f"{kind} {message}", "Timestamp": now, "Body": {"Id": message, **body}}
            )
            for kind, message, body in events
        ]
        return door.act(
            INGEST,
            [json.dumps({"integration_id": str(self.account), "body": body, "received_at": now}) for body in bodies],
        )

    def rows(self, recipient: str) -> list[tuple[str, str, str]]:
        """Return the messages with a number outside: text, direction, state."""
        query = """select body, direction, state from public.messages
        where external_number = %s order by sent_at, body, direction"""
        return self.stage.owner.execute(query.encode(), [recipient]).fetchall()

    def forget_requests(self) -> None:
        """Let nothing of earlier stories wait to be sent."""
        self.stage.owner.execute("delete from private.outbox_requests where state <> 'done'")


@pytest.fixture(scope="module")
def office(cluster: ScratchCluster, migrated: Database) -> Iterator[Office]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=4) as stage:
        org, account = stage.make("organization", "Acme"), stage.make("integration")
        e164 = "+12125550101"
        number = stage.make("phone_number", account, e164)
        line = stage.make("line", org, number)
        users = [stage.make("member", org, "agent", [line]) for _ in stage.callers]
        job = start_job(database, account, "messages")
        yield Office(stage, org, account, line, job, e164, users, stage.signed_in(*users))


@pytest.fixture(scope="module")
def workers(office: Office) -> Iterator[list[Caller]]:
    with programs(office.stage.database, "sync", 4) as callers:
        yield callers


@pytest.fixture(scope="module")
def doors(office: Office) -> Iterator[list[Caller]]:
    with programs(office.stage.database, "webhooks", 2) as callers:
        yield callers


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_one_request_goes_to_one_worker(office: Office, workers: list[Caller]) -> None:
    office.forget_requests()
    recipients = [office.recipient() for _ in range(60)]
    office.sends(office.people[0], *recipients)()

    def work(worker: Caller, name: str) -> list[str]:
        asked = []
        while claimed := worker.does(CLAIM, name, datetime.now(UTC)):
            ((request, recipient),) = claimed
            if worker.does(BEGIN, request, name, datetime.now(UTC)):
                asked.append(recipient)
                assert worker.does(FINISH, request, name, "sent", f"id {recipient}", None, None, datetime.now(UTC))
        return asked

    came = race(*(partial(work, worker, f"worker {n}") for n, worker in enumerate(workers)))
    assert Counter(recipient for asked in came for recipient in asked) == Counter(recipients)
    assert {state for recipient in recipients for _, _, state in office.rows(recipient)} == {"sent"}


def test_a_lease_that_runs_out_as_the_worker_begins(office: Office, workers: list[Caller]) -> None:
    first, second = workers[:2]
    for turn in range(TURNS):
        office.forget_requests()
        recipient = office.recipient()
        office.sends(office.people[0], recipient)()
        ((request, _),) = first.does(CLAIM, "first", datetime.now(UTC))
        over = later(120 if turn % 2 else 119)
        begun, claimed = race(first.act(BEGIN, request, "first", over), second.act(CLAIM, "second", later(121)))
        again = bool(claimed) and second.does(BEGIN, request, "second", later(121))
        assert [begun, again].count(True) <= 1
        assert begun or again or office.rows(recipient)[0][2] == "queued"


def test_begun_and_taken_over_each_order(office: Office, workers: list[Caller]) -> None:
    first, second = workers[:2]
    for begins_first in (True, False):
        office.forget_requests()
        recipient = office.recipient()
        office.sends(office.people[0], recipient)()
        ((request, _),) = first.does(CLAIM, "first", datetime.now(UTC))
        begin, claim = first.act(BEGIN, request, "first", later(119)), second.act(CLAIM, "second", later(121))
        if begins_first:
            came = interleaved(begin, claim)
            assert (came.first, came.second) == (True, [])
        else:
            came = interleaved(claim, begin)
            assert (came.first, came.second) == ([(request, recipient)], False)


def test_ended_by_its_worker_and_given_up_at_the_same_moment(office: Office, workers: list[Caller]) -> None:
    first, second = workers[:2]
    for _ in range(TURNS):
        office.forget_requests()
        recipient = office.recipient()
        office.sends(office.people[0], recipient)()
        ((request, _),) = first.does(CLAIM, "first", datetime.now(UTC))
        assert first.does(BEGIN, request, "first", datetime.now(UTC))
        finished, claimed = race(
            first.act(FINISH, request, "first", "sent", f"id {recipient}", None, None, later(121)),
            second.act(CLAIM, "second", later(121)),
        )
        assert (finished, claimed) == (True, [])
        assert office.rows(recipient) == [("Hello", "outbound", "sent")]


def test_the_same_key_at_the_same_moment(office: Office) -> None:
    # One person, over several connections.
    twins = [caller.signed_in(office.users[0]) for caller in office.stage.callers]
    try:
        for turn in range(TURNS):
            recipients = [office.recipient() for _ in range(3)]
            answers = race(*(office.sends(twin, *recipients, key=f"key {turn}") for twin in twins))
            assert [sent["state"] for sent in answers[0]] == ["queued"] * 3
            assert answers[1:] == answers[:-1]
            assert [len(office.rows(recipient)) for recipient in recipients] == [1, 1, 1]
        placed = race(*(twin.act(CALL, office.line, recipients[0], "call") for twin in twins))
        assert len(set(placed)) == 1
    finally:
        office.stage.signed_in(*office.users)


def test_a_key_whose_first_request_fails_is_free(office: Office) -> None:
    first, second = (caller.signed_in(office.users[0]) for caller in office.stage.callers[:2])
    recipient = office.recipient()
    first.connection.autocommit = False
    try:
        assert office.sends(first, recipient, key="failing")()[0]["state"] == "queued"
        first.connection.rollback()
    finally:
        first.connection.autocommit = True
    assert office.sends(second, recipient, key="failing")()[0]["state"] == "queued"
    assert len(office.rows(recipient)) == 1
    office.stage.signed_in(*office.users)


def test_pages_of_the_journal_at_the_same_moment(office: Office, workers: list[Caller]) -> None:
    for turn in range(TURNS):
        recipient, now = office.recipient(), datetime.now(UTC)
        said = [
            {
                "requestGuid": f"page {turn} {n}" if n % 3 else None,
                "created": (now + timedelta(seconds=n)).isoformat(),
                "origin": "Outbound" if n % 2 else "Inbound",
                "client": {"address": recipient},
                "text": f"Text {n}",
                "messageDeliveryStatus": "Sent",
            }
            for n in range(40)
        ]
        delivered = [{**item, "messageDeliveryStatus": "Delivered"} for item in said]
        came = race(
            office.reads(workers[0], office.journal(*said), now),
            office.reads(workers[1], office.journal(*reversed(said)), now),
            office.reads(workers[2], office.journal(*delivered[::2], *delivered[1::2]), now + timedelta(seconds=1)),
        )
        assert came == [None] * 3
        rows = office.rows(recipient)
        assert sorted(text for text, _, _ in rows) == sorted(f"Text {n}" for n in range(40))
        assert Counter(state for *_, state in rows) == {"received": 20, "delivered": 20}


def test_events_and_the_journal_at_the_same_moment(office: Office, workers: list[Caller], doors: list[Caller]) -> None:
    for turn in range(TURNS):
        recipient, now = office.recipient(), datetime.now(UTC).isoformat()
        inbound = {"From": recipient, "To": office.e164, "Text": "Hello"}
        outbound = {"From": office.e164, "To": recipient, "Text": "Hello"}
        # Every other time the two name it by different ids.
        other = "" if turn % 2 else "journal's "
        page = office.journal(
            {"requestGuid": f"{other}in {turn}", "created": now, "origin": "Inbound", "client": {"address": recipient}},
            {
                "requestGuid": f"{other}out {turn}",
                "created": now,
                "origin": "Outbound",
                "client": {"address": recipient},
                "messageDeliveryStatus": "Sent",
            },
        )
        first, second, read = race(
            office.told(doors[0], ("IncomingMessage", f"in {turn}", inbound), ("MessageSent", f"out {turn}", outbound)),
            office.told(
                doors[1], ("MessageDelivered", f"out {turn}", outbound), ("IncomingMessage", f"in {turn}", inbound)
            ),
            office.reads(workers[0], page),
        )
        assert (first, second, read) == (["applied"] * 2, ["applied"] * 2, None)
        assert sorted(office.rows(recipient)) == [("Hello", "inbound", "received"), ("Hello", "outbound", "delivered")]


def test_the_answer_its_events_and_the_journal_at_the_same_moment(
    office: Office, workers: list[Caller], doors: list[Caller]
) -> None:
    for turn in range(TURNS):
        office.forget_requests()
        recipient = office.recipient()
        office.sends(office.people[0], recipient)()
        ((request, _),) = workers[0].does(CLAIM, "worker", datetime.now(UTC))
        assert workers[0].does(BEGIN, request, "worker", datetime.now(UTC))
        outcome = ("sent", "unconfirmed", "retry")[turn % 3]
        page = office.journal(
            {
                "requestGuid": f"answer {turn}",
                "created": datetime.now(UTC).isoformat(),
                "origin": "Outbound",
                "client": {"address": recipient},
                "messageDeliveryStatus": "Delivered",
            }
        )
        outbound = {"From": office.e164, "To": recipient, "Text": "Hello"}
        finish = workers[0].act(
            FINISH, request, "worker", outcome, f"answer {turn}", "Timeout", later(3600), datetime.now(UTC)
        )
        finished, told, read = race(
            finish, office.told(doors[0], ("MessageSent", f"answer {turn}", outbound)), office.reads(workers[1], page)
        )
        assert (finished, told, read) == (True, ["applied"], None)
        ours = [(text, direction, state) for text, direction, state in office.rows(recipient) if state != "queued"]
        if outcome == "retry" and len(office.rows(recipient)) == 2:
            # It was put back before anybody told of it: what was told of is taken for somebody else's.
            assert ours == [("Hello", "outbound", "delivered")]
        else:
            assert office.rows(recipient) == [("Hello", "outbound", "delivered")]


def test_stop_and_a_message_that_begins_each_order(office: Office, workers: list[Caller], doors: list[Caller]) -> None:
    for stop_first in (True, False):
        office.forget_requests()
        recipient = office.recipient()
        office.sends(office.people[0], recipient)()
        ((request, _),) = workers[0].does(CLAIM, "worker", datetime.now(UTC))
        begin = workers[0].act(BEGIN, request, "worker", datetime.now(UTC))
        stop = office.told(
            doors[0],
            ("IncomingMessage", f"stop {stop_first}", {"From": recipient, "To": office.e164, "Text": "STOP"}),
        )
        if stop_first:
            came = interleaved(stop, begin)
            assert (came.first, came.waited, came.second) == (["applied"], True, False)
        else:
            came = interleaved(begin, stop)
            assert (came.first, came.second) == (True, ["applied"])
        state = {state for _, direction, state in office.rows(recipient) if direction == "outbound"}
        assert state == ({"failed"} if stop_first else {"sending"})
        sent = office.sends(office.people[1], recipient)()
        assert [(answer["state"], answer["recipient"]) for answer in sent] == [("failed", recipient)]


def test_what_is_read_while_a_message_comes_is_counted_right(
    office: Office, workers: list[Caller], doors: list[Caller]
) -> None:
    for turn in range(TURNS):
        recipient = office.recipient()
        inbound = {"From": recipient, "To": office.e164}
        office.told(doors[0], ("IncomingMessage", f"read {turn}", {**inbound, "Text": "One"}))()
        (conversation,) = office.stage.told("select id from public.conversations where external_number = %s", recipient)
        race(
            office.told(doors[0], ("IncomingMessage", f"new {turn}", {**inbound, "Text": "Two"})),
            office.told(doors[1], ("IncomingMessage", f"newer {turn}", {**inbound, "Text": "Three"})),
            office.people[0].act(TAKE, datetime.now(UTC), conversation),
            office.sends(office.people[1], recipient, body="Four"),
        )
        query = """select c.unread_count - count(m.id) filter (
            where m.direction = 'inbound' and (c.read_through is null or m.created_at > c.read_through)
        ) + count(m.id) - 4 from public.conversations c join public.messages m on m.conversation_id = c.id
        where c.id = %s group by c.id"""
        assert office.stage.told(query, conversation) == [0]


def test_many_who_write_and_are_written_to_get_in_nobodys_way(
    office: Office, workers: list[Caller], doors: list[Caller]
) -> None:
    for turn in range(TURNS):
        recipients = [office.recipient() for _ in range(12)]
        page = office.journal(
            *(
                {
                    "requestGuid": f"many {turn} {recipient}",
                    "created": datetime.now(UTC).isoformat(),
                    "origin": "Inbound",
                    "client": {"address": recipient},
                }
                for recipient in recipients
            )
        )
        events = [
            ("IncomingMessage", f"event {turn} {recipient}", {"From": recipient, "To": office.e164, "Text": "Hi"})
            for recipient in recipients
        ]
        came = race(
            office.sends(office.people[0], *recipients),
            office.sends(office.people[1], *reversed(recipients)),
            office.told(doors[0], *events),
            office.told(doors[1], *reversed(events)),
            office.reads(workers[0], page),
            office.reads(workers[1], page[::-1]),
        )
        assert [len(came[0]), len(came[1])] == [12, 12]
        assert came[2:] == [["applied"] * 12, ["applied"] * 12, None, None]
        assert {len(office.rows(recipient)) for recipient in recipients} == {4}


def test_a_number_that_moves_while_its_messages_come(
    office: Office, workers: list[Caller], doors: list[Caller]
) -> None:
    stage = office.stage
    globex = stage.make("organization", "Globex")
    with programs(stage.database, "authenticator", 1) as (operator,):
        operator.signed_in(stage.make("platform_admin"))
        for turn in range(TURNS):
            e164 = f"+1{400 + turn}5550100"
            number = stage.make("phone_number", office.account, e164)
            line = stage.make("line", office.org_id, number)
            recipient = office.recipient()
            (admin,) = (office.people[3].signed_in(stage.make("member", office.org_id, "org_admin")),)
            items = [
                {
                    "requestGuid": f"moving {turn} {n}",
                    "created": later(n - 10).isoformat(),
                    "origin": "Inbound",
                    "client": {"address": recipient},
                    "businessNumber": {"number": e164},
                }
                for n in range(20)
            ]
            moved, sent, told, read = race(
                operator.act(MOVE, [number], globex),
                admin.act(SEND, line, [recipient], "Hello", None),
                office.told(
                    doors[0], ("IncomingMessage", f"moving {turn}", {"From": recipient, "To": e164, "Text": "Hi"})
                ),
                office.reads(workers[0], office.journal(*items)),
            )
            assert len(moved) == 1
            assert sent in ("PT409 line_not_current", "PT404 line_not_found") or len(sent) == 1, sent
            assert (told, read) == (["applied"], None)
            misplaced = """select m.id from public.messages m
            cross join lateral private.line_at(m.integration_id, m.business_number, m.sent_at) l
            left join public.conversations c on c.id = m.conversation_id
            where m.business_number = %s and (
                case
                    when m.sent_by is null then (m.org_id, m.line_id) is distinct from (l.org_id, l.line_id)
                    else m.line_id <> %s
                end
                or (c.org_id, c.line_id) is distinct from (m.org_id, m.line_id)
            )"""
            assert stage.told(misplaced, e164, line) == []
    office.stage.signed_in(*office.users)
