"""The planned past: for a seed, an account and a local day, always the same calls."""

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from simulator.accounts import Account
from simulator.behaviour import PLANNED, Behaviour
from simulator.calls import Call, Direction, Party
from simulator.clock import whole_milliseconds
from simulator.days import Days
from simulator.dice import dice
from simulator.floor import Floor
from simulator.people import Callers

# Share of a usual day's calls, Monday to Sunday, and by month.
WEEKDAYS = (1.2, 1.1, 1.05, 1.0, 0.95, 0.2, 0.06)
MONTHS = (1.05, 1.0, 1.05, 1.05, 1.0, 0.95, 0.85, 0.85, 1.0, 1.05, 1.1, 0.95)
# Relative weight of each local hour.
INBOUND_HOURS = (0.3, 0.2, 0.1, 0.1, 0.1, 0.4, 1, 3, 10, 60, 85, 80, 55, 62, 78, 72, 60, 38, 7, 4, 3, 2, 1, 0.5)
DESK_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 80, 75, 45, 60, 80, 75, 60, 25, 0, 0, 0, 0, 0, 0)
OPEN_HOURS = {**dict.fromkeys(range(5), (9, 18)), 5: (10, 14)}
INBOUND_SHARE, OUTBOUND_SHARE, INTERNAL_SHARE = 0.68, 0.26, 0.06
CALLED_BACK, CALLS_AGAIN, CALLS_AGAIN_ANSWERED = 0.55, 0.25, 0.05

_Errand = tuple[datetime, int, Direction, str, Party | None]


class Plan(Days[Call]):
    """An account's planned calls."""

    def __init__(self, seed: int, account: Account) -> None:
        super().__init__(account.zone, self._unfold_day)
        self._seed = seed
        self._account = account
        self._callers = Callers(seed, account)

    def _unfold_day(self, day: date) -> list[Call]:
        account = self._account
        if not account.open_numbers:
            return []
        rng = dice(self._seed, "plan", account.api_key, day)
        floor = Floor(account)
        behaviour = Behaviour(account, floor, PLANNED, rng)
        order = count()
        agenda: list[_Errand] = [(*errand[:1], next(order), *errand[1:]) for errand in self._errands(day, rng)]
        heapq.heapify(agenda)
        calls = []
        while agenda:
            started_at, _, direction, number, outside = heapq.heappop(agenda)
            if started_at.astimezone(account.zone).date() != day:
                continue
            call = self._make(behaviour, floor, rng, started_at, direction, number, outside)
            if call is None:
                continue
            calls.append(call)
            for later, follow_up in self._follow_ups(call, rng):
                heapq.heappush(agenda, (later, next(order), follow_up, number, call.outside))
        return sorted(calls, key=lambda call: (call.started_at, call.id))

    def _errands(self, day: date, rng: Random) -> Iterator[tuple[datetime, Direction, str, Party | None]]:
        expected = self._account.calls_per_day * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
        expected *= rng.lognormvariate(0, 0.08)
        numbers = [number.e164 for number in self._account.open_numbers]
        # The first number is the one that is printed everywhere.
        weights = [1 / (place + 1) ** 0.5 for place in range(len(numbers))]
        kinds: tuple[tuple[Direction, float, tuple[float, ...]], ...] = (
            ("Incoming", INBOUND_SHARE, INBOUND_HOURS),
            ("Outgoing", OUTBOUND_SHARE, DESK_HOURS),
            ("Internal", INTERNAL_SHARE, DESK_HOURS),
        )
        for direction, share, hours in kinds:
            for _ in range(about(expected * share, rng)):
                moment = self._moment(day, hours, rng)
                number = rng.choices(numbers, weights)[0]
                outside = None
                if direction != "Internal":
                    outside = self._callers.draw(rng, may_withhold=direction == "Incoming")
                yield moment, direction, number, outside

    def _moment(self, day: date, hours: tuple[float, ...], rng: Random) -> datetime:
        hour = rng.choices(range(24), hours)[0]
        wall = datetime.combine(day, time(hour), self._account.zone) + timedelta(seconds=rng.random() * 3600)
        return whole_milliseconds(wall.astimezone(UTC))

    def _is_open(self, moment: datetime) -> bool:
        local = moment.astimezone(self._account.zone)
        opens, closes = OPEN_HOURS.get(local.weekday(), (0, 0))
        return opens <= local.hour < closes

    def _make(
        self,
        behaviour: Behaviour,
        floor: Floor,
        rng: Random,
        started_at: datetime,
        direction: Direction,
        number: str,
        outside: Party | None,
    ) -> Call | None:
        if direction == "Incoming" and outside:
            return behaviour.incoming(started_at, number, outside, is_open=self._is_open(started_at))
        agents = floor.anyone(started_at, rng)
        if direction == "Internal":
            return behaviour.internal(started_at, agents[0], agents[1]) if len(agents) > 1 else None
        agents = [agent for agent in agents if number in agent.numbers]
        return behaviour.placed(direction, started_at, agents[0], number, outside) if agents and outside else None

    def _follow_ups(self, call: Call, rng: Random) -> Iterator[tuple[datetime, Direction]]:
        """What a call leads to later the same day: the team calls back, or the person calls again."""
        if call.direction != "Incoming" or call.outside is None or call.outside.phone is None:
            return
        missed = call.answered_ms is None
        if missed and rng.random() < CALLED_BACK:
            later = whole_milliseconds(call.ended_at + timedelta(minutes=rng.uniform(3, 90)))
            if self._is_open(later):
                yield later, rng.choice(("Callback", "Outgoing"))
        if rng.random() < (CALLS_AGAIN if missed else CALLS_AGAIN_ANSWERED):
            minutes = rng.uniform(1, 30) if missed else rng.uniform(30, 240)
            yield whole_milliseconds(call.ended_at + timedelta(minutes=minutes)), "Incoming"


def about(expected: float, rng: Random) -> int:
    """Return a whole number that scatters around the expected one as independent events do."""
    return max(0, round(rng.gauss(expected, expected**0.5)))
