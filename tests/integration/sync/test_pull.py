from datetime import timedelta

import pytest

from simulator.accounts import Account
from simulator.script import Script
from sync.worker import run_pass
from tests.integration.sync import world as worlds
from tests.integration.sync.world import START, Log, World
from tools.scratch import Database


@pytest.mark.parametrize("page_size", [1000, 7])
def test_a_first_pass_brings_the_whole_history(world: World, acme: Account, page_size: int) -> None:
    integration_id = world.integrate(acme)
    log = world.run(page_size=page_size)
    assert log.outcomes == [("phone_numbers", "done", None), ("calls", "done", None)]
    world.assert_whole(integration_id, acme)
    assert world.watermark(integration_id) == world.clock()
    assert world.pauses == []


def test_a_first_pass_brings_the_numbers(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    numbers = world.query(
        "select e164, label, is_enabled from public.phone_numbers where integration_id = %s order by e164",
        integration_id,
    )
    assert [tuple(number.values()) for number in numbers] == [
        (number.e164, number.label, number.is_enabled) for number in acme.numbers
    ]


def test_the_job_tells_what_it_brought(world: World, acme: Account) -> None:
    world.integrate(acme)
    log = world.run(page_size=7)
    job = world.query("select * from public.sync_jobs where resource = 'calls'")[0]
    assert (job["state"], job["error"], job["attempt"]) == ("done", None, 1)
    assert job["items_new"] == sum(page.new_items for page in log.pages[1:]) == len(world.listed(acme))
    assert (job["items_changed"], job["items_unchanged"], job["items_rejected"]) == (0, 0, 0)
    assert job["read_through"] == job["range_to"] == world.clock()


def test_nothing_is_due_again_at_once(world: World, acme: Account) -> None:
    world.integrate(acme)
    world.run()
    assert world.run().outcomes == []


def test_the_next_pass_reads_an_overlap_and_finds_what_is_new(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    world.simulator.live.order(Script(account=acme.api_key, answer_after=5, talk=60))
    used = world.simulator.quota.used(acme.api_key)
    world.clock.advance(minutes=5)
    log = world.run()
    assert log.outcomes == [("calls", "done", None)]
    assert [page.new_items for page in log.pages] == [1]
    assert log.pages[0].changed_items == 0
    assert world.simulator.quota.used(acme.api_key) == used + 1
    world.assert_whole(integration_id, acme)
    assert world.watermark(integration_id) == world.clock()


def test_what_the_provider_corrects_within_the_overlap_is_read_again(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    before = world.stated(integration_id)
    renamed = tuple(agent.model_copy(update={"name": f"{agent.name} Jr"}) for agent in acme.team)
    world.simulator.exchange.put(acme.model_copy(update={"team": renamed}))
    world.clock.advance(minutes=5)
    changes = sum(page.changed_items + page.unchanged_items for page in world.run().pages)
    listed, after = world.listed(acme), world.stated(integration_id)
    reread = {call_id for call_id in after if after[call_id] != before[call_id]}
    overlap = START - timedelta(hours=3)
    corrected = {call_id for call_id in listed if listed[call_id] != before[call_id]}
    assert reread == {call_id for call_id in corrected if worlds.instant(listed[call_id]["dateTimeUtc"]) >= overlap}
    assert 0 < len(reread) < len(corrected)
    assert changes >= len(reread)


def test_a_classic_account_is_read_from_its_own_host(database: Database) -> None:
    classic = worlds.account("classic", kind="classic")
    with worlds.world(database, classic) as world:
        integration_id = world.integrate(classic)
        assert world.run().errors == []
        world.assert_whole(integration_id, classic)


def test_one_call_is_read_on_request(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    call_id = next(iter(world.listed(acme)))
    with world.worker(log=(log := Log())) as tools:
        tools.store.queue_job(integration_id, "calls", "one", provider_id=call_id, now=world.clock())
        world.query("update private.sync_cursors set next_run_at = 'infinity'")
        assert run_pass(tools) == 0
    assert log.outcomes == [("calls", "done", None)]
    assert world.called(integration_id) == {call_id: world.truly_called(acme)[call_id]}
    assert world.watermark(integration_id) is None


def test_a_call_that_does_not_exist_fails_readably(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    with world.worker(log=(log := Log())) as tools:
        tools.store.queue_job(integration_id, "calls", "one", provider_id="no such call?", now=world.clock())
        assert run_pass(tools) == 1
    assert log.errors == ["GET /api/calls/no%20such%20call%3F: MightyCall answered 404: No such call"]


def test_a_backfill_reads_its_range_and_leaves_the_watermark(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    watermark = world.watermark(integration_id)
    world.query("delete from private.call_snapshots")
    start, end = world.clock() - timedelta(days=3), world.clock() - timedelta(days=1)
    with world.worker() as tools:
        tools.store.queue_job(integration_id, "calls", "backfill", range_from=start, range_to=end, now=world.clock())
        assert run_pass(tools) == 0
    assert world.stated(integration_id) == {
        call["id"]: call["history"]
        for call in world.true_calls(acme)
        if start <= worlds.instant(call["started_at"]) <= end
    }
    assert world.watermark(integration_id) == watermark


def test_an_item_that_is_no_call_is_set_aside_and_the_rest_goes_on(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    nonsense = ["7", '{"id":"x","dateTimeUtc":"yesterday"}', '{"id":1e999}', '{"id":"\\ud800"}', '"\\u0000"']
    with world.worker() as tools:
        tools.store.queue_job(
            integration_id,
            "calls",
            "backfill",
            range_from=world.clock() - timedelta(days=1),
            range_to=world.clock(),
            now=world.clock(),
        )
        job = tools.store.claim_job("worker", world.clock())
        assert job
        fine = '{"id":"fine","dateTimeUtc":"2025-06-01T00:00:00.000Z","direction":"Incoming","callStatus":"Missed"}'
        applied = tools.store.apply_page(
            job.job_id,
            "worker",
            [*nonsense, fine],
            observed_at=world.clock(),
            through=None,
            total=10**12,
            now=world.clock(),
        )
    assert (applied.new_items, applied.rejected_items) == (1, len(nonsense))
    assert "fine" in world.called(integration_id)
