"""Live calls: made at a rate or on order, and played in real time as webhooks."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Protocol

from simulator.accounts import Account
from simulator.behaviour import LIVE, Behaviour
from simulator.calls import Call, Direction, Party
from simulator.chatter import ASKED, ZERO_GUIDS
from simulator.clock import MILLISECOND, whole_milliseconds
from simulator.dice import dice, random_id
from simulator.events import Event
from simulator.exchange import Exchange
from simulator.floor import Floor
from simulator.messages import Message
from simulator.people import Callers
from simulator.schedule import Schedule
from simulator.script import Script, ScriptError

DIRECTIONS: dict[Direction, float] = {"Incoming": 0.78, "Outgoing": 0.16, "Internal": 0.06}
CALLED_BACK = 0.5
WRITES = 0.25
LONGEST_PAUSE = 3.0


class Taking(Protocol):
    """How somebody outside takes a call."""

    answers: bool | None
    answer_after: float
    talk: float
    speed: float


class Live:
    """Makes calls from now on, at any hour, and sends their events when they happen."""

    def __init__(
        self, exchange: Exchange, schedule: Schedule, send: Callable[[str, Event], None], calls_per_minute: float
    ) -> None:
        self._exchange = exchange
        self._schedule = schedule
        self._send = send
        self._mean_pause = 60 / calls_per_minute if calls_per_minute > 0 else None
        self._floors: dict[Account, Floor] = {}
        self._callers: dict[Account, Callers] = {}
        self._owed: deque[tuple[datetime, Account, str, Party]] = deque()
        self.is_paused = False

    def start(self) -> None:
        """Finish what an earlier run began, then begin to make calls."""
        for account in self._exchange.accounts:
            for call in self._exchange.store.calls(account.api_key):
                self._play(call)
        for message in self._exchange.added_messages():
            self.play_message(message)
        self._schedule_next()

    @property
    def makes_calls(self) -> bool:
        """Whether there is traffic by itself."""
        return self._mean_pause is not None and not self.is_paused

    def order(self, script: Script) -> Call:
        """Make one call now, as the script says.

        Raises:
            ScriptError: it does not fit the account.
        """
        account = self._exchange.account(script.account)
        if account is None:
            raise ScriptError("there is no such account")
        number = self._exchange.store.next_number()
        call_id = random_id(dice(self._exchange.seed, "script", number))
        call = script.unfold(account, call_id=call_id, now=self._exchange.clock())
        self._exchange.store.add_call(call, number)
        self._play(call)
        return call

    def place(self, account: Account, number: str, recipient: str, known: Taking | None) -> Call:
        """Place a call for a client, from now on.

        Raises:
            ScriptError: the number has no agents who could take it.
        """
        agents = account.agents_of(number)
        if not agents:
            raise ScriptError(f"{number} has no agents")
        ordinal = self._exchange.store.next_number()
        rng = dice(self._exchange.seed, "placed", ordinal)
        now = whole_milliseconds(self._exchange.clock())
        direction: Direction = "Callback" if account.kind == "classic" else "Outgoing"
        if known and known.answers is not None:
            outcome = {"answer_after": known.answer_after} if known.answers else {"outcome": "Missed"}
            fields: dict[str, Any] = {"from": recipient, **outcome}
            script = Script(
                account=account.api_key,
                direction=direction,
                number=number,
                placed_by=rng.choice(agents).extension,
                talk=known.talk,
                hang_up_after=known.answer_after,
                speed=known.speed,
                **fields,
            )
            call = script.unfold(account, call_id=random_id(rng), now=now)
        else:
            floor = self._floors.setdefault(account, Floor(account))
            free = floor.free(number, now, rng) or list(agents)
            behaviour = Behaviour(account, floor, LIVE, rng)
            call = behaviour.placed(direction, now, free[0], number, Party(recipient))
        call = replace(call, origin="api", played_at=now)
        self._exchange.store.add_call(call, ordinal)
        self._play(call)
        return call

    def write(self, message: Message, ordinal: int) -> None:
        """Let a message exist, and tell of it as of any other."""
        self._exchange.add_message(message, ordinal)
        self.play_message(message)

    def write_later(self, after: timedelta, api_key: str, number: str, outside: Party, text: str) -> None:
        """Let somebody outside write in a while."""
        self._schedule.at(self._exchange.clock() + after, partial(self.receive, api_key, number, outside, text))

    def receive(self, api_key: str, number: str, outside: Party, text: str) -> Message:
        """Let somebody outside write now."""
        ordinal = self._exchange.store.next_ordinal()
        rng = dice(self._exchange.seed, "written", ordinal)
        now = whole_milliseconds(self._exchange.clock())
        message = Message(
            id=random_id(rng),
            api_key=api_key,
            direction="Inbound",
            number=number,
            outside=outside,
            text=text,
            created_at=now,
            origin="live",
            has_guid=rng.random() >= ZERO_GUIDS,
        )
        self.write(message, ordinal)
        return message

    def play_message(self, message: Message) -> None:
        """Send the events of a message when they happen."""
        for event in self._exchange.message_events(message):
            if self._exchange.store.delivery(event.guid) is None:
                due = message.created_at + event.at_ms * MILLISECOND
                self._schedule.at(due, partial(self._send, message.api_key, event))

    def _play(self, call: Call) -> None:
        for event in self._exchange.events(call):
            if self._exchange.store.delivery(event.guid) is None:
                self._schedule.at(call.plays(event.at_ms), partial(self._send, call.api_key, event))

    def _schedule_next(self) -> None:
        if self._mean_pause is None:
            return
        rng = dice(self._exchange.seed, "pause", self._exchange.clock())
        pause = min(rng.expovariate(1 / self._mean_pause), LONGEST_PAUSE * self._mean_pause)
        self._schedule.at(self._exchange.clock() + timedelta(seconds=pause), self._arrive)

    def _arrive(self) -> None:
        self._schedule_next()
        accounts = [account for account in self._exchange.accounts if account.open_numbers and account.calls_per_day]
        if self.is_paused or not accounts:
            return
        number = self._exchange.store.next_number()
        rng = dice(self._exchange.seed, "live", number)
        direction: Direction
        if self._owed and self._owed[0][0] <= self._exchange.clock():
            # Calling back takes the place of a new call, so that the rate stays what was asked for.
            _, account, line, outside = self._owed.popleft()
            direction = rng.choice(("Callback", "Outgoing"))
        else:
            account = rng.choices(accounts, [account.calls_per_day for account in accounts])[0]
            direction = rng.choices(list(DIRECTIONS), list(DIRECTIONS.values()))[0]
            line = rng.choice(account.open_numbers).e164
            if account not in self._callers:
                self._callers[account] = Callers(self._exchange.seed, account)
            outside = self._callers[account].draw(rng, may_withhold=direction == "Incoming")
        call = self._make(account, direction, line, outside, rng)
        self._exchange.store.add_call(call, number)
        self._play(call)
        chat = dice(self._exchange.seed, "writes", number)
        if account.messages_per_day and outside.phone and chat.random() < WRITES:
            text = chat.choice(ASKED).format(n=chat.randrange(2, 12))
            self.write_later(timedelta(seconds=chat.uniform(2, 30)), account.api_key, line, outside, text)
        if call.direction == "Incoming" and call.answered_ms is None and outside.phone and rng.random() < CALLED_BACK:
            self._owed.append((call.ended_at + timedelta(seconds=rng.uniform(10, 40)), account, line, outside))

    def _make(self, account: Account, direction: Direction, line: str, outside: Party, rng: Random) -> Call:
        now = whole_milliseconds(self._exchange.clock())
        floor = self._floors.setdefault(account, Floor(account))
        behaviour = Behaviour(account, floor, LIVE, rng)
        agents = floor.anyone(now, rng)
        holders = [agent for agent in agents if line in agent.numbers]
        if direction == "Internal" and len(agents) > 1:
            call = behaviour.internal(now, agents[0], agents[1])
        elif direction in ("Outgoing", "Callback") and holders:
            call = behaviour.placed(direction, now, holders[0], line, outside)
        else:
            call = behaviour.incoming(now, line, outside, is_open=True)
        return replace(call, origin="live", played_at=now)
