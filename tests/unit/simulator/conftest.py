from datetime import UTC, datetime

import pytest

from simulator.accounts import Account, Agent, Number
from simulator.clock import ManualClock

MAIN, SALES, CLOSED = "+12125550100", "+12125550101", "+12125550102"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 6, 5, 13, 38, 29, 522000, tzinfo=UTC))


@pytest.fixture(scope="session")
def account() -> Account:
    return Account(
        api_key="key-1",
        user_key="user-1",
        numbers=(
            Number(id=1, e164=MAIN, label="Main"),
            Number(id=2, e164=SALES, label="Sales"),
            Number(id=3, e164=CLOSED, label="Old", is_enabled=False),
        ),
        team=tuple(
            Agent(extension=extension, name=name, numbers=numbers)
            for extension, name, numbers in (
                ("101", "Ann Lee", (MAIN,)),
                ("102", "Bo Diaz", (MAIN, SALES)),
                ("103", "Cy Park", (MAIN, SALES)),
                ("104", "Di Moss", (SALES,)),
            )
        ),
    )
