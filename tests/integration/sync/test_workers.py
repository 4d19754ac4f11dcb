"""Several workers, one after another or at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event

import psycopg
import pytest

from simulator.accounts import Account
from sync.errors import LeaseLost
from sync.jobs import JobRun
from sync.jobstore import Job
from sync.store import Store
from sync.worker import run_pass
from tests.integration.sync import world as worlds
from tests.integration.sync.world import Log, World
from tools.scratch import Database


def test_two_workers_at_once_do_the_work_once(database: Database) -> None:
    accounts = [worlds.account(name) for name in ("one", "two", "three")]
    with worlds.world(database, *accounts) as world:
        integrations = [world.integrate(account) for account in accounts]
        logs = Log(), Log()
        is_under_way = Event()
        logs[0].on_page = lambda _: is_under_way.set()

        def work(number: int) -> int:
            # Before the first one has queued what is due, there is nothing for the second.
            assert number == 0 or is_under_way.wait(30)
            with world.worker(f"worker {number}", logs[number], page_size=10) as tools:
                return run_pass(tools)

        with ThreadPoolExecutor() as executor:
            assert list(executor.map(work, range(2))) == [0, 0]
        assert [outcome for log in logs for _, outcome, _ in log.outcomes] == ["done"] * 6
        assert all(log.outcomes for log in logs), "one worker did everything"
        assert world.value("select array_agg(distinct attempt) from public.sync_jobs") == [1]
        read = sum(sum(page) for log in logs for page in log.pages)
        assert read == sum(len(world.listed(account)) + len(account.numbers) for account in accounts)
        for integration_id, account in zip(integrations, accounts, strict=True):
            world.assert_whole(integration_id, account)


def test_a_job_that_another_worker_took_over_is_left_alone(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    log = Log()

    def take_over(job: Job) -> None:
        if job.resource == "calls" and world.called(integration_id):
            log.on_page = lambda _: None
            world.query("update public.sync_jobs set worker = 'another' where id = %s", job.job_id)

    log.on_page = take_over
    with world.worker(log=log, page_size=10) as tools:
        assert run_pass(tools) == 0
    assert log.outcomes[-1] == ("calls", "lost", "another worker has taken the job over")
    assert 0 < len(world.called(integration_id)) < len(world.listed(acme))
    assert world.query("select state, worker from public.sync_jobs where resource = 'calls'") == [
        {"state": "running", "worker": "another"}
    ]


def test_a_page_of_a_lost_job_is_not_applied(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.query("update private.sync_cursors set next_run_at = 'infinity' where resource = 'phone_numbers'")
    with world.worker() as tools:
        job = tools.store.claim_job("worker", world.clock())
        assert job
        world.query("update public.sync_jobs set worker = 'another'")
        with pytest.raises(LeaseLost):
            tools.store.apply_page(
                job.job_id,
                "worker",
                ['{"id":"a","dateTimeUtc":"2025-06-01T00:00:00Z","direction":"Incoming"}'],
                observed_at=world.clock(),
                through=None,
                total=None,
                now=world.clock(),
            )
        tools.store.finish_job(job.job_id, "worker", None, None, world.clock())
    assert world.called(integration_id) == {}
    assert world.value("select state from public.sync_jobs") == "running"


def test_the_lease_is_kept_through_a_long_job(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    rival = Log()

    def pass_time(_: Job) -> None:
        world.clock.advance(seconds=100)
        with world.worker("rival", rival) as tools:
            assert tools.store.claim_job("rival", world.clock()) is None

    log = Log(on_page=pass_time)
    world.query("update private.sync_cursors set next_run_at = 'infinity' where resource = 'phone_numbers'")
    with world.worker(log=log, page_size=50) as tools:
        job = tools.store.claim_job("worker", world.clock())
        assert job
        world.query("update private.sync_cursors set next_run_at = 'infinity'")
        JobRun(job, tools).run()
    world.assert_whole(integration_id, acme)


def test_being_asked_to_end_stops_after_the_current_page_and_the_next_pass_goes_on(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    log = Log()

    def ask_to_end(_: Job) -> None:
        world.is_stopping = len(world.called(integration_id)) > 30

    log.on_page = ask_to_end
    with world.worker(log=log, page_size=10) as tools:
        assert run_pass(tools) == 0
    assert log.outcomes[-1] == ("calls", "stopped", None)
    kept, used = world.called(integration_id), world.value("select used from private.provider_quota")
    assert 30 < len(kept) < len(world.listed(acme))

    world.is_stopping = False
    world.clock.advance(seconds=1)
    again = world.run(page_size=10)
    assert again.outcomes == [("calls", "done", None)]
    world.assert_whole(integration_id, acme)
    read_twice = sum(page.unchanged_items for page in again.pages)
    assert read_twice < len(kept), "it began anew"
    assert world.value("select used from private.provider_quota") > used


def test_a_quota_is_never_overdrawn_however_many_work(database: Database) -> None:
    served = worlds.account()
    quota = 10
    with worlds.world(database, served) as world:
        integrations = [world.integrate(served) for _ in range(3)]
        world.query(
            "insert into private.provider_quota (api_key_hash, day, quota) values (sha256(%s), %s, %s)",
            served.api_key.encode(),
            world.clock().date(),
            quota,
        )

        def work(number: int) -> int:
            with world.worker(f"worker {number}") as tools:
                return run_pass(tools)

        with ThreadPoolExecutor() as executor:
            assert list(executor.map(work, range(3))) == [0, 0, 0], "who has to wait has not failed"
        # What is due by itself leaves some for what people wait for.
        assert world.simulator.quota.used(served.api_key) == quota - 1
        assert world.value("select used from private.provider_quota") == quota - 1
        kept_back = "what is left of today's requests is kept for more urgent work; 9 of 10 were sent with this API key"
        waiting = world.query("select distinct note, error, attempt from public.sync_jobs where state = 'queued'")
        assert waiting == [{"note": kept_back, "error": None, "attempt": 0}]

        with world.worker() as tools:
            wanted = tools.store.queue_job(integrations[0], "phone_numbers", "requested", now=world.clock())
            assert run_pass(tools) == 0
            in_vain = tools.store.queue_job(integrations[1], "phone_numbers", "requested", now=world.clock())
            assert run_pass(tools) == 1
        outcomes = world.query(
            "select state, error from public.sync_jobs where id = any (%s) order by created_at, state",
            [wanted, in_vain],
        )
        used_up = "today's requests are used up; 10 of 10 were sent with this API key"
        assert outcomes == [{"state": "done", "error": None}, {"state": "failed", "error": used_up}]
        assert world.simulator.quota.used(served.api_key) == quota

        world.clock.now = world.clock.now.replace(hour=0, minute=2) + timedelta(days=1)
        assert world.run().errors == []
        for integration_id in integrations:
            world.assert_whole(integration_id, served)


def test_every_request_is_counted(world: World, acme: Account) -> None:
    world.integrate(acme)
    world.fault("garbage", times=2)
    world.run(page_size=10)
    faulty = 2
    assert world.value("select used from private.provider_quota") == world.simulator.quota.used(acme.api_key) + faulty


def test_a_deadlock_is_tried_again(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    # A sequence is not rolled back, so only the first two pages run into it.
    world.query(
        """
        create sequence public.deadlocks;
        grant usage on sequence public.deadlocks to public;
        create function public.deadlock() returns trigger language plpgsql as $$
        begin
          if nextval('public.deadlocks') <= 2 then
            raise deadlock_detected;
          end if;
          return null;
        end $$;
        create trigger deadlock after insert on private.call_snapshots execute function public.deadlock();
        """
    )
    assert world.run().errors == []
    assert len(world.pauses) == 2
    world.assert_whole(integration_id, acme)


def test_what_the_database_refuses_fails_the_job_readably(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.query("alter table private.call_snapshots add constraint nothing_more_is_stated check (false) not valid")
    log = world.run()
    assert [outcome for _, outcome, _ in log.outcomes] == ["done", "failed"]
    assert 'violates check constraint "nothing_more_is_stated"' in log.errors[0]
    assert world.called(integration_id) == {}


class Pooled(Store):
    """Every call on another connection, as a transaction pooler may have it."""

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with super()._connected() as connection:
            yield connection
        self.close()


def test_nothing_depends_on_a_session(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    with world.worker() as tools, Pooled(world.database.url("sync")) as pooled:
        assert run_pass(replace(tools, store=pooled)) == 0
    world.assert_whole(integration_id, acme)
