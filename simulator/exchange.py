"""The telephone exchange: the accounts with their planned and live calls, and what is visible when."""

from datetime import UTC, datetime, timedelta
from threading import Lock

from simulator.accounts import Account, AccountsFile
from simulator.calls import Call
from simulator.clock import Clock
from simulator.events import Event, events_of
from simulator.history import recording_uri, shown_from
from simulator.plan import Plan
from simulator.store import Store

# Before any call: one made on order may start before the planned past.
EVER = datetime.min.replace(tzinfo=UTC)


class Exchange:
    """All calls of all accounts.

    The planned past ends where the state was opened; from there on calls are live.
    """

    def __init__(
        self, served: AccountsFile, store: Store, *, seed: int, history_days: int, public_url: str, clock: Clock
    ) -> None:
        self.lag = timedelta(seconds=served.history_lag_seconds)
        self.store = store
        self.public_url = public_url
        self.clock = clock
        self.seed = seed
        self.starts_at = store.opened_at - timedelta(days=history_days)
        self._lock = Lock()
        self._accounts: dict[str, Account] = {}
        self._plans: dict[str, Plan] = {}
        for account in served.accounts:
            self.put(account)

    @property
    def accounts(self) -> list[Account]:
        """The accounts served."""
        with self._lock:
            return list(self._accounts.values())

    def account(self, api_key: str) -> Account | None:
        """Return the account of an API key."""
        with self._lock:
            return self._accounts.get(api_key)

    def put(self, account: Account) -> None:
        """Serve an account from now on, in place of one with the same key."""
        with self._lock:
            self._accounts[account.api_key] = account
            self._plans[account.api_key] = Plan(self.seed, account)

    def calls(self, api_key: str, start: datetime, end: datetime) -> list[Call]:
        """Return all calls of an account that start in [start, end), oldest first."""
        with self._lock:
            plan = self._plans[api_key]
        planned = plan.between(max(start, self.starts_at), min(end, self.store.opened_at))
        live = (call for call in self.store.calls(api_key) if start <= call.started_at < end)
        return sorted([*planned, *live], key=lambda call: (call.started_at, call.id))

    def history(self, api_key: str, start: datetime, end: datetime) -> list[Call]:
        """Return the calls the history shows now, newest first."""
        now = self.clock()
        return [call for call in reversed(self.calls(api_key, start, end)) if shown_from(call, self.lag) <= now]

    def call(self, api_key: str, call_id: str) -> Call | None:
        """Return one call of the history."""
        shown = self.history(api_key, EVER, self.clock())
        return next((call for call in shown if call.id == call_id), None)

    def events(self, call: Call) -> list[Event]:
        """Return the events of a live call."""
        account = self.account(call.api_key)
        return events_of(call, account, recording_uri(call, self.public_url)) if account else []
