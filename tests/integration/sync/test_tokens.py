"""Tokens are shared by all workers, and lie sealed in the database."""

from datetime import timedelta

from credentials import KeyRing, generate_keypair
from simulator.accounts import Account
from sync.jobstore import Job
from sync.vault import ACCESS_TOKEN, REFRESH_TOKEN, Vault
from sync.worker import run_pass
from tests.integration.sync.world import Log, World


def tokens(world: World, integration_id: object) -> dict[str, bytes]:
    rows = world.query(
        "select purpose, sealed from private.integration_credentials"
        " where integration_id = %s and purpose like '%%_token'",
        integration_id,
    )
    return {row["purpose"]: row["sealed"] for row in rows}


def asked(world: World, acme: Account) -> int:
    return world.simulator.quota.used(acme.api_key)


def test_one_token_serves_all_jobs_and_passes(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    first = tokens(world, integration_id)
    assert first.keys() == {ACCESS_TOKEN, REFRESH_TOKEN}
    world.clock.advance(minutes=5)
    before = asked(world, acme)
    world.run()
    assert asked(world, acme) == before + 1, "a page of calls and nothing else"
    assert tokens(world, integration_id) == first


def test_no_secret_is_readable_in_the_database(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    with world.worker() as tools:
        secrets = Vault(tools.store, world.keys, integration_id, "platform").read()
    assert len(secrets) == 4
    tables = world.query(
        "select format('%%I.%%I', n.nspname, c.relname) as name"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and n.nspname in ('public', 'private')"
    )
    # As text, which has every value, infinite dates too, and bytes as the letters they are.
    with world.database.connect(options="-c bytea_output=escape") as connection:
        dump = "\n".join(
            str(connection.execute(f"select t::text from {table['name']} t").fetchall())  # noqa: S608
            for table in tables
        )
    assert str(integration_id) in dump
    for secret in secrets.values():
        assert secret.value not in dump


def test_a_token_about_to_expire_is_refreshed_without_the_keys(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    first = tokens(world, integration_id)
    world.simulator.exchange.put(acme.model_copy(update={"user_key": "changed meanwhile"}))
    world.clock.advance(hours=23, minutes=59)
    assert world.run().errors == []
    assert asked(world, acme) == 1 + 1 + 2, "a refresh, the numbers, the calls of 27 hours"
    second = tokens(world, integration_id)
    assert second[ACCESS_TOKEN] != first[ACCESS_TOKEN]
    assert second[REFRESH_TOKEN] != first[REFRESH_TOKEN]


def test_a_spent_refresh_token_falls_back_on_the_keys(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    with world.worker() as tools:
        Vault(tools.store, world.keys, integration_id, "platform").keep(REFRESH_TOKEN, "spent", None)
    world.clock.advance(days=1)
    assert world.run().errors == []


def test_a_token_that_another_worker_renewed_is_taken(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    world.clock.advance(minutes=5)
    log = Log()

    def renew(job: Job) -> None:
        log.on_page = lambda _: None
        granted = world.simulator.tokens.grant(acme.api_key)
        with world.worker("another") as tools:
            vault = Vault(tools.store, world.keys, integration_id, "platform")
            vault.keep(ACCESS_TOKEN, granted.access_token, world.clock() + timedelta(days=1))
        world.fault("expired_token", times=1)

    log.on_page = renew
    before = asked(world, acme)
    with world.worker(log=log, page_size=2) as tools:
        assert run_pass(tools) == 0
    assert len(log.pages) > 1
    assert asked(world, acme) == before + len(log.pages), "pages and no token"


def test_a_token_sealed_with_a_lost_key_is_replaced(world: World, acme: Account) -> None:
    integration_id = world.integrate(acme)
    world.run()
    lost = KeyRing(generate_keypair())
    with world.worker() as tools:
        Vault(tools.store, lost, integration_id, "platform").keep(ACCESS_TOKEN, "unreadable", None)
    world.clock.advance(minutes=5)
    assert world.run().errors == []
    with world.worker() as tools:
        assert ACCESS_TOKEN in Vault(tools.store, world.keys, integration_id, "platform").read()


def test_tokens_of_an_organizations_own_integration_are_sealed_for_it(world: World, acme: Account) -> None:
    org_id = world.value("select tests.organization()")
    integration_id = world.integrate(acme, org_id)
    assert world.run().errors == []
    with world.worker() as tools:
        assert ACCESS_TOKEN in Vault(tools.store, world.keys, integration_id, str(org_id)).read()
