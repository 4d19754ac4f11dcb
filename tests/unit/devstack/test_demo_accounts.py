import re
from pathlib import Path

from devstack.config import Config
from devstack.demo_accounts import ACCOUNTS, HARBOR, NORTHWIND, serve_accounts
from devstack.layout import REPOSITORY, Layout
from devstack.people import OPERATOR, PASSWORD
from devstack.stack import Stack
from simulator.accounts import load

SEED = (REPOSITORY / "supabase/seed.sql").read_text()


def stack(directory: Path, api_port: int = 54321) -> Stack:
    return Stack(Layout(directory), Config(api_port=api_port))


def test_everybody_named_signs_in_by_the_seed() -> None:
    named = {person.email for account in ACCOUNTS for person in account.team if person.email}
    given = {email for account in ACCOUNTS for number in account.numbers for email in number.given_to}
    for word in (*named, *given, OPERATOR, PASSWORD, NORTHWIND, HARBOR):
        assert f"'{word}'" in SEED


def test_numbers_are_of_the_range_that_nobody_has() -> None:
    for account in ACCOUNTS:
        for number in account.numbers:
            assert re.fullmatch(r"\+1\d{3}55501\d\d", number.e164)


def test_some_numbers_belong_to_nobody() -> None:
    assert any(number.organization is None for account in ACCOUNTS for number in account.numbers)


def test_the_simulator_reads_the_accounts(tmp_path: Path) -> None:
    serve_accounts(stack(tmp_path))
    served = load(tmp_path / "accounts.json").accounts
    assert [account.kind for account in served] == [account.kind for account in ACCOUNTS]
    assert all(account.webhook and "/webhooks/mightycall/" in account.webhook.url for account in served)


def test_credentials_stay_when_the_port_moves(tmp_path: Path) -> None:
    before = serve_accounts(stack(tmp_path))
    assert serve_accounts(stack(tmp_path, api_port=6000)) == before
    assert all(
        account.webhook and account.webhook.url.startswith("http://127.0.0.1:6000/")
        for account in load(tmp_path / "accounts.json").accounts
    )


def test_only_the_owner_reads_the_accounts(tmp_path: Path) -> None:
    serve_accounts(stack(tmp_path))
    assert (tmp_path / "accounts.json").stat().st_mode & 0o077 == 0
