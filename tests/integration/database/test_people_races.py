"""Voicemails, calls, contacts, the team and statuses that are written at the same moment never miss each other."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.integration.database.races import Act, Caller, Stage, interleaved, race
from tools.scratch import Database, ScratchCluster

ROUNDS = 10
NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def stage(cluster: ScratchCluster, migrated: Database) -> Iterator[Stage]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=1) as stage:
        yield stage


@pytest.fixture(scope="module")
def writers(stage: Stage) -> Iterator[list[Caller]]:
    """Four connections that apply what workers read and the door receives."""
    with ExitStack() as stack:
        yield [Caller(stack.enter_context(stage.database.connect())) for _ in range(4)]


@dataclass(frozen=True)
class Account:
    """A platform-wide account with one number, which Acme has had since 2020."""

    id: UUID
    org: UUID
    number: UUID

    @classmethod
    def opened(cls, stage: Stage) -> "Account":
        account, org = stage.make("integration"), stage.make("organization")
        number = stage.make("phone_number", account, "+12125550101")
        stage.owner.execute("select tests.line(%s, %s)", [org, number])
        return cls(account, org, number)


def page(writer: Caller, resource: str, account: UUID, items: list[Any], at: datetime = NINE) -> Act:
    """A page that a worker applies; the resource names the applier."""
    query = "select array[new_items, changed_items, unchanged_items] from private.apply_{}(%s, %s::jsonb[], %s)"
    return writer.act(query.format(resource), account, [Jsonb(item) for item in items], at)


def call(minute: float, **more: Any) -> dict[str, Any]:
    start = (NINE + timedelta(minutes=minute)).isoformat()
    listed = {"id": f"call {minute}", "dateTimeUtc": start, "duration": 60000, "direction": "Incoming"}
    parties = {"businessNumber": "+12125550101", "caller": {"phone": "+12125550199"}, "called": []}
    return listed | parties | {"callStatus": "VoiceMail"} | more


def voicemail(minute: float, **more: Any) -> dict[str, Any]:
    received = (NINE + timedelta(minutes=minute, seconds=20)).isoformat()
    listed = {"id": f"voicemail {minute}", "created": received}
    return listed | {"to": "+12125550101", "from": "+12125550199"} | more


def left_in(stage: Stage, account: Account) -> list[str]:
    """In which call each voicemail was left."""
    query = """select v.provider_voicemail_id || ' in ' || coalesce(c.provider_call_id, 'none')
        from public.voicemails v left join public.calls c on c.id = v.call_id
        where v.integration_id = %s order by v.received_at"""
    return stage.told(query, account.id)


@pytest.mark.parametrize("is_call_first", [True, False])
def test_a_voicemail_and_its_call_find_each_other_whichever_is_committed_first(
    stage: Stage, writers: list[Caller], is_call_first: bool
) -> None:
    account = Account.opened(stage)
    acts = [
        page(writers[0], "calls", account.id, [call(0)]),
        page(writers[1], "voicemails", account.id, [voicemail(0)]),
    ]
    came = interleaved(*(acts if is_call_first else reversed(acts)))
    assert came.waited
    assert left_in(stage, account) == ["voicemail 0 in call 0"]


def test_pages_of_both_at_the_same_moment_leave_no_voicemail_alone(stage: Stage, writers: list[Caller]) -> None:
    for _ in range(ROUNDS):
        account = Account.opened(stage)
        minutes = range(0, 400, 40)
        came = race(
            page(writers[0], "calls", account.id, [call(m) for m in minutes]),
            page(writers[1], "voicemails", account.id, [voicemail(m) for m in minutes]),
            page(writers[2], "voicemails", account.id, [voicemail(m) for m in reversed(minutes)]),
            page(writers[3], "calls", account.id, [call(m) for m in reversed(minutes)]),
        )
        assert [isinstance(each, list) for each in came] == [True] * 4, came
        assert sorted(came[1] + came[2]) == [0, 0, 0, 0, 10, 10]
        assert left_in(stage, account) == [f"voicemail {m} in call {m}" for m in minutes]


def test_a_number_that_moves_takes_the_voicemail_that_is_being_written(stage: Stage, writers: list[Caller]) -> None:
    query = "select v.org_id from public.voicemails v where v.integration_id = %s"
    assign = "select public.assign_phone_number(%s, %s, %s)"
    for is_page_first in (True, False):
        account, other = Account.opened(stage), stage.make("organization")
        (operator,) = stage.signed_in(stage.make("platform_admin"))
        moved = datetime.now(UTC) + timedelta(hours=1)
        late = voicemail(0, created=(moved + timedelta(hours=1)).isoformat())
        acts = [page(writers[0], "voicemails", account.id, [late]), operator.act(assign, account.number, other, moved)]
        came = interleaved(*(acts if is_page_first else reversed(acts)))
        assert came.waited
        assert stage.told(query, account.id) == [other], came


@pytest.mark.parametrize("resource", ["contacts", "team", "voicemails"])
def test_a_page_that_two_workers_apply_at_once_is_new_once(stage: Stage, writers: list[Caller], resource: str) -> None:
    items = {
        "contacts": [{"id": f"{n}", "name": "Ann", "phone": f"+121255501{n:02}"} for n in range(50)],
        "team": [{"extension": f"{n}", "fullName": "Ann"} for n in range(50)],
        "voicemails": [voicemail(n) for n in range(50)],
    }[resource]
    for _ in range(ROUNDS):
        account = Account.opened(stage)
        pages = [page(writer, resource, account.id, items[:: 1 - n % 2 * 2]) for n, writer in enumerate(writers)]
        came = race(*pages)
        assert sorted(came) == [[0, 0, 50], [0, 0, 50], [0, 0, 50], [50, 0, 0]]


def test_an_extension_that_an_address_gives_is_given_once(stage: Stage, writers: list[Caller]) -> None:
    for turn in range(ROUNDS):
        org = stage.make("organization")
        account = stage.make("integration", org)
        email = f"{org}@example.com"
        stage.make("join", stage.make("user_at", email), org, "agent")
        listed = [{"extension": "101", "fullName": "Ann", "email": email}]
        start = datetime.now(UTC) + timedelta(minutes=1)
        leg = {"extension": "101", "isConnected": True}
        item = call(turn, callStatus="Connected", called=[leg], dateTimeUtc=start.isoformat())
        came = race(
            *(page(writer, "team", account, listed) for writer in writers[:3]),
            page(writers[3], "calls", account, [item]),
        )
        assert [isinstance(each, list) for each in came] == [True] * 4, came
        assert stage.told("select extension from public.member_extensions where integration_id = %s", account) == [
            "101"
        ]
        held = "select l.member_id is not null from public.legs l join public.calls c on c.id = l.call_id"
        assert stage.told(f"{held} where c.integration_id = %s", account) == [True]


def test_looks_at_the_same_moment_make_the_intervals_of_looks_in_order(stage: Stage, writers: list[Caller]) -> None:
    course = """select concat_ws(' ', status, since - %s, observed_through - %s) from public.agent_statuses
        where integration_id = %s order by since"""
    for _ in range(ROUNDS):
        account = Account.opened(stage)
        looks = [(0, "available"), (20, "available"), (40, "dnd"), (60, "dnd")]
        came = race(
            *(
                page(
                    writer,
                    "agent_status",
                    account.id,
                    [{"extension": "1", "status": said}],
                    NINE + timedelta(minutes=at),
                )
                for writer, (at, said) in zip(writers, looks, strict=True)
            )
        )
        assert [isinstance(each, list) for each in came] == [True] * 4, came
        assert stage.told(course, NINE, NINE, account.id) == [
            "available 00:00:00 00:20:00",
            "dnd 00:40:00 01:00:00",
        ]


def test_what_several_say_of_a_call_at_once_is_one_annotation(stage: Stage, writers: list[Caller]) -> None:
    annotate = "select (public.annotate_call(%s, p_tags => array[%s])).tags"
    org = stage.make("organization")
    line = stage.make("line", org, stage.make("phone_number", stage.make("integration"), "+12125550101"))
    admin = stage.make("member", org, "org_admin")
    with ExitStack() as stack:
        callers = [
            Caller(stack.enter_context(stage.database.connect("authenticator"))).signed_in(admin) for _ in range(4)
        ]
        for _ in range(ROUNDS):
            made = stage.make("call", line)
            came = race(*(caller.act(annotate, made, f"tag {n}") for n, caller in enumerate(callers)))
            assert came == [[f"tag {n}"] for n in range(4)]
            assert stage.told("select tags from public.call_annotations where call_id = %s", made)[0] in came
