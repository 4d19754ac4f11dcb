"""Calls in progress whose end was lost: what the history leaves out is asked for, and nothing lasts for days."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from simulator.accounts import Account
from simulator.calls import Call
from simulator.script import Script
from tests.integration.sync.world import Log, World

ASKED = "unfinished_call"
CALLER = "+12125550177"


@pytest.fixture
def integration_id(world: World, acme: Account) -> UUID:
    """An account read up to now, with none but the usual passes to come."""
    integration_id = world.integrate(acme, resources=("calls",))
    assert world.run().errors == []
    return integration_id


def tell(world: World, integration_id: UUID, call_id: str, **at: datetime) -> None:
    """Deliver events of a call, as the webhook app does."""
    for kind, instant in at.items():
        body = {"From": CALLER, "To": "+12125550100", **({"Extension": "101"} if kind != "IncomingCall" else {})}
        world.query(
            "select tests.deliver(%s, tests.event(%s, %s, %s, %s::jsonb), %s)",
            *(integration_id, kind, call_id, instant, str(body).replace("'", '"'), instant),
        )


def order(world: World, acme: Account, ago: timedelta, talk: float) -> Call:
    """Let a call begin so long ago that no pass reads it again by itself."""
    script = {
        "account": acme.api_key,
        "number": "+12125550100",
        "from": CALLER,
        "starts_at": world.clock() - ago,
        "answer_after": 5,
        "talk": talk,
    }
    return world.simulator.live.order(Script.model_validate(script))


def told(world: World, call_id: str) -> dict[str, Any]:
    """The row of a call."""
    return world.query("select * from public.calls where provider_call_id = %s", call_id)[0]


def run_in(world: World, **time: float) -> Log:
    """The next pass, so much later."""
    world.clock.advance(**time)
    world.query("update private.sync_cursors set next_run_at = %s where resource = 'calls'", world.clock())
    return world.run()


def test_a_lost_end_is_asked_for(world: World, acme: Account, integration_id: UUID) -> None:
    call = order(world, acme, timedelta(hours=5), talk=60)
    began = world.clock() - timedelta(hours=5)
    tell(world, integration_id, call.id, IncomingCall=began, IncomingCallConnected=began + timedelta(seconds=5))
    assert told(world, call.id)["outcome"] is None
    used = world.simulator.quota.used(acme.api_key)
    log = run_in(world, minutes=5)
    assert log.outcomes == [("calls", "done", None)]
    assert log.events.count(ASKED) == 1
    assert world.simulator.quota.used(acme.api_key) == used + 2
    row = told(world, call.id)
    assert (row["outcome"], row["deleted_at"]) == ("answered", None)
    assert world.called(integration_id)[call.id] == world.truly_called(acme)[call.id]
    assert run_in(world, minutes=30).events.count(ASKED) == 0


def test_a_lost_end_in_the_usual_overlap_needs_no_asking(world: World, acme: Account, integration_id: UUID) -> None:
    call = order(world, acme, timedelta(minutes=50), talk=60)
    tell(world, integration_id, call.id, IncomingCall=world.clock() - timedelta(minutes=50))
    log = run_in(world, minutes=5)
    assert log.events.count(ASKED) == 0
    assert told(world, call.id)["outcome"] == "answered"


def test_a_call_that_lasts_is_asked_for_more_and_more_seldom(world: World, acme: Account, integration_id: UUID) -> None:
    call = order(world, acme, timedelta(0), talk=7200)
    tell(
        world,
        integration_id,
        call.id,
        IncomingCall=world.clock(),
        IncomingCallConnected=world.clock() + timedelta(seconds=5),
    )
    asked = [run_in(world, minutes=5).events.count(ASKED) for _ in range(24)]
    assert [minute * 5 + 5 for minute, times in enumerate(asked) if times] == [20, 30, 50, 90]
    row = told(world, call.id)
    assert (row["outcome"], row["deleted_at"]) == (None, None)
    # It ends; the pass lists it, which began within the last three hours.
    assert run_in(world, minutes=10).events.count(ASKED) == 0
    assert told(world, call.id)["outcome"] == "answered"


def test_one_that_nobody_knows_is_over_after_a_day(world: World, integration_id: UUID) -> None:
    tell(world, integration_id, "never was", IncomingCall=world.clock())
    asked = gone = 0
    for _ in range(29):
        log = run_in(world, hours=1)
        assert log.errors == []
        asked += log.events.count(ASKED)
        gone += told(world, "never was")["deleted_at"] is not None
    assert asked < 12
    assert 3 <= gone <= 6, "it was over sooner or later than a day and some hours after its start"
    row = told(world, "never was")
    assert row["outcome"] is None
    assert world.value("select count(*) from public.live_calls") == 0
    # It was, after all.
    world.query(
        "select private.apply_calls(%s, array[tests.listed('never was', %s)::jsonb], %s)",
        *(integration_id, world.clock() - timedelta(days=2), world.clock()),
    )
    assert (told(world, "never was")["outcome"], told(world, "never was")["deleted_at"]) == ("answered", None)


@pytest.mark.parametrize("fault", ["server_error", "garbage", "expired_token", "quota"])
def test_that_one_cannot_be_asked_for_undoes_nothing(
    world: World, acme: Account, integration_id: UUID, fault: str
) -> None:
    call = order(world, acme, timedelta(hours=5), talk=60)
    tell(world, integration_id, call.id, IncomingCall=world.clock() - timedelta(hours=5))
    world.fault(fault, path=f"/calls/{call.id}")
    log = run_in(world, minutes=5)
    assert log.outcomes == [("calls", "done", None)]
    assert world.watermark(integration_id) == world.clock()
    assert told(world, call.id)["outcome"] is None
    world.simulator.faults.clear()
    run_in(world, minutes=90)
    assert told(world, call.id)["outcome"] == "answered"


def test_ten_are_asked_for_at_a_pass_each_in_turn(world: World, integration_id: UUID) -> None:
    for number in range(15):
        tell(world, integration_id, f"lost {number}", IncomingCall=world.clock())
    assert run_in(world, minutes=6).events.count(ASKED) == 10
    assert run_in(world, minutes=6).events.count(ASKED) == 5
    assert world.value("select min(asked) || ' ' || max(asked) || ' ' || count(*) from private.call_checks") == "1 1 15"


def test_the_requests_of_people_are_left_to_them(world: World, acme: Account, integration_id: UUID) -> None:
    call = order(world, acme, timedelta(hours=5), talk=60)
    tell(world, integration_id, call.id, IncomingCall=world.clock() - timedelta(hours=5))
    # What is due by itself may use 2,400 of 2,500: one is left for the list, none for the call.
    world.query("update private.provider_quota set used = 2399")
    log = run_in(world, minutes=5)
    assert log.outcomes == [("calls", "done", None)]
    assert told(world, call.id)["outcome"] is None
    assert world.value("select max(used) from private.provider_quota") == 2400


def test_a_backfill_asks_for_none(world: World, integration_id: UUID) -> None:
    tell(world, integration_id, "lost", IncomingCall=world.clock() - timedelta(hours=5))
    with world.worker() as tools:
        now = world.clock()
        tools.store.queue_job(
            integration_id, "calls", "backfill", range_from=now - timedelta(hours=9), range_to=now, now=now
        )
    world.query("update private.sync_cursors set next_run_at = 'infinity'")
    log = world.run()
    assert (log.outcomes, log.events.count(ASKED)) == ([("calls", "done", None)], 0)
