"""The door of the API keys under parallel requests: exactly as many are let in as the limit says."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.database.doors import Connection
from tests.integration.database.races import DONE, Stage, interleaved, programs, race
from tools.scratch import Database, ScratchCluster

LIMIT = 1000
CONNECTIONS = 32
OPEN = "select * from private.open_api_request(%s, %s, %s)"

MINUTE = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)

Answer = tuple[str, int | None, int | None, int | None]


@pytest.fixture(scope="module")
def stage(cluster: ScratchCluster, migrated: Database) -> Iterator[Stage]:
    with cluster.database(migrated.name) as database, Stage.set(database) as stage:
        yield stage


@pytest.fixture(scope="module")
def doors(stage: Stage) -> Iterator[list[Connection]]:
    """Connections of the webhook app, which keeps the door."""
    with programs(stage.database, "webhooks", CONNECTIONS) as callers:
        yield [caller.connection for caller in callers]


@dataclass(frozen=True)
class Key:
    id: UUID
    hash: bytes

    @classmethod
    def created(cls, stage: Stage) -> "Key":
        """Let the admin of a new organization make one."""
        org = stage.make("organization")
        (admin,) = stage.signed_in(stage.make("member", org, "org_admin"))
        query = "select id, secret from public.create_api_key(%s, 'Reports', array['calls:read'])"
        ((key_id, secret),) = admin.does(query, org)
        return cls(key_id, sha256(secret.encode()).digest())

    def minutes(self, stage: Stage) -> dict[datetime, int]:
        query = "select minute, used from private.api_key_minutes where api_key_id = %s"
        return dict(stage.owner.execute(query, [self.id]).fetchall())

    def grants(self, stage: Stage) -> int:
        (granted,) = stage.told("select count(*) from private.api_grants where api_key_id = %s", self.id)
        return int(granted)


def ask(connection: Connection, key: Key, at: datetime) -> Answer:
    (answer,) = connection.execute(OPEN, [key.hash, sha256(uuid4().bytes).digest(), at]).fetchall()
    made: Answer = answer
    return made


def ask_in_parallel(doors: Sequence[Connection], key: Key, times: Sequence[datetime]) -> list[Answer]:
    """Let every connection ask, as fast as it can, at these times of its clock one after the other."""
    barrier = Barrier(len(doors))

    def go(connection: Connection) -> list[Answer]:
        barrier.wait(timeout=10)
        return [ask(connection, key, at) for at in times]

    with ThreadPoolExecutor(len(doors)) as pool:
        return [answer for answers in pool.map(go, doors) for answer in answers]


def test_of_parallel_requests_exactly_the_limit_is_granted(stage: Stage, doors: list[Connection]) -> None:
    key = Key.created(stage)
    answers = ask_in_parallel(doors, key, [MINUTE + timedelta(seconds=second) for second in range(40)])
    remaining = Counter(remaining for outcome, _, remaining, _ in answers if outcome == "granted")
    assert remaining == Counter(range(LIMIT))
    assert Counter(outcome for outcome, *_ in answers) == {
        "granted": LIMIT,
        "limited": len(answers) - LIMIT,
    }
    assert {answer[1:3] for answer in answers if answer[0] == "limited"} == {(LIMIT, 0)}
    assert key.minutes(stage) == {MINUTE: LIMIT}
    assert key.grants(stage) == LIMIT


def test_around_the_limit_the_last_request_is_granted_once(stage: Stage, doors: list[Connection]) -> None:
    for _ in range(10):
        key = Key.created(stage)
        used = "insert into private.api_key_minutes (api_key_id, minute, used) values (%s, %s, %s)"
        stage.owner.execute(used, [key.id, MINUTE, LIMIT - 1])
        answers = ask_in_parallel(doors, key, [MINUTE])
        assert Counter(answers) == {("granted", LIMIT, 0, 60): 1, ("limited", LIMIT, 0, 60): CONNECTIONS - 1}


def test_no_request_is_lost_while_the_window_turns(stage: Stage, doors: list[Connection]) -> None:
    key = Key.created(stage)
    # Some are ahead of the others by then: both minutes are counted at the same moment.
    times = [MINUTE + timedelta(seconds=second) for second in (58, 59, 60, 61) for _ in range(15)]
    answers = ask_in_parallel(doors, key, times)
    assert Counter(outcome for outcome, *_ in answers) == {"granted": CONNECTIONS * len(times)}
    half = CONNECTIONS * len(times) // 2
    assert key.minutes(stage) == {MINUTE: half, MINUTE + timedelta(minutes=1): half}
    assert {reset for *_, reset in answers} == {2, 1, 60, 59}
    assert key.grants(stage) == 2 * half


def test_a_limit_that_is_reached_ends_with_its_minute(stage: Stage, doors: list[Connection]) -> None:
    key = Key.created(stage)
    used = "insert into private.api_key_minutes (api_key_id, minute, used) values (%s, %s, %s)"
    stage.owner.execute(used, [key.id, MINUTE, LIMIT])
    late, soon = MINUTE + timedelta(seconds=59.9), MINUTE + timedelta(seconds=60)
    answers = ask_in_parallel(doors, key, [late, soon])
    assert Counter(outcome for outcome, *_ in answers) == {"granted": CONNECTIONS, "limited": CONNECTIONS}
    assert key.minutes(stage) == {MINUTE: LIMIT, soon: CONNECTIONS}


def test_keys_do_not_wait_for_each_other(stage: Stage) -> None:
    keys = [Key.created(stage) for _ in range(2)]
    with programs(stage.database, "webhooks", 2) as callers:
        acts: list[Any] = [
            caller.act(OPEN, key.hash, sha256(key.hash).digest(), MINUTE)
            for caller, key in zip(callers, keys, strict=True)
        ]
        came = interleaved(*acts)
    assert (came.first, came.waited, came.second) == ([("granted", LIMIT, LIMIT - 1, 60)], False, came.first)


def test_a_key_that_is_revoked_meanwhile_lets_nobody_in_afterwards(stage: Stage, doors: list[Connection]) -> None:
    for _ in range(10):
        org = stage.make("organization")
        (admin,) = stage.signed_in(stage.make("member", org, "org_admin"))
        made = admin.does("select id, secret from public.create_api_key(%s, 'Reports', array['calls:read'])", org)
        ((key_id, secret),) = made
        key = Key(key_id, sha256(secret.encode()).digest())
        revoked, *answers = race(
            admin.act("select public.revoke_api_key(%s)", key.id),
            *(partial(ask, connection, key, MINUTE) for connection in doors[:8]),
        )
        assert revoked == DONE
        assert {outcome for outcome, *_ in answers} <= {"granted", "unknown"}
        granted = [answer for answer in answers if answer[0] == "granted"]
        assert key.minutes(stage) == ({MINUTE: len(granted)} if granted else {})
        assert ask(doors[0], key, MINUTE) == ("unknown", None, None, None)
