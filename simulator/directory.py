"""The accounts served, what each brings from its first instant on, and what was changed about it since."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from simulator.accounts import Account, Agent, Number
from simulator.chatter import Chatter
from simulator.clock import Clock, utc_text
from simulator.contacts import Contact, planned_contacts
from simulator.plan import Plan
from simulator.store import Store


@dataclass(frozen=True, slots=True)
class Planned:
    """What an account brings from its first instant on; a later change of team or numbers leaves it alone."""

    account: Account
    calls: Plan
    messages: Chatter
    contacts: tuple[Contact, ...]


class Directory:
    """The accounts; changes of numbers and team survive a restart."""

    def __init__(self, accounts: Iterable[Account], store: Store, *, seed: int, clock: Clock) -> None:
        self.store = store
        self.seed = seed
        self.clock = clock
        self._accounts_lock = Lock()
        self._accounts: dict[str, Account] = {}
        self._planned: dict[str, Planned] = {}
        for account in accounts:
            self.put(account)

    @property
    def accounts(self) -> list[Account]:
        """The accounts served."""
        with self._accounts_lock:
            return list(self._accounts.values())

    def account(self, api_key: str) -> Account | None:
        """Return the account of an API key."""
        with self._accounts_lock:
            return self._accounts.get(api_key)

    def put(self, account: Account) -> None:
        """Serve an account from now on, in place of one with the same key."""
        contacts = planned_contacts(self.seed, account)
        planned = Planned(account, Plan(self.seed, account), Chatter(self.seed, account), tuple(contacts))
        with self._accounts_lock:
            self._planned[account.api_key] = planned
            self._accounts[account.api_key] = self._with_changes(account)

    def set_webhook(self, account: Account) -> None:
        """Serve the account with its new webhook; nothing else changes."""
        with self._accounts_lock:
            current = self._accounts[account.api_key]
            self._accounts[account.api_key] = current.model_copy(update={"webhook": account.webhook})

    def change_number(self, api_key: str, e164: str, number: Number | None) -> Account:
        """Let an account have a number from now on, or have it otherwise, or no more (None).

        Raises:
            ValueError: there is no such account.
        """
        value = number and number.model_dump(mode="json")
        return self._change_account(api_key, {"what": "number", "key": e164, "value": value})

    def change_agent(self, api_key: str, extension: str, agent: Agent | None) -> Account:
        """Let an extension be somebody's from now on, or nobody's (None).

        Raises:
            ValueError: there is no such account.
        """
        value = agent and agent.model_dump(mode="json")
        return self._change_account(api_key, {"what": "agent", "key": extension, "value": value})

    def planned(self, api_key: str) -> Planned:
        """Return what an account brought."""
        with self._accounts_lock:
            return self._planned[api_key]

    def _change_account(self, api_key: str, change: dict[str, Any]) -> Account:
        if self.account(api_key) is None:
            raise ValueError("there is no such account")
        change |= {"api_key": api_key, "at": utc_text(self.clock())}
        self.store.keep("account", f"{api_key}:{change['what']}:{change['key']}", change)
        with self._accounts_lock:
            webhook = self._accounts[api_key].webhook
            account = self._with_changes(self._planned[api_key].account).model_copy(update={"webhook": webhook})
            self._accounts[api_key] = account
        return account

    def _with_changes(self, account: Account) -> Account:
        numbers = {number.e164: number for number in account.numbers}
        team = {agent.extension: agent for agent in account.team}
        for change in self.store.kept("account").values():
            key, value = change["key"], change["value"]
            if change["api_key"] != account.api_key:
                continue
            if change["what"] == "number":
                numbers.pop(key, None) if value is None else numbers.update({key: Number(**value)})
            else:
                team.pop(key, None) if value is None else team.update({key: Agent(**value)})
        agents = (
            agent.model_copy(update={"numbers": tuple(e164 for e164 in agent.numbers if e164 in numbers)})
            for agent in team.values()
        )
        return account.model_copy(update={"numbers": tuple(numbers.values()), "team": tuple(agents)})
