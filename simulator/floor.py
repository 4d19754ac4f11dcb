"""Who of the team can take a call, and when."""

from datetime import datetime
from random import Random

from simulator.accounts import Account, Agent


class Floor:
    """The team at work: an agent is on one call at a time."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._busy_until: dict[str, datetime] = {}

    def free(self, number: str, at: datetime, rng: Random) -> list[Agent]:
        """Return the free agents of a number, in the order they are tried."""
        agents = [agent for agent in self._account.agents_of(number) if self.is_free(agent, at)]
        rng.shuffle(agents)
        return agents

    def next_free(self, number: str, at: datetime) -> datetime | None:
        """Return when an agent of the number is next free; None: it has no agents."""
        agents = self._account.agents_of(number)
        return min((max(self._busy_until.get(agent.extension, at), at) for agent in agents), default=None)

    def anyone(self, at: datetime, rng: Random) -> list[Agent]:
        """Return all free agents of the team, in random order."""
        agents = [agent for agent in self._account.team if self.is_free(agent, at)]
        rng.shuffle(agents)
        return agents

    def is_free(self, agent: Agent, at: datetime) -> bool:
        """Tell whether the agent is on no call."""
        return self._busy_until.get(agent.extension, at) <= at

    def occupy(self, extension: str, until: datetime) -> None:
        """Keep an agent busy until an instant."""
        self._busy_until[extension] = max(until, self._busy_until.get(extension, until))
