"""One live call as somebody ordered it, second by second."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from simulator.accounts import E164, Account
from simulator.calls import Call, Direction, Leg, Party, Status
from simulator.clock import MILLISECOND, whole_milliseconds


class ScriptError(ValueError):
    """The script does not fit the account, or contradicts itself."""


class Script(BaseModel):
    """What is to happen; times in seconds. Without `answer_after` nobody answers."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    account: str
    direction: Direction = "Incoming"
    number: E164 | None = None
    outside: E164 | None = Field(default=None, alias="from")
    name: str | None = None
    placed_by: str | None = None
    ring: tuple[str, ...] | None = None
    ring_after: float = Field(default=0, ge=0)
    answer_after: float | None = Field(default=None, ge=0)
    answered_by: str | None = None
    talk: float = Field(default=30, ge=0)
    transfer_to: str | None = None
    transfer_rings: float = Field(default=2, ge=0)
    transfer_talk: float = Field(default=30, ge=0)
    hang_up_after: float = Field(default=5, ge=0)
    voicemail: float = Field(default=10, ge=0)
    outcome: Status | None = None
    recording: bool = False
    agent_events: bool = False
    starts_at: AwareDatetime | None = None
    speed: float = Field(default=1, gt=0, le=100_000)

    @model_validator(mode="after")
    def _outcome_fits(self) -> Self:
        is_answered = self.answer_after is not None
        if self.outcome not in (None, "Dropped", *(("Connected",) if is_answered else ("Missed", "VoiceMail"))):
            raise ValueError(f"{self.outcome} contradicts answer_after={self.answer_after}")
        if self.transfer_to and (not is_answered or self.direction != "Incoming"):
            raise ValueError("only an answered incoming call is transferred")
        return self

    def unfold(self, account: Account, *, call_id: str, now: datetime) -> Call:
        """Return the call.

        Raises:
            ScriptError: it names a number or extension the account does not have.
        """
        number = None if self.direction == "Internal" else self._number(account)
        rung = self._rung(account, number)
        legs, length, voicemail = self._timeline(account, rung)
        placed_by = None
        if self.direction in ("Outgoing", "Callback", "Internal"):
            if not rung:
                raise ScriptError("a call that is placed needs an extension in ring, answered_by or placed_by")
            placed_by = self.placed_by or rung[0]
        if self.direction == "Internal" and (placed_by is None or placed_by in rung):
            raise ScriptError("an internal call needs placed_by, another extension than it rings")
        for extension in filter(None, [*rung, placed_by, self.transfer_to]):
            _name(account, extension)
        status: Status = self.outcome or ("Missed" if self.answer_after is None else "Connected")
        # So far back that the call, played `speed` times as fast, ends where the wall clock then is.
        starts_at = self.starts_at or now - length * (1 - 1 / self.speed) * MILLISECOND
        return Call(
            id=call_id,
            api_key=account.api_key,
            direction=self.direction,
            status=status,
            started_at=whole_milliseconds(starts_at.astimezone(UTC)),
            length_ms=length,
            number=number,
            outside=None if self.direction == "Internal" else Party(self.outside, self.name),
            placed_by=placed_by,
            placed_by_name=_name(account, placed_by) if placed_by else None,
            legs=legs,
            voicemail_ms=voicemail,
            recording_after_ms=0 if self.recording else None,
            agent_events=self.agent_events,
            origin="script",
            played_at=now,
            speed=self.speed,
        )

    def _number(self, account: Account) -> str:
        numbers = [number.e164 for number in account.numbers]
        if self.number is None and numbers:
            return numbers[0]
        if self.number is None or self.number not in numbers:
            raise ScriptError(f"the account has no number {self.number}")
        return self.number

    def _rung(self, account: Account, number: str | None) -> tuple[str, ...]:
        if self.direction in ("Outgoing", "Callback"):
            first = self.placed_by or self.answered_by or next(iter(self.ring or ()), None)
            return (first,) if first else tuple(agent.extension for agent in account.agents_of(number or ""))[:1]
        rung = self.ring
        if rung is None:
            rung = (self.answered_by,) if self.answered_by else ()
            if number:
                rung = tuple(agent.extension for agent in account.agents_of(number)) or rung
        if self.answered_by and self.answered_by not in rung:
            rung = (*rung, self.answered_by)
        if self.answer_after is not None and not rung:
            raise ScriptError("somebody has to answer: ring or answered_by is missing")
        return rung

    def _timeline(self, account: Account, rung: tuple[str, ...]) -> tuple[tuple[Leg, ...], int, int | None]:
        """Return the legs, the call's length and where the voicemail begins, in milliseconds."""
        if self.answer_after is None:
            wait = round(self.hang_up_after * 1000)
            rang = min(round(self.ring_after * 1000), wait)
            legs = tuple(Leg(extension, _name(account, extension), rang, wait) for extension in rung)
            if self.outcome == "VoiceMail":
                return legs, wait + round(self.voicemail * 1000), wait
            return legs, wait, None
        answered = round(self.answer_after * 1000)
        rang, ended = min(round(self.ring_after * 1000), answered), answered + round(self.talk * 1000)
        winner = self.answered_by or rung[0]
        parts = [Leg(extension, _name(account, extension), rang, answered) for extension in rung]
        parts = [
            replace(leg, answered_ms=answered, ended_ms=ended) if leg.extension == winner else leg for leg in parts
        ]
        if self.transfer_to:
            taken = ended + round(self.transfer_rings * 1000)
            last = taken + round(self.transfer_talk * 1000)
            parts.append(Leg(self.transfer_to, _name(account, self.transfer_to), ended, taken, taken, last))
            ended = last
        return tuple(parts), ended, None


def _name(account: Account, extension: str) -> str:
    agent = account.agent(extension)
    if agent is None:
        raise ScriptError(f"the account has no extension {extension}")
    return agent.name
