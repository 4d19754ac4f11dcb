"""A planned past, told again as webhooks: every event in its order and with its own time, as fast as it can be sent."""

import heapq
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from threading import Event as Flag
from threading import Lock, Thread
from time import monotonic
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from simulator.calls import Call
from simulator.clock import MILLISECOND, utc_text
from simulator.events import Event
from simulator.exchange import Exchange, Hidden
from simulator.messages import Message

LOOK_AGAIN_SECONDS = 0.2
log = logging.getLogger(__name__)


class Score(BaseModel):
    """What is to be played: the calls and messages planned to begin in [from, to).

    `speed` is how many seconds of that time go into one of ours; without it there is no waiting at all. As long
    as `most_open` deliveries have not come to their end, no more are begun. With `hide`, nothing of the period is
    listed before it was played.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]
    account: str | None = None
    speed: float | None = Field(default=None, gt=0)
    most_open: int = Field(default=2000, ge=1)
    hide: bool = False

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.start >= self.end:
            raise ValueError("from must be before to")
        return self


class Post(Protocol):
    """The way out: where events are handed over, and how many have not come to their end."""

    def send(self, api_key: str, event: Event) -> None:
        """Hand an event over."""

    def wait_for_room(self, api_key: str, most: int, seconds: float) -> bool:
        """Wait until no more than so many are open."""

    def open(self, api_key: str) -> int:
        """Return how many are open."""


@dataclass(slots=True)
class Performance:
    """One playing of a score for one account."""

    number: int
    score: Score
    api_key: str
    state: Literal["playing", "sent", "stopped", "failed"] = "playing"
    things: int = 0
    played: int = 0
    events: int = 0
    skipped: int = 0
    position: datetime | None = None
    hidden: Hidden | None = None
    stop: Flag = field(default_factory=Flag)
    over: Flag = field(default_factory=Flag)


class Stage:
    """Plays scores, each account's in a thread of its own; what was not played to its end goes on after a restart."""

    def __init__(self, exchange: Exchange, post: Post, clock: Callable[[], float] = monotonic) -> None:
        self._exchange = exchange
        self._post = post
        self._clock = clock
        self._lock = Lock()
        self._performances: list[Performance] = []

    def resume(self) -> None:
        """Go on with what a restart interrupted."""
        for value in self._exchange.store.kept("play").values():
            if value["state"] == "playing" and self._exchange.account(value["account"]):
                self._begin(Score.model_validate(value["score"]), value["account"], value["ordinal"])

    def play(self, score: Score) -> list[dict[str, Any]]:
        """Begin to play, and return what is being played.

        Raises:
            ValueError: there is no such account.
        """
        accounts = [each for each in self._exchange.accounts if score.account in (None, each.api_key)]
        if not accounts:
            raise ValueError("there is no such account")
        begun = [self._begin(score, account.api_key, self._exchange.store.next_ordinal()) for account in accounts]
        return [self._told(performance) for performance in begun]

    def told(self, wait: float = 0) -> dict[str, Any]:
        """Return how far everything is, at the latest after so many seconds of waiting for the end of all."""
        until = self._clock() + wait
        with self._lock:
            performances = list(self._performances)
        for performance in performances:
            performance.over.wait(max(0, until - self._clock()))
            self._post.wait_for_room(performance.api_key, 0, max(0, until - self._clock()))
        told = [self._told(performance) for performance in performances]
        return {"is_over": all(each["is_over"] for each in told), "plays": told}

    def stop(self, *, for_good: bool = False) -> None:
        """Stop playing; unless it is for good, a restart goes on."""
        with self._lock:
            performances = list(self._performances)
        for performance in performances:
            if for_good and not performance.over.is_set():
                performance.state = "stopped"
            performance.stop.set()
            performance.over.wait()

    def _begin(self, score: Score, api_key: str, number: int) -> Performance:
        performance = Performance(number, score, api_key)
        if score.hide:
            performance.hidden = Hidden(api_key, score.start, score.end, score.start)
            self._exchange.hide(performance.hidden)
        self._keep(performance)
        with self._lock:
            self._performances.append(performance)
        Thread(target=self._run, args=(performance,), name=f"play {number}", daemon=True).start()
        return performance

    def _run(self, performance: Performance) -> None:
        try:
            if self._perform(performance):
                performance.state = "sent"
        except Exception:
            log.exception("a play failed")
            performance.state = "failed"
        finally:
            if performance.state != "playing":
                if performance.hidden:
                    self._exchange.show(performance.hidden)
                self._keep(performance)
            performance.over.set()

    def _perform(self, performance: Performance) -> bool:
        score, store = performance.score, self._exchange.store
        begun_at = self._clock()
        for moment, event in self._events(performance):
            if score.speed is not None:
                wait = begun_at + (moment - score.start).total_seconds() / score.speed - self._clock()
                if wait > 0 and performance.stop.wait(wait):
                    return False
            while not self._post.wait_for_room(performance.api_key, score.most_open - 1, LOOK_AGAIN_SECONDS):
                if performance.stop.is_set():
                    return False
            if performance.stop.is_set():
                return False
            performance.position = moment
            if store.delivery(event.guid) is None:
                self._post.send(performance.api_key, event)
                performance.events += 1
            else:
                performance.skipped += 1
            if performance.hidden:
                performance.hidden.position = moment
        return True

    def _events(self, performance: Performance) -> Iterator[tuple[datetime, Event]]:
        score, key = performance.score, performance.api_key
        calls = [call for call in self._exchange.calls(key, score.start, score.end) if call.origin == "plan"]
        texts = [text for text in self._exchange.messages(key, score.start, score.end) if text.origin == "plan"]
        performance.things = len(calls) + len(texts)
        order = count()
        ahead: list[tuple[datetime, int, Event]] = []
        things: Iterator[Call | Message] = heapq.merge(calls, texts, key=lambda thing: thing.started_at)
        for thing in things:
            while ahead and ahead[0][0] <= thing.started_at:
                moment, _, event = heapq.heappop(ahead)
                yield moment, event
            performance.played += 1
            events = (
                self._exchange.message_events(thing) if isinstance(thing, Message) else self._exchange.events(thing)
            )
            for event in events:
                heapq.heappush(ahead, (thing.started_at + event.at_ms * MILLISECOND, next(order), event))
        while ahead:
            moment, _, event = heapq.heappop(ahead)
            yield moment, event

    def _told(self, performance: Performance) -> dict[str, Any]:
        still_open = self._post.open(performance.api_key)
        return {
            "number": performance.number,
            "account": performance.api_key,
            "state": performance.state,
            "is_over": performance.over.is_set() and still_open == 0,
            "things": performance.things,
            "begun": performance.played,
            "events": performance.events,
            "skipped": performance.skipped,
            "open": still_open,
            "position": performance.position and utc_text(performance.position),
        }

    def _keep(self, performance: Performance) -> None:
        value = {
            "account": performance.api_key,
            "state": performance.state,
            "ordinal": performance.number,
            "score": performance.score.model_dump(mode="json", by_alias=True),
        }
        self._exchange.store.keep("play", str(performance.number), value)
