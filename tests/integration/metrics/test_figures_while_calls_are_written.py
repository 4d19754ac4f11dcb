"""While calls, zones, settings and holidays change and are counted ahead, every figure is that of the rows one sees."""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import psycopg
import pytest

from tests.integration.metrics import answers, traffic
from tests.integration.metrics.place import Hand, Place, read_tables
from tests.support import fuzz
from tools.scratch import Database, ScratchCluster

SECONDS = 10
PAST = datetime(2025, 4, 5, 15, tzinfo=UTC)
"""The clocks of Lord Howe are set back, and those of Chatham and Santiago about then."""


@pytest.fixture
def story(cluster: ScratchCluster, migrated: Database) -> Iterator[tuple[Database, Place]]:
    """A database of the test's own, in which everything is committed."""
    with cluster.database(migrated.name) as database:
        with database.connect() as connection:
            place = Place.arrange(connection)
        yield database, place


def compare(connection: psycopg.Connection[Any], place: Place, anchors: list[datetime], dice: random.Random) -> None:
    """In one snapshot, compare what a few people are told with the rows; and what was counted ahead."""
    connection.rollback()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    tables = read_tables(connection)
    for _ in range(4):
        answers.compare(connection, place, tables, traffic.wish(anchors, dice), dice.sample(answers.ASKED, 3))
    answers.compare_listings(connection, place, tables, dice.choice([*answers.WORKERS]))
    org_id = dice.choice([*place.organizations.values()])
    assert differences(connection, org_id) == []
    connection.rollback()
    connection.isolation_level = None


def differences(connection: psycopg.Connection[Any], org_id: Any) -> list[Any]:
    return connection.execute("select * from private.verify_rollup(%s)", [org_id]).fetchall()


def counted_ahead(connection: psycopg.Connection[Any]) -> list[Any]:
    """What the rollups hold of days that are over everywhere."""
    return connection.execute(
        """select r::text from private.call_rollups r
        where r.bucket_start < now() - interval '3 days'
        order by r::text collate "C" """
    ).fetchall()


def test_every_figure_is_that_of_the_rows_while_they_change(story: tuple[Database, Place]) -> None:
    database, place = story
    seed = fuzz.seed()
    print(f"seed {seed}")  # noqa: T201
    dice = random.Random(seed)  # noqa: S311
    anchors = [PAST, datetime.now(UTC)]
    seconds = SECONDS * int(os.environ.get(fuzz.FLAG) or 100) // 100
    workers: list[traffic.Writer | traffic.Administrator | traffic.Folder] = [
        *(traffic.Writer(database, place, anchors, dice.getrandbits(32)) for _ in range(3)),
        traffic.Administrator(database, place, anchors, dice.getrandbits(32)),
        *(traffic.Folder(database, place, dice.getrandbits(32)) for _ in range(2)),
    ]
    stop = Event()
    snapshots = 0
    with psycopg.connect(database.url()) as connection, ThreadPoolExecutor(len(workers)) as pool:
        running = [pool.submit(worker.run, stop) for worker in workers]
        try:
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            while datetime.now(UTC) < until and not any(each.done() for each in running):
                compare(connection, place, anchors, dice)
                snapshots += 1
        finally:
            stop.set()
        for each in running:
            each.result()

        while Hand(connection, place).fold(1000):
            connection.commit()
        compare(connection, place, anchors, dice)
        for org_id in place.organizations.values():
            assert differences(connection, org_id) == []
        folded = counted_ahead(connection)
        for org_id in place.organizations.values():
            connection.execute("select private.rebuild_rollup(%s)", [org_id])
        rebuilt = counted_ahead(connection)
        assert rebuilt == folded, sorted(set(rebuilt) ^ set(folded))[:4]
        connection.commit()
        compare(connection, place, anchors, dice)

    for worker in workers:
        for kind, count in worker.written.items():
            for _ in range(count):
                fuzz.tried("writes beside figures", kind)
    for _ in range(snapshots):
        fuzz.tried("writes beside figures", "snapshots")
