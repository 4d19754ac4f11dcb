"""Whose rows are attacked, and who attacks."""

import httpx
import pytest

from tests.isolation.callers import Callers
from tests.isolation.other_organization.strangers import Ids
from tests.isolation.world import World


@pytest.fixture
def acme(world: World) -> Ids:
    """Whose rows are attacked."""
    return Ids(world.organizations["Acme"])


@pytest.fixture
def globex(world: World) -> Ids:
    """Whose admin attacks."""
    return Ids(world.organizations["Globex"])


@pytest.fixture
def stranger(callers: Callers) -> httpx.Client:
    """Globex's admin."""
    return callers.client("other_admin")
