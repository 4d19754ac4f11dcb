"""How one call unfolds: who rings, who answers, who gives up, who is passed on."""

import math
from dataclasses import dataclass
from datetime import datetime
from random import Random

from simulator.accounts import Account, Agent
from simulator.calls import Call, Direction, Leg, Party, Status
from simulator.clock import MILLISECOND
from simulator.dice import random_id
from simulator.floor import Floor

RUNG_AT_ONCE = 3
DROPPED_IN_GREETING = 0.015
DROPPED_IN_TALK = 0.01
NOBODY_PICKS_UP = 0.03
TRANSFERRED = 0.08
RECORDED = 0.7
REACHED = 0.65
NEWER_EVENTS = 0.4
# The hazard of hanging up rises with time (Weibull, shape over 1): nobody leaves at once, few stay long.
PATIENCE_SHAPE = 1.5


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal duration in seconds, kept within bounds."""

    median: float
    sigma: float
    low: float
    high: float

    def draw(self, rng: Random) -> int:
        """Return one duration in milliseconds."""
        return int(1000 * min(max(rng.lognormvariate(math.log(self.median), self.sigma), self.low), self.high))


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take."""

    answer: Spread
    talk: Spread
    give_up_ring: Spread
    voicemail: Spread
    patience_seconds: float
    longest_wait_seconds: float


PLANNED = Pace(
    answer=Spread(7, 0.6, 1.5, 60),
    talk=Spread(150, 0.8, 8, 3600),
    give_up_ring=Spread(25, 0.2, 18, 40),
    voicemail=Spread(25, 0.6, 4, 120),
    patience_seconds=90,
    longest_wait_seconds=600,
)
# What a demo wants: calls that are over while somebody watches.
LIVE = Pace(
    answer=Spread(5, 0.6, 2, 16),
    talk=Spread(40, 0.5, 15, 120),
    give_up_ring=Spread(15, 0.2, 10, 18),
    voicemail=Spread(12, 0.5, 4, 40),
    patience_seconds=45,
    longest_wait_seconds=20,
)


class Behaviour:
    """Unfolds calls of one account, one after another in time, on a shared floor."""

    def __init__(self, account: Account, floor: Floor, pace: Pace, rng: Random) -> None:
        self._account = account
        self._floor = floor
        self._pace = pace
        self._rng = rng

    def incoming(self, started_at: datetime, number: str, outside: Party, *, is_open: bool) -> Call:
        """A person outside calls a business number."""
        rng, pace = self._rng, self._pace
        greeted = rng.randrange(300, 2500)
        if rng.random() < DROPPED_IN_GREETING:
            return self._call("Incoming", "Dropped", started_at, rng.randrange(600, 4000), number, outside)
        free_from = self._floor.next_free(number, started_at)
        if not is_open or free_from is None:
            return self._unattended(started_at, greeted, number, outside, ())
        patience = max(1500, int(1000 * rng.weibullvariate(pace.patience_seconds, PATIENCE_SHAPE)))
        rings_at = greeted + (free_from - started_at) // MILLISECOND
        if patience <= rings_at:
            return self._call("Incoming", "Missed", started_at, patience, number, outside)
        longest_wait = int(1000 * pace.longest_wait_seconds)
        if rings_at > longest_wait - 3000:
            return self._unattended(started_at, longest_wait, number, outside, ())
        rung = self._floor.free(number, started_at + rings_at * MILLISECOND, rng)[:RUNG_AT_ONCE]
        gives_up = min(rings_at + pace.give_up_ring.draw(rng), longest_wait)
        answered = rings_at + pace.answer.draw(rng)
        if rng.random() < NOBODY_PICKS_UP:
            answered = gives_up
        if patience <= min(answered, gives_up):
            legs = tuple(Leg(agent.extension, agent.name, rings_at, patience) for agent in rung)
            return self._call("Incoming", "Missed", started_at, patience, number, outside, legs)
        if answered >= gives_up:
            legs = tuple(Leg(agent.extension, agent.name, rings_at, gives_up) for agent in rung)
            return self._unattended(started_at, gives_up, number, outside, legs)
        return self._answered(started_at, number, outside, rung, rings_at, answered)

    def placed(
        self,
        direction: Direction,
        started_at: datetime,
        agent: Agent,
        number: str,
        outside: Party,
        *,
        reached: bool | None = None,
    ) -> Call:
        """An agent calls a person outside (Outgoing), or the system does so for the agent (Callback)."""
        rng, pace = self._rng, self._pace
        if reached is None:
            reached = rng.random() < REACHED
        rang = 0
        if not reached:
            length = pace.give_up_ring.draw(rng)
            status: Status = "Missed" if rng.random() < 0.8 else "Dropped"
            leg = Leg(agent.extension, agent.name, rang, length)
            return self._call(direction, status, started_at, length, number, outside, (leg,), placed_by=agent.extension)
        answered = pace.answer.draw(rng) + 2000
        length = answered + pace.talk.draw(rng)
        leg = Leg(agent.extension, agent.name, rang, answered, answered, length)
        return self._call(
            direction,
            "Connected",
            started_at,
            length,
            number,
            outside,
            (leg,),
            placed_by=agent.extension,
            recorded=True,
        )

    def internal(self, started_at: datetime, caller: Agent, called: Agent) -> Call:
        """Two of the team talk; no business number and nobody outside takes part."""
        answered = self._pace.answer.draw(self._rng)
        length = answered + self._pace.talk.draw(self._rng) // 2
        leg = Leg(called.extension, called.name, 0, answered, answered, length)
        return self._call("Internal", "Connected", started_at, length, None, None, (leg,), placed_by=caller.extension)

    def _answered(
        self, started_at: datetime, number: str, outside: Party, rung: list[Agent], rings_at: int, answered: int
    ) -> Call:
        rng, pace = self._rng, self._pace
        first, *others = rung
        ended = answered + pace.talk.draw(rng)
        legs = [Leg(first.extension, first.name, rings_at, answered, answered, ended)]
        legs += [Leg(agent.extension, agent.name, rings_at, answered) for agent in others]
        status: Status = "Dropped" if rng.random() < DROPPED_IN_TALK else "Connected"
        if status == "Connected" and rng.random() < TRANSFERRED:
            rung_next = ended + 500
            colleagues = self._floor.free(number, started_at + rung_next * MILLISECOND, rng)
            if second := next((agent for agent in colleagues if agent is not first), None):
                answered_next = rung_next + pace.answer.draw(rng)
                ended = answered_next + pace.talk.draw(rng)
                legs.append(Leg(second.extension, second.name, rung_next, answered_next, answered_next, ended))
        return self._call("Incoming", status, started_at, ended, number, outside, tuple(legs), recorded=True)

    def _unattended(self, started_at: datetime, wait: int, number: str, outside: Party, legs: tuple[Leg, ...]) -> Call:
        """Nobody came: the caller leaves a message or hangs up on the greeting of the mailbox."""
        greeting_ends = wait + self._rng.randrange(4000, 9000)
        if self._rng.random() < 0.6:
            length = greeting_ends + self._pace.voicemail.draw(self._rng)
            return self._call(
                "Incoming", "VoiceMail", started_at, length, number, outside, legs, voicemail_ms=wait, recorded=True
            )
        return self._call(
            "Incoming", "Missed", started_at, self._rng.randint(wait, greeting_ends), number, outside, legs
        )

    def _call(
        self,
        direction: Direction,
        status: Status,
        started_at: datetime,
        length_ms: int,
        number: str | None,
        outside: Party | None,
        legs: tuple[Leg, ...] = (),
        *,
        placed_by: str | None = None,
        voicemail_ms: int | None = None,
        recorded: bool = False,
    ) -> Call:
        agent = self._account.agent(placed_by) if placed_by else None
        has_recording = recorded and self._rng.random() < RECORDED
        call = Call(
            id=random_id(self._rng),
            api_key=self._account.api_key,
            direction=direction,
            status=status,
            started_at=started_at,
            length_ms=length_ms,
            number=number,
            outside=outside,
            placed_by=placed_by,
            placed_by_name=agent.name if agent else None,
            legs=legs,
            voicemail_ms=voicemail_ms,
            recording_after_ms=self._rng.randrange(5_000, 60_000) if has_recording else None,
            agent_events=self._rng.random() < NEWER_EVENTS,
        )
        for leg in legs:
            until = leg.stopped_ms if leg.ended_ms is None else leg.ended_ms
            self._floor.occupy(leg.extension, call.at(until))
        if placed_by:
            self._floor.occupy(placed_by, call.ended_at)
        return call
