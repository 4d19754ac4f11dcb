import json
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from simulator.accounts import Account
from sync.bell import CHANNEL, Bell
from sync.runtime import Runtime
from sync.store import Store
from tests.integration.sync import world as worlds
from tests.integration.sync.mirror import Rows, assert_equal, rows, true_rows
from tests.integration.sync.processes import Process, gate, until
from tests.integration.sync.world import RESOURCES, World
from tools.scratch import Database


@pytest.fixture
def world(database: Database, acme: Account) -> Iterator[World]:
    """A world on the system's clock, which the processes read."""
    with worlds.world(database, acme, clock=worlds.Clock(datetime.now(UTC))) as world:
        yield world


@pytest.fixture
def acme() -> Account:
    """So busy that nobody reads its history in no time, whatever day of the week it is."""
    return worlds.account(calls_per_day=150)


def has_calls(world: World, integration_id: UUID, more_than: int) -> bool:
    return len(world.called(integration_id)) > more_than


def let_leases_end(world: World) -> None:
    world.query(
        "update public.sync_jobs set lease_until = %s where state = 'running'", datetime.now(UTC) - timedelta(1)
    )


def make_everything_due(world: World) -> None:
    world.query("update private.sync_cursors set next_run_at = %s", datetime.now(UTC) - timedelta(1))


def test_a_pass_ends_with_0_and_says_what_it_did_in_json_lines(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 0, run.errors
        assert [line["resource"] for line in run.said("job_done")] == ["phone_numbers", "calls"]
        assert run.said("job_done")[1]["new_items"] == len(world.listed(acme))
        assert run.errors == ""
    world.assert_whole(integration_id, acme)


def test_failed_work_ends_with_1_and_the_next_pass_recovers(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    world.fault("quota")
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 1
        assert "Limit Exceeded" in run.said("job_failed")[0]["error"]
    world.simulator.faults.clear()
    world.query("update private.provider_quota set probe_at = null")
    make_everything_due(world)
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 0
    world.assert_whole(integration_id, acme)


def test_a_database_without_the_migrations_is_a_misconfiguration(world: World, acme: Account, tmp_path: Path) -> None:
    world.query("revoke execute on function private.claim_sync_job(text, timestamptz) from sync")
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 2
        assert "the database is not ready for the sync script: permission denied" in run.errors


@pytest.mark.parametrize("kills", [1, 2])
def test_killed_in_mid_work_and_started_again_the_rows_are_the_truth(
    world: World, acme: Account, tmp_path: Path, kills: int
) -> None:
    integration_id = world.integrate(acme)
    for _ in range(kills):
        enough = len(world.called(integration_id)) + 10
        with Process(world, tmp_path, "run", SYNC_PAGE_SIZE="3") as run:
            until(partial(has_calls, world, integration_id, enough), "some calls")
            run.signal(signal.SIGKILL)
            assert run.wait() == -signal.SIGKILL
        assert len(world.called(integration_id)) < len(world.listed(acme)), "it was killed too late"
        with Process(world, tmp_path, "run") as run:
            assert run.wait() == 0
        assert len(world.called(integration_id)) < len(world.listed(acme)), "the lease was not respected"
        let_leases_end(world)
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 0, run.output
    world.assert_whole(integration_id, acme)


def test_killed_again_and_again_everything_is_the_truth_in_the_end(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme, resources=RESOURCES)
    listed = ("phone_numbers", "team", "calls", "messages", "voicemails", "contacts")

    def kept() -> int:
        return sum(rows(world, integration_id, resource).total() for resource in listed)

    everything = sum(true_rows(world, acme, resource).total() for resource in listed)
    for part in (0.1, 0.5, 0.9):
        with ExitStack() as stack:
            runs = [stack.enter_context(Process(world, tmp_path, "run", SYNC_PAGE_SIZE="5")) for _ in range(2)]
            until(lambda: kept() > part * everything, "some of everything")  # noqa: B023
            for run in runs:
                run.signal(signal.SIGKILL)
        let_leases_end(world)
    assert kept() < everything, "it was killed too late"
    with ExitStack() as stack:
        runs = [stack.enter_context(Process(world, tmp_path, "run")) for _ in range(2)]
        assert [run.wait() for run in runs] == [0, 0], [run.output for run in runs]
    make_everything_due(world)
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 0, run.output
    assert_equal(world, integration_id, acme, *listed)
    assert world.value("select used from private.provider_quota") >= world.simulator.quota.used(acme.api_key)


def test_sigterm_ends_a_pass_after_the_current_page(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    with Process(world, tmp_path, "run", SYNC_PAGE_SIZE="3") as run:
        until(partial(has_calls, world, integration_id, 10), "some calls")
        run.signal(signal.SIGTERM)
        assert run.wait() == 0
        assert run.said("job_stopped")
    assert len(world.called(integration_id)) < len(world.listed(acme))
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 0
    world.assert_whole(integration_id, acme)


def test_sigterm_does_not_wait_out_a_pause_between_tries(world: World, acme: Account, tmp_path: Path) -> None:
    world.integrate(acme)
    world.fault("server_error", path="/")
    with Process(world, tmp_path, "run") as run:
        until(lambda: run.said("job_started"), "a job")
        run.signal(signal.SIGTERM)
        assert run.wait() == 0
        assert run.said("job_stopped")


def test_one_and_backfill_do_what_they_say(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    world.query("update private.sync_cursors set next_run_at = 'infinity'")
    call = world.true_calls(acme)[0]
    with Process(world, tmp_path, "one", "--integration", str(integration_id), call["id"]) as one:
        assert one.wait() == 0, one.output
    assert world.called(integration_id).keys() == {call["id"]}

    day = world.clock().date() - timedelta(days=2)
    days = ("--from", f"{day}", "--to", f"{day}")
    with Process(world, tmp_path, "backfill", "--integration", str(integration_id), *days) as backfill:
        assert backfill.wait() == 0, backfill.output
    of_that_day = {each["id"] for each in world.true_calls(acme) if each["started_at"].startswith(f"{day}")}
    assert world.called(integration_id).keys() == {call["id"], *of_that_day}


@pytest.mark.parametrize("resource", ["messages", "voicemails"])
def test_other_resources_are_backfilled_by_name(world: World, acme: Account, tmp_path: Path, resource: str) -> None:
    integration_id = world.integrate(acme, resources=[])
    first, last = (world.clock().date() - timedelta(days=days) for days in (8, 1))
    days = ("--from", f"{first}", "--to", f"{last}")
    command = ("backfill", "--integration", str(integration_id), "--resource", resource, *days)
    with Process(world, tmp_path, *command) as backfill:
        assert backfill.wait() == 0, backfill.output
        assert [line["resource"] for line in backfill.said("job_done")] == [resource]
    found = rows(world, integration_id, resource)
    assert found
    assert found == until_day(last, true_rows(world, acme, resource))


def until_day(last: date, every: Rows) -> Rows:
    """The rows of days up to the last."""
    return Rows({row: count for row, count in every.items() if instant_of(row).date() <= last})


def instant_of(row: tuple[object, ...]) -> datetime:
    return next(value for value in row if isinstance(value, datetime))


def test_a_backfill_that_has_to_wait_says_until_when(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme, resources=[])
    world.query(
        "insert into private.provider_quota (api_key_hash, day, used, quota) values (sha256(%s), %s, 5, 5)",
        acme.api_key.encode(),
        world.clock().date(),
    )
    day = f"{world.clock().date() - timedelta(days=2)}"
    with Process(
        world, tmp_path, "backfill", "--integration", str(integration_id), "--from", day, "--to", day
    ) as backfill:
        assert backfill.wait() == 1, backfill.output
        waits = backfill.said("job_waits")[0]
    assert waits["note"] == "today's requests are used up; 5 of 5 were sent with this API key"
    assert datetime.fromisoformat(waits["until"]) > world.clock()


@pytest.mark.parametrize("arguments", [(), ("--failed",), ("--from", "2020-01-01"), ("--to", "2100-01-01")])
def test_events_are_replayed_by_hand(world: World, acme: Account, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    integration_id = world.integrate(acme, resources=[])
    world.query(
        """
        insert into private.webhook_events (
          org_id, integration_id, dedupe_key, received_at, payload, event_type, status, error
        )
        select
          org_id, id, 'guid:1', now() - interval '1 hour', '{"EventType": "Unheard"}', 'Unheard', 'failed', 'for a test'
        from public.integrations
        """
    )
    with Process(world, tmp_path, "replay", "--integration", str(integration_id), *arguments) as replay:
        assert replay.wait() == 0, replay.output
        assert [(line["kind"], line["changed_items"]) for line in replay.said("job_done")] == [("replay", 1)]
    assert world.query("select status, error from private.webhook_events") == [{"status": "ignored", "error": None}]


def test_whoever_does_the_job_its_end_is_told(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    world.query("update private.sync_cursors set next_run_at = 'infinity'")
    with Process(world, tmp_path, "watch") as watch:
        until(lambda: watch.said("listening"), "a watch")
        for call_id, code, state in ((world.true_calls(acme)[0]["id"], 0, "done"), ("no-such-call", 1, "failed")):
            with Process(world, tmp_path, "one", "--integration", str(integration_id), call_id) as one:
                assert one.wait() == code, one.output
                assert [said["state"] for said in one.said("job_over")] == [state]
    assert world.called(integration_id).keys() == {world.true_calls(acme)[0]["id"]}


def test_an_integration_that_does_not_exist_is_said(world: World, tmp_path: Path) -> None:
    with Process(world, tmp_path, "one", "--integration", str(UUID(int=7)), "a-call") as one:
        assert one.wait() == 1
        assert f"There is no enabled integration {UUID(int=7)}" in one.errors
        assert "Traceback" not in one.errors


def test_status_shows_every_resource(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    world.fault("garbage", path="/phonenumbers")
    with Process(world, tmp_path, "run") as run:
        assert run.wait() == 1
    with Process(world, tmp_path, "status", "--json") as status:
        assert status.wait() == 0
        shown = {row["resource"]: row for row in json.loads(status.output)}
    assert shown.keys() == set(RESOURCES)
    assert shown["calls"]["integration_id"] == str(integration_id)
    assert shown["calls"]["watermark"] is not None
    with Process(world, tmp_path, "status", COLUMNS="200") as status:
        assert status.wait() == 0
        assert "MightyCall" in status.output
        assert "phone_numbers" in status.output
        used = world.value("select used from private.provider_quota")
        assert f"{used} of 2500" in status.output


def test_watch_takes_up_requested_work_within_a_second(world: World, acme: Account, tmp_path: Path) -> None:
    integration_id = world.integrate(acme)
    with Process(world, tmp_path, "watch") as watch:
        until(lambda: len(watch.said("job_done")) == 2, "the first pass")
        assert watch.said("listening")
        delays = [delay_of_requested_job(world, integration_id, watch) for _ in range(3)]
        # Unheard, each would wait for five seconds. A busy machine delays some of them, but hardly all.
        assert min(delays) < timedelta(seconds=2), delays
        watch.signal(signal.SIGTERM)
        assert watch.wait() == 0
        assert watch.errors == ""
    world.assert_whole(integration_id, acme)


def delay_of_requested_job(world: World, integration_id: UUID, watch: Process) -> timedelta:
    done, asked_at = len(watch.said("job_done")), datetime.now(UTC)
    with Store(world.database.url("sync")) as store:
        store.queue_job(integration_id, "phone_numbers", "requested", now=asked_at)
    last = until(lambda: watch.said("job_done")[done:], "the requested job")[0]
    return datetime.fromisoformat(last["at"]) - asked_at


def test_watch_waits_for_an_absent_database_and_goes_on_when_it_is_back(
    world: World, acme: Account, tmp_path: Path
) -> None:
    integration_id = world.integrate(acme)
    with gate(world) as (way, url):
        way.shut()
        with Process(world, tmp_path, "watch", SYNC_DATABASE_URL=url) as watch:
            until(lambda: watch.said("database_away"), "a word about the database")
            way.reopen()
            until(lambda: watch.said("database_back"), "the database")
            until(lambda: len(watch.said("job_done")) == 2, "the first pass")
            known = len(watch.said("database_away"))
            way.shut()
            until(lambda: len(watch.said("database_away")) > known, "a word about the database")
            way.reopen()
            with Store(world.database.url("sync")) as store:
                store.queue_job(integration_id, "phone_numbers", "requested", now=datetime.now(UTC))
            until(lambda: len(watch.said("job_done")) >= 3, "the requested job")
            assert watch.is_running
            watch.signal(signal.SIGTERM)
            assert watch.wait() == 0
            assert re.search("password", watch.output + watch.errors) is None


@pytest.fixture
def runtime() -> Runtime:
    return Runtime(now=lambda: datetime.now(UTC), sleep=lambda _: None, random=lambda: 0.5, is_stopping=lambda: False)


def test_a_bell_is_heard_over_a_direct_connection(database: Database, runtime: Runtime) -> None:
    with Store(database.url("sync")) as store:
        bell = Bell(database.url("sync"), store, runtime)
        assert bell.hang()
        store.notify(CHANNEL)
        bell.wait(30)  # It would be the test's own time limit that ends a wait in vain.
        bell.close()


def test_a_bell_that_cannot_be_heard_is_not_trusted(
    database: Database, migrated: Database, runtime: Runtime, world: World
) -> None:
    # Notifications do not cross databases, as they do not cross a transaction pooler.
    with Store(world.database.url("sync")) as store:
        elsewhere = world.database.url("sync").replace(f"/{world.database.name}", "/platform")
        bell = Bell(elsewhere, store, runtime)
        assert not bell.hang()
        assert not bell.is_heard
        bell.wait(1)
        bell.close()
