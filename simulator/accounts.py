"""The accounts served: keys, numbers, team and where each wants its webhooks."""

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
Kind = Literal["call_center", "classic"]


class AccountsError(Exception):
    """The accounts file cannot be used; the message names every fault in it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Number(_Part):
    """A business number of an account."""

    id: str | int
    e164: E164
    label: str = ""
    is_enabled: bool = True


class Agent(_Part):
    """A person of the team, with the extension and the business numbers that ring there."""

    extension: str
    name: str
    email: str | None = None
    numbers: tuple[E164, ...] = ()


class Webhook(_Part):
    """Where events go: signed with the secret, or (token mode) to a URL that is itself the secret."""

    url: str = Field(pattern=r"^https?://")
    mode: Literal["signed", "token"] = "signed"
    secret: str = ""

    @model_validator(mode="after")
    def _signing_needs_a_secret(self) -> Self:
        if self.mode == "signed" and not self.secret:
            raise ValueError("signed mode needs a secret")
        return self


class Account(_Part):
    """One MightyCall account, as its panel would show it."""

    api_key: str = Field(min_length=1)
    user_key: str = Field(min_length=1)
    kind: Kind = "call_center"
    numbers: tuple[Number, ...] = ()
    team: tuple[Agent, ...] = ()
    webhook: Webhook | None = None
    calls_per_day: int = Field(default=120, ge=0)
    messages_per_day: int = Field(default=30, ge=0)
    contacts: int = Field(default=40, ge=0, le=300)
    time_zone: str = "America/New_York"
    requests_per_day: int = Field(default=2500, ge=0)
    refusal_status: Literal[429, 403] = 429
    contacts_paging: Literal["both", "page", "offset"] = "both"
    team_statuses: bool = False
    recording_links: Literal["plain", "expiring", "token"] = "plain"
    recording_links_live_seconds: int = Field(default=3600, ge=1)

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone {name!r}") from None
        return name

    @model_validator(mode="after")
    def _names_are_consistent(self) -> Self:
        numbers = [number.e164 for number in self.numbers]
        extensions = [agent.extension for agent in self.team]
        if len(set(numbers)) < len(numbers) or len(set(extensions)) < len(extensions):
            raise ValueError("a number or extension is listed twice")
        for agent in self.team:
            if missing := set(agent.numbers) - set(numbers):
                raise ValueError(f"extension {agent.extension} lists foreign numbers: {sorted(missing)}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the account's working hours."""
        return ZoneInfo(self.time_zone)

    @property
    def open_numbers(self) -> tuple[Number, ...]:
        """The numbers that take calls."""
        return tuple(number for number in self.numbers if number.is_enabled)

    def agent(self, extension: str) -> Agent | None:
        """Return the holder of an extension, if there is one."""
        return next((agent for agent in self.team if agent.extension == extension), None)

    def agents_of(self, number: str) -> tuple[Agent, ...]:
        """Return the agents a business number rings."""
        return tuple(agent for agent in self.team if number in agent.numbers)


class AccountsFile(_Part):
    """The whole file: accounts, how long after its end a call is listed, and the longest audio served."""

    accounts: tuple[Account, ...]
    history_lag_seconds: float = Field(default=10, ge=0)
    longest_recording_seconds: float = Field(default=10, gt=0)

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        keys = [account.api_key for account in self.accounts]
        if len(set(keys)) < len(keys):
            raise ValueError("an api_key is listed twice")
        return self


def load(path: Path) -> AccountsFile:
    """Read and check an accounts file.

    Raises:
        AccountsError: it is missing, not JSON, or describes no usable accounts.
    """
    try:
        return AccountsFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise AccountsError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise AccountsError(f"{path}: {faults_of(error)}") from error


def faults_of(error: ValidationError) -> str:
    """Name every fault with its place, leaving out the values (some are secrets)."""
    return "; ".join(
        f"{'.'.join(str(step) for step in fault['loc']) or 'file'}: {fault['msg']}" for fault in error.errors()
    )
