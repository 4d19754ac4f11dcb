"""Audio from where the provider says it is, through the sync script, into Storage, to whoever may hear it."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from simulator.accounts import Account
from simulator.truth import truth
from sync.audio import Downloads
from sync.errors import StorageUnusable
from sync.links import Trusted
from sync.recordings import Fetcher, Remover
from sync.sideline import Turn
from sync.storage import Storage
from sync.store import Store
from tests.integration.sync import world as worlds
from tests.integration.sync.mails import Told
from tests.integration.sync.processes import Process, until
from tests.integration.sync.world import World
from tests.support import programs
from tests.support.people import People
from tests.support.programs import Door
from tools.scratch import Database, ScratchCluster

BUCKET = "recordings"
MEBIBYTE = 2**20


@dataclass
class Archive:
    """An organization whose calls are recorded, and Storage."""

    world: World
    account: Account
    org_id: UUID
    integration_id: UUID
    door: Door
    key: str
    publishable_key: str
    told: Told = field(default_factory=Told)
    largest_bytes: int = MEBIBYTE
    trusted: list[Trusted] = field(default_factory=list)

    @property
    def storage_url(self) -> str:
        return f"{self.door.url}/storage/v1"

    @contextmanager
    def fetcher(self, name: str = "worker", storage_url: str | None = None) -> Iterator[tuple[Fetcher, Store]]:
        with self.world.worker(name) as tools, httpx.Client(trust_env=False) as http:
            downloads = Downloads(self.largest_bytes, self.trusted, is_stopping=tools.runtime.is_stopping)
            storage = Storage(storage_url or self.storage_url, SecretStr(self.key), http)
            try:
                fetcher = Fetcher(name, self.world.config(), storage, downloads, http, tools.runtime, self.told)
                yield fetcher, tools.store
            finally:
                downloads.close()

    def fetch(self, name: str = "worker", most: int = 10_000) -> int:
        """Let a worker fetch until nothing is due; how many turns it took."""
        with self.fetcher(name) as (fetcher, store):
            turns = 0
            while turns < most and fetcher.turn(store) is not Turn.NOTHING_TO_DO:
                turns += 1
            return turns

    def later(self, **by: float) -> int:
        """Let time pass and a worker fetch."""
        self.world.clock.advance(**by)
        return self.fetch()

    def only(self, count: int) -> None:
        """Leave so many recordings to fetch: the rest wait for ever."""
        self.world.query(
            "update private.recording_sources set next_attempt_at = 'infinity' where recording_id not in ("
            " select s.recording_id from private.recording_sources s where s.url is not null"
            " order by s.recording_id limit %s)",
            count,
        )

    def recordings(self) -> list[dict[str, Any]]:
        """All that there are, with the provider's id of the call."""
        return self.world.query(
            "select r.*, c.provider_call_id, s.attempt, s.next_attempt_at, s.url, s.has_object from public.recordings r"
            " join private.recording_sources s on s.recording_id = r.id"
            " join public.calls c on c.id = r.call_id where s.next_attempt_at < 'infinity' order by r.id"
        )

    def recording(self) -> dict[str, Any]:
        """The only one that is to be fetched."""
        (recording,) = self.recordings()
        return recording

    def object(self, recording_id: UUID) -> httpx.Response:
        """What Storage holds, as the service sees it."""
        with self.door.client({"apikey": self.key}) as client:
            return client.get(f"/storage/v1/object/{BUCKET}/{recording_id}")

    def truly_recorded(self) -> dict[str, tuple[str, int]]:
        """Checksum and size of the audio of each call."""
        known = truth(self.world.simulator.exchange, api_key=self.account.api_key, parts=["recordings"])
        return {
            each["call_id"]: (each["sha256"], each["size_bytes"])
            for each in known["accounts"][0]["recordings"]
            if each["kind"] == "call"
        }

    def assert_whole(self) -> None:
        """What Storage holds is the truth, byte for byte."""
        for recording in self.recordings():
            assert (recording["state"], recording["reason"]) == ("stored", None)
            content = self.object(recording["id"]).content
            found = (hashlib.sha256(content).hexdigest(), len(content))
            assert found == self.truly_recorded()[recording["provider_call_id"]]
            assert (recording["sha256"].hex(), recording["size_bytes"]) == found
            assert recording["content_type"] == "audio/wav"

    def asked_for_audio(self) -> int:
        """Requests the provider got with credentials for audio or a call."""
        return int(self.world.simulator.quota.used(self.account.api_key))


@contextmanager
def archive(database: Database, door: Door, account: Account, **options: Any) -> Iterator[Archive]:
    with worlds.world(database, account) as world:
        org_id = People(database).organization("Northwind")
        integration_id = world.integrate(account, org_id)
        assert world.run().errors == []
        # Facts are dated by the database's clock, this world by its own.
        world.query("update private.recording_sources set next_attempt_at = %s", world.clock())
        keys = database.keys
        trusted = [Trusted("127.0.0.1", int(world.simulator.url.rpartition(":")[2]))]
        yield Archive(
            world,
            account,
            org_id,
            integration_id,
            door,
            keys.secret_key,
            keys.publishable_key,
            trusted=trusted,
            **options,
        )


@pytest.fixture
def door(cluster: ScratchCluster, database: Database) -> Iterator[Door]:
    with programs.gateway(cluster, database) as door:
        yield door


@pytest.fixture
def northwind(database: Database, door: Door) -> Iterator[Archive]:
    with archive(database, door, worlds.account(calls_per_day=15)) as archive_:
        yield archive_


def test_all_audio_comes_byte_for_byte_once(northwind: Archive) -> None:
    expected = northwind.truly_recorded()
    assert len(expected) > 10
    before = northwind.asked_for_audio()
    with ThreadPoolExecutor() as executor:
        assert sum(executor.map(northwind.fetch, ["one", "two"])) == len(expected)
    assert {each["provider_call_id"] for each in northwind.recordings()} == expected.keys()
    northwind.assert_whole()
    assert northwind.told.names == ["recording_stored"] * len(expected)
    # Links that are open cost no request.
    assert northwind.asked_for_audio() == before
    assert northwind.later(days=3) == 0


def test_who_may_hear_it_plays_it_and_nobody_else(northwind: Archive) -> None:
    northwind.only(1)
    northwind.fetch()
    recording = northwind.recording()
    people = People(northwind.world.database)
    agent = people.member(northwind.org_id, "agent", recording["line_id"])
    colleague = people.member(northwind.org_id, "agent")
    viewer = people.member(northwind.org_id, "viewer")
    path = f"/storage/v1/object/authenticated/{BUCKET}/{recording['id']}"

    def heard(user: UUID, **headers: str) -> httpx.Response:
        with northwind.door.as_user(user) as client:
            return client.get(path, headers={"apikey": northwind.publishable_key, **headers})

    assert not heard(agent).is_success, "no play goes unrecorded"
    with northwind.world.database.connect() as connection, connection.transaction():
        connection.execute("select tests.act_as(%s)", [agent])
        played = connection.execute(
            "select bucket_id, object_name, content_type from public.play_recording(%s)", [recording["id"]]
        ).fetchone()
    assert played == (BUCKET, str(recording["id"]), "audio/wav")
    assert hashlib.sha256(heard(agent).content).digest() == recording["sha256"]
    part = heard(agent, range="bytes=44-143")
    assert (part.status_code, part.content) == (206, heard(agent).content[44:144])
    for other in (colleague, viewer):
        assert heard(other).json()["error"] == "not_found"
    with northwind.door.as_user(agent) as client:
        signed = client.post(f"/storage/v1/object/sign/{BUCKET}/{recording['id']}", json={"expiresIn": 10**6})
        assert not signed.is_success
    northwind.world.query("update private.play_grants set expires_at = now()")
    assert not heard(agent).is_success


@pytest.mark.parametrize("kind", ["call_center", "classic"])
def test_a_host_that_wants_the_token_gets_it_and_that_is_counted(database: Database, door: Door, kind: Any) -> None:
    account = worlds.account(kind=kind, calls_per_day=15, recording_links="token")
    with archive(database, door, account) as northwind:
        northwind.only(3)
        used = northwind.world.value("select used from private.provider_quota")
        assert northwind.fetch() == 3
        northwind.assert_whole()
        assert northwind.world.value("select used from private.provider_quota") == used + 3


def test_without_requests_left_a_recording_waits_untried(database: Database, door: Door) -> None:
    with archive(database, door, worlds.account(calls_per_day=15, recording_links="token")) as northwind:
        northwind.only(1)
        northwind.world.query("update private.provider_quota set quota = used")
        assert northwind.fetch() == 1
        assert (northwind.recording()["state"], northwind.recording()["attempt"]) == ("waiting", 0)
        assert northwind.told.names == ["recording_postponed"]
        northwind.world.query("update private.provider_quota set quota = 2500")
        assert northwind.later(minutes=30) == 0
        assert northwind.later(minutes=31) == 1
        northwind.assert_whole()


def test_a_link_that_has_expired_is_replaced_by_reading_the_call_again(database: Database, door: Door) -> None:
    account = worlds.account(calls_per_day=15, recording_links="expiring", recording_links_live_seconds=600)
    with archive(database, door, account) as northwind:
        northwind.only(2)
        assert northwind.later(hours=1) == 2
        for recording in northwind.recordings():
            assert recording["state"] == "waiting"
            assert recording["reason"].startswith("this link does not open the audio, or does not any more (403)")
        assert northwind.later(seconds=61) == 2
        northwind.assert_whole()
        assert {each["attempt"] for each in northwind.recordings()} == {2}


def test_what_is_not_there_yet_comes_later(northwind: Archive) -> None:
    northwind.only(1)
    northwind.world.fault("recording_missing", path="/records/", seconds=400)
    assert northwind.fetch() == 1
    assert northwind.recording()["reason"] == "there is no audio at this link (404): Not Found"
    assert northwind.fetch() == 0
    assert northwind.later(seconds=61) == 1
    assert northwind.recording()["state"] == "waiting"
    assert northwind.later(seconds=301) == 1
    assert northwind.later(seconds=901) + northwind.fetch() <= 1
    northwind.assert_whole()


def test_what_never_comes_fails_readably(northwind: Archive) -> None:
    northwind.only(1)
    northwind.world.fault("recording_missing", path="/records/", status=410)
    attempts = northwind.fetch() + sum(northwind.later(hours=25) for _ in range(9))
    assert attempts == 8
    recording = northwind.recording()
    assert (recording["state"], recording["reason"]) == ("failed", "there is no audio at this link (410): Not Found")
    assert northwind.object(recording["id"]).status_code == 400


def test_a_call_that_has_no_link_yet_is_read_again(northwind: Archive) -> None:
    northwind.only(1)
    # As when an event has told of a recording before the history did.
    northwind.world.query("update private.recording_sources set url = null where next_attempt_at < 'infinity'")
    northwind.world.query("delete from private.call_snapshots")
    assert northwind.fetch() == 1
    northwind.assert_whole()


@pytest.mark.parametrize("how", ["one_slash", "relative"])
def test_a_malformed_link_is_mended(northwind: Archive, how: str) -> None:
    northwind.only(1)
    url = northwind.recording()["url"].replace(":/127", "://127")
    stated = url.replace("://", ":/") if how == "one_slash" else "/" + url.split("/", 3)[3]
    northwind.world.query("update private.recording_sources set url = %s where next_attempt_at < 'infinity'", stated)
    assert northwind.fetch() == 1
    northwind.assert_whole()
    assert northwind.recording()["attempt"] == 1


@pytest.mark.parametrize("how", ["declared", "endless"])
def test_what_is_too_large_fails_at_once(northwind: Archive, how: str) -> None:
    northwind.only(1)
    northwind.world.fault("recording_huge", path="/records/", how=how)
    if how == "endless":
        # It begins like nothing that is known, and is left at once.
        assert northwind.fetch() == 1
        assert "not of any known kind" in northwind.recording()["reason"]
        return
    assert northwind.fetch() == 1
    recording = northwind.recording()
    assert recording["state"] == "failed"
    assert recording["reason"] == "the audio is larger than the 1 MiB that are fetched (2,048 MiB)"
    assert northwind.later(days=30) == 0


@pytest.mark.parametrize(
    ("how", "words"), [("page", "a web page"), ("mislabelled", "a web page"), ("empty", "nothing")]
)
def test_what_is_no_audio_is_not_kept(northwind: Archive, how: str, words: str) -> None:
    northwind.only(1)
    northwind.world.fault("recording_not_audio", path="/records/", how=how)
    assert northwind.fetch() == 1
    assert words in northwind.recording()["reason"]
    northwind.world.simulator.faults.clear()
    assert northwind.later(seconds=61) == 1
    northwind.assert_whole()


def test_what_breaks_off_is_not_kept(northwind: Archive) -> None:
    northwind.only(1)
    northwind.world.fault("truncated_page", path="/records/", how="cut_body", times=1)
    assert northwind.fetch() == 1
    assert "did not come to its end" in northwind.recording()["reason"]
    assert northwind.later(seconds=61) == 1
    northwind.assert_whole()


def test_a_host_that_nobody_named_is_not_asked(northwind: Archive) -> None:
    northwind.only(1)
    northwind.trusted = []
    northwind.world.fault("server_error", path="/records/")
    northwind.fetch()
    assert northwind.recording()["reason"] == "the link to the audio is not encrypted (http), and is not followed"


def test_while_storage_is_away_nothing_is_fetched_and_no_attempt_counts(northwind: Archive) -> None:
    northwind.only(2)
    with northwind.fetcher() as (fetcher, store):
        assert fetcher.turn(store) is Turn.DONE
        northwind.door.part.stop()
        with pytest.raises(StorageUnusable, match="cannot be reached"):
            fetcher.turn(store)
        with pytest.raises(StorageUnusable, match="cannot be reached"):
            fetcher.turn(store)
        attempts = sorted(each["attempt"] for each in northwind.recordings())
        assert attempts == [0, 1]
        northwind.door.part.start()
        northwind.world.clock.advance(minutes=2)
        assert fetcher.turn(store) is Turn.DONE
    northwind.assert_whole()


def test_a_storage_that_knows_us_not_is_named(northwind: Archive) -> None:
    northwind.key = northwind.publishable_key
    with northwind.fetcher() as (fetcher, store), pytest.raises(StorageUnusable, match="does not show the bucket"):
        fetcher.turn(store)


def test_a_worker_that_dies_in_between_repeats_what_it_did(northwind: Archive) -> None:
    northwind.only(1)
    with northwind.world.worker("dying") as tools:
        claimed = tools.store.claim_recording("dying", northwind.world.clock())
        assert claimed
    assert northwind.fetch() == 0
    assert northwind.later(minutes=11) == 1
    northwind.assert_whole()
    with northwind.world.worker("dying") as tools:
        now = northwind.world.clock()
        assert not tools.store.finish_recording(claimed.recording_id, "dying", "failed", reason="late", now=now)
    northwind.assert_whole()


def test_being_asked_to_end_gives_the_recording_back(northwind: Archive) -> None:
    northwind.only(1)
    with northwind.fetcher() as (fetcher, store):
        fetcher.downloads = replace(fetcher.downloads, is_stopping=lambda: True)
        assert fetcher.turn(store) is Turn.NOTHING_TO_DO
    assert northwind.recording()["attempt"] == 0
    assert northwind.fetch() == 1
    northwind.assert_whole()


def test_what_is_deleted_leaves_storage(northwind: Archive) -> None:
    northwind.only(2)
    northwind.fetch()
    gone, kept = northwind.recordings()
    admin = People(northwind.world.database).member(northwind.org_id, "org_admin")
    with northwind.world.database.connect() as connection, connection.transaction():
        connection.execute("select tests.act_as(%s)", [admin])
        connection.execute("select public.delete_recording(%s)", [gone["id"]])
    with northwind.world.worker() as tools, httpx.Client(trust_env=False) as http:
        storage = Storage(northwind.storage_url, SecretStr(northwind.key), http)
        seconds = [0.0]
        remover = Remover("worker", storage, tools.runtime, northwind.told, monotonic=lambda: seconds[0])
        northwind.door.part.stop()
        with pytest.raises(StorageUnusable):
            remover.turn(tools.store)
        northwind.door.part.start()
        assert remover.turn(tools.store) is Turn.NOTHING_TO_DO
        northwind.world.clock.advance(minutes=16)
        assert remover.turn(tools.store) is Turn.NOTHING_TO_DO
        seconds[0] += 60
        assert remover.turn(tools.store) is Turn.DONE
        assert remover.turn(tools.store) is Turn.NOTHING_TO_DO
    assert northwind.object(gone["id"]).json()["statusCode"] == "404"
    assert northwind.object(kept["id"]).is_success
    assert [each["has_object"] for each in northwind.recordings()] == [False, True]


def test_the_program_fetches_what_is_due(northwind: Archive, tmp_path: Path) -> None:
    northwind.only(3)
    settings = {
        "SYNC_STORAGE_URL": northwind.storage_url,
        "SYNC_STORAGE_KEY": northwind.key,
        "SYNC_RECORDING_HOSTS": northwind.world.simulator.url.removeprefix("http://"),
    }
    northwind.world.query("update private.sync_cursors set next_run_at = 'infinity'")
    # The program lives now, this world in the past.
    northwind.world.query("update public.recordings set is_held = true")
    with Process(northwind.world, tmp_path, "run", **settings) as run:
        until(lambda: not run.is_running, "the run to end")
        assert run.wait() == 0, run.errors
        assert len(run.said("recording_stored")) == 3
        assert northwind.key not in run.output + run.errors
    northwind.assert_whole()
