"""Every resource: what the provider lists is what the rows say, first and after it has changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from simulator.accounts import Account
from simulator.upstream import Kind
from sync.worker import run_pass
from tests.integration.sync import world as worlds
from tests.integration.sync.mirror import assert_equal, rows, true_rows
from tests.integration.sync.world import RESOURCES, START, Log, World
from tools.scratch import Database

SHOWN_AFTER = timedelta(seconds=10)
LISTED = tuple(resource for resource in RESOURCES if resource != "agent_status")


@pytest.mark.parametrize("page_size", [1000, 7])
@pytest.mark.parametrize("kind", ["call_center", "classic"])
def test_a_first_pass_brings_everything(database: Database, kind: str, page_size: int) -> None:
    account = worlds.account(kind=kind)
    with worlds.world(database, account) as world:
        integration_id = world.integrate(account, resources=RESOURCES)
        log = world.run(page_size=page_size)
        assert log.outcomes == [(resource, "done", None) for resource in RESOURCES]
        assert_equal(world, integration_id, account, *LISTED)
        assert world.pauses == []
        for resource in ("calls", "messages", "voicemails"):
            assert world.watermark(integration_id, resource) == world.clock()


def test_two_workers_at_once_bring_everything_once(database: Database) -> None:
    accounts = worlds.account("one"), worlds.account("two", kind="classic")
    with worlds.world(database, *accounts) as world:
        integrations = [world.integrate(account, resources=RESOURCES) for account in accounts]
        logs = Log(), Log()
        is_under_way = Event()
        logs[0].on_page = lambda _: is_under_way.set()

        def work(number: int) -> int:
            assert number == 0 or is_under_way.wait(30)
            with world.worker(f"worker {number}", logs[number], page_size=10) as tools:
                return run_pass(tools)

        with ThreadPoolExecutor() as executor:
            assert list(executor.map(work, range(2))) == [0, 0]
        assert [outcome for log in logs for _, outcome, _ in log.outcomes] == ["done"] * 2 * len(RESOURCES)
        assert all(log.outcomes for log in logs), "one worker did everything"
        assert world.value("select array_agg(distinct attempt) from public.sync_jobs") == [1]
        for integration_id, account in zip(integrations, accounts, strict=True):
            assert_equal(world, integration_id, account, *LISTED)


def make_due(world: World, *resources: str) -> None:
    world.query(
        "update private.sync_cursors set next_run_at = %s where resource = any (%s)", world.clock(), list(resources)
    )


def test_reading_again_what_has_not_changed_changes_nothing(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=RESOURCES)
    world.run()
    make_due(world, *LISTED)
    log = world.run()
    assert [outcome for _, outcome, _ in log.outcomes] == ["done"] * len(LISTED)
    assert sum(page.new_items + page.changed_items + page.rejected_items for page in log.pages) == 0
    assert sum(page.unchanged_items for page in log.pages) > 0
    assert_equal(world, integration_id, acme, *LISTED)


@pytest.mark.parametrize("paging", ["both", "page", "offset"])
def test_contacts_are_read_whole_whichever_paging_the_account_knows(database: Database, paging: str) -> None:
    account = worlds.account(contacts_paging=paging, contacts=45)
    with worlds.world(database, account) as world:
        integration_id = world.integrate(account, resources=["contacts"])
        assert world.run(page_size=7).errors == []
        assert_equal(world, integration_id, account, "contacts")


def test_what_happens_later_comes_with_the_next_passes(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=RESOURCES)
    world.run()
    for _ in range(3):
        world.clock.advance(minutes=20)
        make_due(world, *RESOURCES)
        assert world.run().errors == []
        assert_equal(world, integration_id, acme, *LISTED)


def test_a_delivery_status_that_develops_is_noticed(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=["messages"])
    sent = world.simulator.exchange.messages(acme.api_key, START - timedelta(days=4), START)
    settled = [sms.settles_at for sms in sent if sms.settles_at and sms.settles_at - sms.created_at > SHOWN_AFTER]
    world.clock.now = settled[-1] - timedelta(milliseconds=1)
    world.query("update private.sync_cursors set next_run_at = %s where resource = 'messages'", world.clock())
    world.run()
    before = rows(world, integration_id, "messages")
    assert before == true_rows(world, acme, "messages")
    world.clock.advance(minutes=30)
    make_due(world, "messages")
    log = world.run()
    assert sum(page.changed_items for page in log.pages) > 0
    assert_equal(world, integration_id, acme, "messages")


def test_who_left_the_team_and_what_left_the_address_book_is_listed_no_more(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=["team", "contacts"])
    world.run()
    exchange = world.simulator.exchange
    contact = exchange.contacts(acme.api_key)[0]
    exchange.upstream.delete("contact", contact.id)
    exchange.change_agent(acme.api_key, "101", None)
    renamed = exchange.contacts(acme.api_key)[1]
    exchange.upstream.change("contact", renamed.id, name="Another Name")
    world.clock.advance(hours=1)
    make_due(world, "team", "contacts")
    assert world.run().errors == []
    assert_equal(world, integration_id, acme, "team", "contacts")
    gone = world.query("select extension from public.extensions where unlisted_at is not null")
    assert gone == [{"extension": "101"}]

    exchange.upstream.restore("contact", contact.id)
    world.clock.advance(hours=1)
    make_due(world, "contacts")
    world.run()
    assert_equal(world, integration_id, acme, "contacts")


def test_only_the_account_user_s_status_is_told_unless_the_team_shows_others(database: Database) -> None:
    alone = worlds.account("alone")
    shown = worlds.account("shown", team_statuses=True)
    with worlds.world(database, alone, shown) as world:
        for account, extensions in ((alone, {"101": True}), (shown, {"101": False, "102": False})):
            integration_id = world.integrate(account, resources=["agent_status"])
            assert world.run().errors == []
            found = world.query(
                "select extension, status, is_account_user_only from public.agent_statuses where integration_id = %s",
                integration_id,
            )
            assert {row["extension"]: row["is_account_user_only"] for row in found} == extensions
            for row in found:
                assert row["status"] == world.simulator.exchange.status(account, row["extension"])


def test_a_status_is_followed(world: World, acme: Account) -> None:
    world.integrate(acme, resources=["agent_status"])
    for status in ("available", "available", "dnd"):
        world.simulator.exchange.set_status(acme, "101", status)
        make_due(world, "agent_status")
        assert world.run().errors == []
        world.clock.advance(minutes=15)
    found = world.query("select status, observed_through - since as seen from public.agent_statuses order by since")
    assert [(row["status"], row["seen"]) for row in found] == [
        ("available", timedelta(minutes=15)),
        ("dnd", timedelta(0)),
    ]


def look_back(world: World) -> None:
    """Let the next pass over the calls read a day."""
    world.query("insert into private.sync_lookbacks (resource, depth, every) values ('calls', '1 day', '1 hour')")


def delete_upstream(world: World, kind: Kind, identity: str) -> None:
    world.simulator.exchange.upstream.delete(kind, identity)


def test_a_call_deleted_upstream_counts_no_more_and_does_again_when_it_is_back(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    recent = [call["id"] for call in world.true_calls(acme) if worlds.instant(call["started_at"]) > START - DAY]
    gone = recent[:3]
    for call_id in gone:
        delete_upstream(world, "call", call_id)
    used = world.value("select used from private.provider_quota")
    look_back(world)
    world.clock.advance(minutes=10)
    log = world.run()
    assert log.errors == []
    assert "calls_gone" in log.events
    assert world.value("select used from private.provider_quota") >= used + 1 + len(gone)
    assert_equal(world, integration_id, acme, "calls")
    deleted = world.query("select provider_call_id from public.calls where deleted_at is not null")
    assert {row["provider_call_id"] for row in deleted} == set(gone)

    world.query("update private.sync_lookback_runs set next_run_at = %s", world.clock())
    world.simulator.exchange.upstream.restore("call", gone[0])
    world.clock.advance(minutes=10)
    used = world.value("select used from private.provider_quota")
    log = world.run()
    assert log.errors == []
    assert_equal(world, integration_id, acme, "calls")
    assert world.value("select used from private.provider_quota") <= used + 2, (
        "what is known to be gone is not asked for"
    )


def test_a_short_pass_asks_for_no_call_that_is_not_listed(world: World, acme: Account) -> None:
    world.integrate(acme)
    world.run()
    delete_upstream(world, "call", world.true_calls(acme)[-1]["id"])
    used = world.value("select used from private.provider_quota")
    world.clock.advance(minutes=10)
    assert world.run().errors == []
    assert world.value("select used from private.provider_quota") == used + 1


def test_a_call_that_is_only_not_listed_stays(world: World, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    integration_id = world.integrate(acme)
    world.run()
    before = rows(world, integration_id, "calls")
    history = world.simulator.exchange.history
    monkeypatch.setattr(world.simulator.exchange, "history", lambda *period: history(*period)[1:])
    look_back(world)
    world.clock.advance(minutes=10)
    log = world.run()
    assert log.errors == []
    assert "calls_gone" not in log.events
    assert rows(world, integration_id, "calls") >= before
    assert world.value("select count(*) from public.calls where deleted_at is not null") == 0


def test_one_call_that_is_gone_is_noted_where_it_was_known(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    call_id = world.true_calls(acme)[-1]["id"]
    delete_upstream(world, "call", call_id)
    world.clock.advance(seconds=1)
    with world.worker(log=(log := Log())) as tools:
        tools.store.queue_job(integration_id, "calls", "one", provider_id=call_id, now=world.clock())
        assert run_pass(tools) == 0
    assert log.outcomes[0] == ("calls", "done", None)
    assert_equal(world, integration_id, acme, "calls")


DAY = timedelta(days=1)

FAULTS: dict[str, dict[str, Any]] = {
    "server_error": {},
    "garbage": {},
    "cut_body": {"fault": "truncated_page", "how": "cut_body"},
    "quota_429": {"fault": "quota", "status": 429},
    "quota_403": {"fault": "quota", "status": 403},
    "expired_token": {},
}
PATHS = {
    "phone_numbers": "/phonenumbers",
    "team": "/team",
    "calls": "/calls",
    "messages": "/journal",
    "voicemails": "/voicemails",
    "agent_status": "/profile",
    "contacts": "/contacts",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_resource_is_its_own_and_passes(world: World, acme: Account, name: str) -> None:
    integration_id = world.integrate(acme, resources=RESOURCES)
    options = {"fault": name, **FAULTS[name]}
    fault = options.pop("fault")
    for path in PATHS.values():
        world.fault(fault, path=path, **options)
    log = world.run()
    failed = [resource for resource, outcome, _ in log.outcomes if outcome == "failed"]
    # After a refusal for the day nothing more is tried for an hour.
    assert failed == (["phone_numbers"] if fault == "quota" else list(RESOURCES))
    assert len(log.outcomes) == len(RESOURCES)
    world.simulator.faults.clear()
    world.clock.advance(hours=1, minutes=2)
    make_due(world, *RESOURCES)
    assert world.run().errors == []
    assert_equal(world, integration_id, acme, *LISTED)


def test_a_journal_cut_short_once_in_a_while_is_read_whole(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme, resources=["messages"])
    world.query("update private.sync_resources set initial_history = '10 days'")
    # The account's history lies in the first of two weeks, which no later pass would read again.
    world.clock.advance(days=4)
    world.fault("truncated_page", path="/journal", times=1)
    assert world.run(page_size=1000).errors == []
    assert_equal(world, integration_id, acme, "messages")
    assert world.pauses == [0.75]


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_a_person_asks_for_is_read_at_once(world: World, acme: Account, resource: str) -> None:
    integration_id = world.integrate(acme, resources=[resource])
    world.run()
    world.clock.advance(minutes=15)
    world.query("update private.sync_cursors set next_run_at = 'infinity'")
    with world.worker(log=(log := Log())) as tools:
        job_id = tools.store.queue_job(integration_id, resource, "requested", now=world.clock())
        assert run_pass(tools) == 0
        outcome = tools.store.job_outcome(job_id)
    assert log.outcomes == [(resource, "done", None)]
    assert outcome is not None
    assert outcome.state == "done"
    assert outcome.items_rejected == 0
    if resource != "agent_status":
        assert_equal(world, integration_id, acme, resource)


@pytest.mark.parametrize("resource", ["calls", "messages", "voicemails"])
def test_a_backfill_reads_its_days_of_any_resource(world: World, acme: Account, resource: str) -> None:
    integration_id = world.integrate(acme, resources=[])
    with world.worker(page_size=5) as tools:
        start, end = START - timedelta(days=3), START - timedelta(days=1)
        tools.store.queue_job(integration_id, resource, "backfill", range_from=start, range_to=end, now=world.clock())
        assert run_pass(tools) == 0
    place = {"calls": 3, "messages": 4, "voicemails": 3}[resource]
    listed: dict[Any, int] = true_rows(world, acme, resource)
    expected = {row: count for row, count in listed.items() if start <= row[place] < end}
    assert len(expected) >= 3
    assert rows(world, integration_id, resource) == expected
    assert world.watermark(integration_id, resource) is None
