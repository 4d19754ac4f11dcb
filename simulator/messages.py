"""What truly happened to a text message."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from simulator.calls import Party
from simulator.clock import parse_utc, utc_text

Way = Literal["Inbound", "Outbound"]
DeliveryStatus = Literal["Sent", "Delivered", "Failed"]
DELIVERY_STATUSES: tuple[DeliveryStatus, ...] = ("Sent", "Delivered", "Failed")


@dataclass(frozen=True, slots=True)
class Message:
    """A message between a business number and a person outside.

    An outbound one is Sent from the start; at `settles_at`, if ever, it turns into its `delivery`. Without
    `has_guid` the journal shows an id of zeros; without `is_told` it has no events.
    """

    id: str
    api_key: str
    direction: Way
    number: str
    outside: Party
    text: str
    created_at: datetime
    delivery: DeliveryStatus = "Delivered"
    settles_at: datetime | None = None
    failure: str | None = None
    has_guid: bool = True
    origin: Literal["plan", "live", "script", "api"] = "plan"
    is_told: bool = True

    @property
    def started_at(self) -> datetime:
        """The message's instant, under the name that calls have for theirs."""
        return self.created_at

    def status(self, now: datetime) -> DeliveryStatus:
        """Return how far its delivery has come."""
        return self.delivery if self.settles_at is not None and self.settles_at <= now else "Sent"


def record_of(message: Message) -> dict[str, Any]:
    """Return the message as plain JSON values, for the state file."""
    record = asdict(message)
    record["created_at"] = utc_text(message.created_at)
    record["settles_at"] = message.settles_at and utc_text(message.settles_at)
    return record


def message_of(record: dict[str, Any]) -> Message:
    """Return the message that `record_of` wrote."""
    fields = {name: value for name, value in record.items() if name != "ordinal"}
    fields["created_at"] = parse_utc(fields["created_at"])
    fields["settles_at"] = fields["settles_at"] and parse_utc(fields["settles_at"])
    fields["outside"] = Party(**fields["outside"])
    return Message(**fields)
