from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from simulator.accounts import AccountsFile
from simulator.clock import ManualClock
from simulator.server import Simulator
from tests.integration.simulator.receiver import Receiver

MAIN, SALES = "+12125550100", "+12125550101"
Accounts = dict[str, Any]
Start = Callable[..., Simulator]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def accounts() -> Accounts:
    team = [
        {"extension": str(number), "name": f"Agent {number}", "numbers": [MAIN, SALES]} for number in (101, 102, 103)
    ]
    numbers = [{"id": "n1", "e164": MAIN, "label": "Main"}, {"id": "n2", "e164": SALES, "label": "Sales"}]
    return {
        "accounts": [
            {"api_key": "cc-key", "user_key": "cc-user", "kind": "call_center", "numbers": numbers, "team": team},
            {"api_key": "cl-key", "user_key": "cl-user", "kind": "classic", "numbers": numbers, "team": team},
        ],
        "history_lag_seconds": 10,
    }


@pytest.fixture
def start(accounts: Accounts) -> Iterator[Start]:
    """Start simulators of the accounts as they then are; all are closed at the end."""
    started: list[Simulator] = []

    def start(**options: Any) -> Simulator:
        simulator = Simulator(AccountsFile.model_validate(accounts), **options)
        started.append(simulator)
        simulator.start()
        return simulator

    yield start
    for simulator in started:
        simulator.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 6, 5, 21, tzinfo=UTC))


class Client(httpx.Client):
    """A client of the provider's API with the keys of one account."""

    def __init__(self, simulator: Simulator, kind: str = "call_center") -> None:
        self.api_key, self.user_key = {"call_center": ("cc-key", "cc-user"), "classic": ("cl-key", "cl-user")}[kind]
        super().__init__(
            base_url=f"{simulator.url}/v4", headers={"x-api-key": self.api_key}, timeout=60, trust_env=False
        )

    def grant(self, **form: str) -> httpx.Response:
        keys = {"grant_type": "client_credentials", "client_id": self.api_key, "client_secret": self.user_key}
        return self.post("/auth/token", data=form or keys)

    def sign_in(self) -> "Client":
        # Not by this client: one that has sent something cannot be opened by a with statement any more.
        keys = {"grant_type": "client_credentials", "client_id": self.api_key, "client_secret": self.user_key}
        granted = httpx.post(
            f"{self.base_url}auth/token", data=keys, headers=self.headers, timeout=60, trust_env=False
        ).json()
        self.headers["Authorization"] = f"Bearer {granted['access_token']}"
        return self
