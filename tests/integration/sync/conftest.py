from collections.abc import Iterator

import pytest

from simulator.accounts import Account
from tests.integration.sync import world as worlds
from tests.integration.sync.world import World
from tools.scratch import Database


@pytest.fixture
def acme() -> Account:
    return worlds.account()


@pytest.fixture
def world(database: Database, acme: Account) -> Iterator[World]:
    with worlds.world(database, acme) as world:
        yield world
