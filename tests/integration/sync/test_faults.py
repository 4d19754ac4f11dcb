"""Whatever the provider does, the job fails readably, the watermark stays, and a later pass recovers."""

import re
from datetime import timedelta

import pytest

from simulator.accounts import Account
from sync.jobstore import Job
from sync.worker import run_pass
from tests.integration.sync import world as worlds
from tests.integration.sync.world import Log, World
from tools.scratch import Database

FAULTS = {
    "server_error": ("server_error", {}, r"GET /api/calls: MightyCall answered 500: An error has occurred\."),
    "garbage": ("garbage", {}, r"GET /api/calls: MightyCall answered 200: <html>.*\(the answer is no JSON object"),
    "short_list": (
        "truncated_page",
        {"how": "short_list"},
        r"truncated page: \d+ of \d+ items after 0, of \d+ in total",
    ),
    "cut_body": ("truncated_page", {"how": "cut_body"}, r"GET /api/calls: peer closed connection"),
    "silence": ("silence", {}, r"GET /api/calls: no answer within 2 s"),
    "quota_429": ("quota", {"status": 429}, r"GET /api/calls: MightyCall answered 429: Limit Exceeded"),
    "quota_403": ("quota", {"status": 403}, r"GET /api/calls: MightyCall answered 403: Limit Exceeded"),
    "expired_token": ("expired_token", {}, r"GET /api/calls: MightyCall answered 401: Authorization has been denied"),
}


PATIENCE = (60.0, 2.0)
"""Seconds to wait for an answer that comes, however busy the machine is, and for one that does not."""


@pytest.mark.parametrize(("fault", "options", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_fault_from_the_start_is_survived(
    world: World, acme: Account, fault: str, options: dict[str, str], reason: str
) -> None:
    integration_id = world.integrate(acme)
    # Days before the provider's history begins are empty, and nothing can be missing from an empty page.
    world.query("update private.sync_resources set initial_history = interval '3 days' where resource = 'calls'")
    world.fault(fault, **options)
    log = world.run(http_timeout_seconds=PATIENCE[fault == "silence"])
    assert [(resource, outcome) for resource, outcome, _ in log.outcomes] == [
        ("phone_numbers", "done"),
        ("calls", "failed"),
    ]
    assert_readable(world, log, reason)
    assert world.watermark(integration_id) is None
    assert world.called(integration_id) == {}

    world.simulator.faults.clear()
    assert world.run().outcomes == [], "a failed job is not repeated at once"
    world.clock.advance(hours=1, minutes=2)
    assert world.run().errors == []
    start = world.clock() - timedelta(days=3)
    recent = [call["id"] for call in world.true_calls(acme) if worlds.instant(call["started_at"]) >= start]
    assert len(recent) > 50
    assert world.called(integration_id) == {call_id: world.truly_called(acme)[call_id] for call_id in recent}
    assert world.watermark(integration_id) == world.clock()


@pytest.mark.parametrize(("fault", "options", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_middle_keeps_what_was_read(
    world: World, acme: Account, fault: str, options: dict[str, str], reason: str
) -> None:
    integration_id = world.integrate(acme)
    log = Log()

    def interfere(job: Job) -> None:
        if len(world.called(integration_id)) > 30:
            log.on_page = lambda _: None
            world.fault(fault, **options)

    log.on_page = interfere
    with world.worker(log=log, page_size=10, http_timeout_seconds=PATIENCE[fault == "silence"]) as tools:
        assert run_pass(tools) == 1
    assert_readable(world, log, reason.replace("after 0", r"after \d+"))
    kept = world.called(integration_id)
    assert 30 < len(kept) < len(world.truly_called(acme))
    watermark = world.watermark(integration_id)
    assert watermark is not None
    assert watermark < world.clock()
    assert {
        call["id"] for call in world.true_calls(acme) if worlds.instant(call["started_at"]) < watermark
    } <= kept.keys()

    world.simulator.faults.clear()
    world.clock.advance(hours=1, minutes=2)
    assert world.run().errors == []
    world.assert_whole(integration_id, acme)


def assert_readable(world: World, log: Log, reason: str) -> None:
    assert len(log.errors) == 1
    assert re.search(reason, log.errors[0]), log.errors[0]
    job = world.query("select state, error from public.sync_jobs where resource = 'calls'")[0]
    assert job == {"state": "failed", "error": log.errors[0]}
    assert world.value("select last_error from public.integrations") == log.errors[0]


@pytest.mark.parametrize("fault", ["server_error", "garbage", "truncated_page"])
def test_a_fault_that_passes_is_not_even_noticed(world: World, acme: Account, fault: str) -> None:
    integration_id = world.integrate(acme)
    for times in (1, 2):
        world.fault(fault, times=times)
    assert world.run(page_size=10).errors == []
    assert len(world.pauses) >= 3 or fault == "truncated_page"
    world.assert_whole(integration_id, acme)


def test_one_expired_token_costs_one_new_token(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.fault("expired_token", times=1)
    assert world.run().errors == []
    assert world.pauses == []
    world.assert_whole(integration_id, acme)


def test_a_spent_quota_rests_an_hour_and_is_probed_with_one_request(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.fault("quota", path="/", times=1)
    log = world.run()
    assert [outcome for _, outcome, _ in log.outcomes] == ["failed", "postponed"]
    assert "answered 429: Limit Exceeded" in log.errors[0]
    assert "MightyCall refused requests within the last hour" in log.errors[1]

    world.clock.advance(minutes=30)
    assert world.run().outcomes == []
    world.clock.advance(minutes=32)
    world.fault("quota", path="/")
    asked = world.value("select used from private.provider_quota")
    world.run()
    assert world.value("select used from private.provider_quota") == asked + 1

    world.simulator.faults.clear()
    world.clock.advance(minutes=62)
    assert world.run().errors == []
    world.assert_whole(integration_id, acme)


def test_wrong_keys_fail_readably_and_quote_nothing(database: Database) -> None:
    served = worlds.account()
    wrong = worlds.account(user_key="a-user-key-that-is-wrong")
    with worlds.world(database, served) as world:
        world.integrate(wrong)
        log = world.run()
        assert log.errors == ["POST /auth/token: MightyCall answered 400: invalid_client"] * 2
        assert "a-user-key-that-is-wrong" not in str(world.query("select * from public.sync_jobs"))


def test_an_unknown_api_key_fails_readably(database: Database) -> None:
    with worlds.world(database, worlds.account()) as world:
        world.integrate(worlds.account("stranger"))
        assert world.run().errors == ["POST /auth/token: MightyCall answered 400: invalid_client"] * 2


def test_one_failing_integration_does_not_stop_the_others(database: Database) -> None:
    good, bad, broken = worlds.account("good"), worlds.account("bad"), worlds.account("broken")
    with worlds.world(database, good, bad, broken) as world:
        world.integrate(bad)
        world.query("update private.integration_credentials set sealed = sealed || 'x'")
        world.integrate(broken)
        integration_id = world.integrate(good)
        world.fault("garbage", path="/", account=broken.api_key)
        log = world.run()
        assert len(log.errors) == 4
        assert (
            sum("the api_key cannot be used" in error or "user_key cannot be used" in error for error in log.errors)
            == 2
        )
        world.assert_whole(integration_id, good)
