"""What truly happened in a call. Offsets are whole milliseconds from the call's start."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from simulator.clock import MILLISECOND, parse_utc, utc_text

Direction = Literal["Incoming", "Outgoing", "Callback", "Internal"]
Status = Literal["Connected", "Missed", "VoiceMail", "Dropped"]
DIRECTIONS: tuple[Direction, ...] = ("Incoming", "Outgoing", "Callback", "Internal")
STATUSES: tuple[Status, ...] = ("Connected", "Missed", "VoiceMail", "Dropped")


@dataclass(frozen=True, slots=True)
class Party:
    """A person outside; a withheld number is None."""

    phone: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One agent's part in a call."""

    extension: str
    name: str
    rang_ms: int
    stopped_ms: int
    answered_ms: int | None = None
    ended_ms: int | None = None

    @property
    def talk_ms(self) -> int:
        """Time between the leg's answer and its end; 0 when it was never answered."""
        if self.answered_ms is None or self.ended_ms is None:
            return 0
        return self.ended_ms - self.answered_ms


@dataclass(frozen=True, slots=True)
class Call:
    """A call from its first instant to its last.

    A live call is played from `played_at`, `speed` times as fast as it truly ran; its start then lies so
    far back that start, length and the wall clock agree at its end.
    """

    id: str
    api_key: str
    direction: Direction
    status: Status
    started_at: datetime
    length_ms: int
    number: str | None
    outside: Party | None
    placed_by: str | None = None
    placed_by_name: str | None = None
    legs: tuple[Leg, ...] = ()
    voicemail_ms: int | None = None
    recording_after_ms: int | None = None
    agent_events: bool = False
    origin: Literal["plan", "live", "script", "api"] = "plan"
    played_at: datetime | None = None
    speed: float = 1

    @property
    def ended_at(self) -> datetime:
        """The instant of the hang-up."""
        return self.at(self.length_ms)

    @property
    def answered_ms(self) -> int | None:
        """Offset of the first answer by (or, for a call placed, to) a person; None: unanswered."""
        return min((leg.answered_ms for leg in self.legs if leg.answered_ms is not None), default=None)

    @property
    def wait_ms(self) -> int:
        """Time to the first answer, or to the hang-up when nobody answered."""
        return self.length_ms if self.answered_ms is None else self.answered_ms

    @property
    def talk_ms(self) -> int:
        """Talk summed over the legs; the ringing inside a transfer is not talk."""
        return sum(leg.talk_ms for leg in self.legs)

    def at(self, offset_ms: int) -> datetime:
        """Return the true instant of an offset."""
        return self.started_at + offset_ms * MILLISECOND

    def plays(self, offset_ms: int) -> datetime:
        """Return the instant of the wall clock at which an offset is played."""
        if self.played_at is None:
            return self.at(offset_ms)
        return self.played_at + offset_ms / self.speed * MILLISECOND


def record_of(call: Call) -> dict[str, Any]:
    """Return the call as plain JSON values, for the state file."""
    record = asdict(call)
    record["started_at"] = utc_text(call.started_at)
    record["played_at"] = call.played_at and call.played_at.isoformat()
    return record


def call_of(record: dict[str, Any]) -> Call:
    """Return the call that `record_of` wrote."""
    fields = dict(record)
    fields["started_at"] = parse_utc(fields["started_at"])
    fields["played_at"] = fields["played_at"] and parse_utc(fields["played_at"])
    fields["outside"] = fields["outside"] and Party(**fields["outside"])
    fields["legs"] = tuple(Leg(**leg) for leg in fields["legs"])
    return Call(**fields)
