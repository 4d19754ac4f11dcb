"""Jobs that are not simply due: backfills that give way and wait, tests of keys and of the webhook address, replays."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from credentials import seal
from simulator.accounts import Account
from sync.jobstore import Job, Outcome
from sync.worker import run_pass
from tests.integration.sync import world as worlds
from tests.integration.sync.mirror import assert_equal
from tests.integration.sync.world import START, Log, World
from tests.support import programs
from tests.support.programs import Door
from tools.scratch import Database, ScratchCluster

DAY = timedelta(days=1)


def outcome(world: World, job_id: UUID) -> Outcome:
    with world.worker() as tools:
        found = tools.store.job_outcome(job_id)
    assert found is not None
    return found


def queue(world: World, integration_id: UUID, resource: str, kind: str, **details: Any) -> UUID:
    with world.worker() as tools:
        return tools.store.queue_job(integration_id, resource, kind, now=world.clock(), **details)


def run(world: World, log: Log) -> int:
    with world.worker(log=log) as tools:
        return run_pass(tools)


def backfill(world: World, integration_id: UUID, days: int = 3) -> UUID:
    """Ask for the calls of whole days, a slice each."""
    end = START.replace(hour=0)
    return queue(world, integration_id, "calls", "backfill", range_from=end - days * DAY, range_to=end)


def test_a_backfill_gives_way_after_each_slice_and_reads_none_twice(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    job_id = backfill(world, integration_id)
    log = Log()

    def ask(job: Job) -> None:
        if job.kind == "backfill" and len(log.pages) <= 3:
            queue(world, integration_id, "phone_numbers", "requested")

    log.on_page = ask
    assert run(world, log) == 0
    assert [(resource, outcome) for resource, outcome, _ in log.outcomes] == [
        ("calls", "yielded"),
        ("phone_numbers", "done"),
        ("calls", "yielded"),
        ("phone_numbers", "done"),
        ("calls", "done"),
    ]
    token, slices, asked = 1, 3, 2
    assert world.simulator.quota.used(acme.api_key) == token + slices + asked
    assert outcome(world, job_id).items_unchanged == 0
    assert world.value("select attempt from public.sync_jobs where id = %s", job_id) == 1


def test_a_backfill_gives_way_to_what_has_become_due(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    backfill(world, integration_id)
    log = Log()

    def let_something_be_due(_: Job) -> None:
        log.on_page = lambda _: None
        world.query("update private.sync_cursors set next_run_at = %s where resource = 'team'", world.clock())

    log.on_page = let_something_be_due
    assert run(world, log) == 0
    assert [(resource, outcome) for resource, outcome, _ in log.outcomes] == [
        ("calls", "yielded"),
        ("team", "done"),
        ("calls", "done"),
    ]


def use_up(world: World, account: Account, used: int, quota: int = 10) -> None:
    world.query(
        "insert into private.provider_quota (api_key_hash, day, used, quota) values (sha256(%s), %s, %s, %s)",
        account.api_key.encode(),
        world.clock().date(),
        used,
        quota,
    )


def test_a_backfill_leaves_requests_to_what_is_urgent_and_goes_on_the_next_day(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    use_up(world, acme, 5)
    job_id = backfill(world, integration_id)
    log = Log()
    assert run(world, log) == 0
    kept_back = "what is left of today's requests is kept for more urgent work; 7 of 10 were sent with this API key"
    assert log.outcomes == [("calls", "postponed", kept_back)]
    waiting = outcome(world, job_id)
    assert (waiting.state, waiting.note) == ("queued", kept_back)
    assert waiting.run_after == world.clock() + timedelta(minutes=15, seconds=30)
    read = waiting.items_new
    assert read > 0, "the first slice was read"

    queue(world, integration_id, "phone_numbers", "requested")
    assert run(world, Log()) == 0, "what is urgent is still done"

    world.clock.now = (world.clock() + DAY).replace(hour=0, minute=5)
    world.query("update private.provider_quota set quota = 2500")
    assert run(world, log := Log()) == 0
    assert log.outcomes == [("calls", "done", None)]
    done = outcome(world, job_id)
    assert (done.state, done.note, done.items_unchanged) == ("done", None, 0)
    assert done.items_new > read


def test_a_backfill_outlives_an_outage_and_goes_on_where_it_was(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    job_id = backfill(world, integration_id)
    log = Log()
    log.on_page = lambda _: world.fault("server_error")
    assert run(world, log) == 0
    (postponed,) = log.outcomes
    assert postponed[1] == "postponed"
    waiting = outcome(world, job_id)
    assert waiting.state == "queued"
    assert waiting.note is not None
    assert "answered 500" in waiting.note
    assert (read := waiting.items_new) > 0

    for _ in range(3):
        world.clock.advance(hours=2)
        log = Log()
        assert run(world, log) == 0
        assert [outcome for _, outcome, _ in log.outcomes] == ["postponed"]

    world.simulator.faults.clear()
    world.clock.advance(hours=2)
    assert run(world, Log()) == 0
    done = outcome(world, job_id)
    assert (done.state, done.note, done.items_unchanged) == ("done", None, 0)
    assert done.items_new > read


def test_a_backfill_that_never_gets_on_fails_in_the_end(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    job_id = backfill(world, integration_id)
    world.fault("server_error")
    for _ in range(7):
        assert run(world, Log()) == 0
        world.clock.advance(hours=1, minutes=30)
    assert run(world, Log()) == 1
    failed = outcome(world, job_id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "answered 500" in failed.error


def test_what_is_due_waits_until_midnight_when_requests_are_used_up(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=["phone_numbers"])
    use_up(world, acme, 10)
    log = Log()
    assert run(world, log) == 0
    assert [outcome for _, outcome, _ in log.outcomes] == ["postponed"]
    job = world.query("select state, note, error, run_after from public.sync_jobs")[0]
    midnight = START.replace(hour=0) + DAY
    assert job.pop("run_after") == midnight + timedelta(seconds=30)
    used_up = "today's requests are used up; 10 of 10 were sent with this API key"
    assert job == {"state": "queued", "note": used_up, "error": None}
    world.clock.now = midnight + timedelta(minutes=1)
    assert run(world, Log()) == 0
    assert_equal(world, integration_id, acme, "phone_numbers")


def test_a_backfill_that_mightycall_refuses_goes_on_an_hour_later(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    job_id = backfill(world, integration_id)
    world.fault("quota", times=1)
    assert run(world, Log()) == 0
    waiting = outcome(world, job_id)
    assert waiting.state == "queued"
    assert "answered 429: Limit Exceeded" in (waiting.note or "")
    world.clock.advance(hours=1, minutes=2)
    assert run(world, Log()) == 0
    assert outcome(world, job_id).state == "done"


def test_keys_are_tested_with_one_phone_number(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    job_id = queue(world, integration_id, "phone_numbers", "test")
    assert run(world, Log()) == 0
    assert outcome(world, job_id).state == "done"
    assert world.simulator.quota.used(acme.api_key) == 2
    assert world.value("select count(*) from public.phone_numbers") >= 1


def test_a_test_asks_the_keys_even_while_a_token_is_good(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    wrong = seal(
        b"wrong",
        world.keys.current.public,
        organization="platform",
        integration_id=integration_id,
        purpose="user_key",
    )
    world.query("update private.integration_credentials set sealed = %s where purpose = 'user_key'", wrong)
    job_id = queue(world, integration_id, "phone_numbers", "test")
    assert run(world, Log()) == 1
    assert outcome(world, job_id).error == "POST /auth/token: MightyCall answered 400: invalid_client"


@pytest.fixture
def live(database: Database, acme: Account) -> Iterator[World]:
    """A world on the system's clock, which the webhook app reads, too."""
    with worlds.world(database, acme, clock=worlds.Clock(datetime.now(UTC))) as world:
        yield world


@pytest.fixture
def app(cluster: ScratchCluster, live: World) -> Iterator[Door]:
    """The webhook app, and what it is told about its address."""
    with programs.webhook_app(cluster, live.database, WEBHOOKS_SECRETS_TTL_SECONDS="0") as door:
        live.query("update public.platform_settings set webhooks_url = %s", door.url)
        yield door


def give_secret(world: World, integration_id: UUID, value: bytes = b"the webhook secret") -> None:
    key = world.keys.current
    sealed = seal(value, key.public, organization="platform", integration_id=integration_id, purpose="webhook_secret")
    world.query(
        "insert into private.integration_credentials (org_id, integration_id, purpose, key_id, sealed)"
        " select org_id, id, 'webhook_secret', %s, %s from public.integrations where id = %s",
        key.key_id,
        sealed,
        integration_id,
    )


@pytest.mark.parametrize("mode", ["signed", "token"])
def test_a_test_delivery_arrives_at_our_own_door(live: World, app: Door, acme: Account, mode: str) -> None:
    integration_id = live.integrate(acme, resources=[])
    live.query("update public.integrations set webhook_mode = %s", mode)
    if mode == "signed":
        give_secret(live, integration_id)
    job_id = queue(live, integration_id, "calls", "test_delivery")
    assert run(live, log := Log()) == 0, log.errors
    assert outcome(live, job_id).state == "done"
    event = live.query(
        "select integration_id, event_type, status, payload ->> 'Guid' as guid from private.webhook_events"
    )
    assert event == [
        {"integration_id": integration_id, "event_type": "TestDelivery", "status": "ignored", "guid": str(job_id)}
    ]
    assert live.simulator.quota.used(acme.api_key) == 0, "it costs no request"


def test_a_test_delivery_that_is_not_taken_says_why(live: World, app: Door, acme: Account) -> None:
    integration_id = live.integrate(acme, resources=[])
    missing = queue(live, integration_id, "calls", "test_delivery")
    assert run(live, Log()) == 1
    assert outcome(live, missing).error == "the integration has no webhook secret"

    give_secret(live, integration_id)
    live.query("update public.platform_settings set webhooks_url = %s", f"{app.url}/elsewhere")
    refused = queue(live, integration_id, "calls", "test_delivery")
    assert run(live, Log()) == 1
    assert (outcome(live, refused).error or "").startswith("our webhook address answered 404: ")

    live.query("update public.platform_settings set webhooks_url = 'http://127.0.0.1:1'")
    away = queue(live, integration_id, "calls", "test_delivery")
    assert run(live, Log()) == 1
    assert (outcome(live, away).error or "").startswith("our webhook address cannot be reached: ")
    assert live.value("select count(*) from private.webhook_events") == 0
    assert live.value("select last_error from public.integrations") is None, "the account itself is not in trouble"


def deliver(world: World, integration_id: UUID, calls: int) -> None:
    """Let events of calls arrive, three a call."""
    bodies = [
        {
            "EventType": kind,
            "Guid": f"{call:08x}-0000-4000-8000-{place:012x}",
            "Timestamp": (START + timedelta(seconds=call * 60 + place * 10)).isoformat(),
            "Body": {"Id": f"call-{call}", "From": "+12125550190", "To": "+12125550100", "Extension": "101"},
        }
        for call in range(calls)
        for place, kind in enumerate(("IncomingCall", "IncomingCallConnected", "IncomingCallCompleted"))
    ]
    deliveries = [
        json.dumps({"integration_id": str(integration_id), "received_at": START.isoformat(), "body": json.dumps(body)})
        for body in bodies
    ]
    world.query("select count(*) from private.ingest_webhook_events(%s::jsonb[])", deliveries)


def queue_replay(world: World, integration_id: UUID, *, status: str | None = None, **period: datetime) -> UUID:
    with world.worker() as tools:
        return tools.store.queue_replay(
            integration_id, period.get("start"), period.get("end"), status, now=world.clock()
        )


def test_a_replay_applies_all_events_again_in_rounds_and_gives_way(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    world.clock.advance(hours=9)
    deliver(world, integration_id, 150)
    before = world.called(integration_id)
    assert len(before) == 150
    world.query("delete from public.legs")
    world.query("delete from public.calls")
    job_id = queue_replay(world, integration_id)
    log = Log()

    def ask(_: Job) -> None:
        log.on_page = lambda _: None
        queue(world, integration_id, "phone_numbers", "requested")

    log.on_page = ask
    assert run(world, log) == 0
    assert [(resource, outcome) for resource, outcome, _ in log.outcomes] == [
        ("calls", "yielded"),
        ("phone_numbers", "done"),
        ("calls", "done"),
    ]
    assert world.called(integration_id) == before
    done = outcome(world, job_id)
    assert (done.state, done.items_changed, done.items_rejected) == ("done", 450, 0)


def test_only_failed_events_or_those_of_a_period_are_replayed(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=[])
    world.clock.advance(hours=1)
    deliver(world, integration_id, 2)
    world.query(
        "update private.webhook_events set status = 'failed', error = 'of yesterday' where event_type = 'IncomingCall'"
    )
    failed = queue_replay(world, integration_id, status="failed")
    assert run(world, Log()) == 0
    assert outcome(world, failed).items_changed == 2
    assert world.value("select count(*) from private.webhook_events where status = 'failed'") == 0

    within = queue_replay(world, integration_id, start=START, end=START + DAY)
    outside = queue_replay(world, integration_id, start=START - DAY, end=START)
    assert run(world, Log()) == 0
    assert outcome(world, within).items_changed == 6
    assert outcome(world, outside).items_changed == 0
