"""What clients ask for: messages to be sent, calls to be placed. Everything asked is written down."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from simulator.accounts import E164, Account
from simulator.calls import Call, Party
from simulator.chatter import delivery_of
from simulator.clock import utc_text, whole_milliseconds
from simulator.dice import dice, random_id
from simulator.exchange import Exchange
from simulator.live import Live
from simulator.messages import DeliveryStatus, Message

LONGEST_TEXT = 1600
MOST_RECIPIENTS = 100
REPLIES = 0.3
ANSWERS = ("ok, thanks", "👍", "Can you call me, please?", "Who is this?", "Great, see you then", "No, sorry")
_PHONE = TypeAdapter(E164)


class RefusedError(ValueError):
    """What was asked for is not done, and the client is told why."""


class Outside(BaseModel):
    """How somebody outside takes messages and calls, where it is not to be left to chance."""

    model_config = ConfigDict(extra="forbid")

    phone: E164
    sms: str | None = Field(default=None, pattern="^(delivered|failed|refused|sent)$")
    failure: str = "30006 Landline or unreachable carrier"
    settles_after: float | None = Field(default=None, ge=0)
    answers: bool | None = None
    answer_after: float = Field(default=2, ge=0)
    talk: float = Field(default=10, ge=0)
    speed: float = Field(default=1, gt=0, le=100_000)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a request to send: the messages made, and who cannot be written to."""

    messages: list[Message]
    unreachable: list[tuple[str, str]]


class Outgoing:
    """Does what is asked for, on one exchange."""

    def __init__(self, exchange: Exchange, live: Live) -> None:
        self._exchange = exchange
        self._live = live

    def know(self, outside: Outside) -> None:
        """Remember how somebody outside takes messages and calls."""
        self._exchange.store.keep("outside", outside.phone, outside.model_dump())

    def asked(self, api_key: str | None = None) -> list[dict[str, Any]]:
        """Return everything that was asked for, in order, and what came of it."""
        return [value for value in self._exchange.store.kept("asked").values() if api_key in (None, value["account"])]

    def send(self, account: Account, asked: Any) -> Sent:
        """Send one text to everybody named.

        Raises:
            RefusedError: nothing is sent.
        """
        ordinal = self._exchange.store.next_ordinal()
        try:
            sender, recipients, text = self._message(account, asked)
        except RefusedError as error:
            self._note(ordinal, account, "message", asked, refused=str(error))
            raise
        messages, unreachable = [], []
        for recipient in recipients:
            number = self._exchange.store.next_ordinal()
            known = self._known(recipient)
            if known and known.sms == "refused":
                unreachable.append((recipient, known.failure))
                continue
            message = self._made(account, sender, recipient, text, number, known)
            self._exchange.add_message(message, number)
            self._live.play_message(message)
            messages.append(message)
            if self._live.makes_calls and dice(self._exchange.seed, "reply", number).random() < REPLIES:
                self._reply(message, number)
        self._note(ordinal, account, "message", asked, ids=[message.id for message in messages])
        return Sent(messages, unreachable)

    def place(self, account: Account, asked: Any) -> Call:
        """Place a call: an agent of the number is rung and connected with the person outside.

        Raises:
            RefusedError: no call is placed.
        """
        ordinal = self._exchange.store.next_ordinal()
        try:
            if not isinstance(asked, dict):
                raise RefusedError("from and to are required")
            sender, recipient = self._own(account, asked.get("from")), _phone(asked.get("to"))
            if any(number.e164 == recipient for number in account.numbers):
                raise RefusedError(f"{recipient} is a number of this account")
            call = self._live.place(account, sender, recipient, self._known(recipient))
        except ValueError as error:
            self._note(ordinal, account, "call", asked, refused=str(error))
            raise RefusedError(str(error)) from error
        self._note(ordinal, account, "call", asked, ids=[call.id])
        return call

    def _message(self, account: Account, asked: Any) -> tuple[str, list[str], str]:
        if not isinstance(asked, dict):
            raise RefusedError("from, to and message are required")
        sender = self._own(account, asked.get("from"))
        recipients, text = asked.get("to"), asked.get("message")
        if not isinstance(recipients, list) or not 1 <= len(recipients) <= MOST_RECIPIENTS:
            raise RefusedError(f"to must list 1 to {MOST_RECIPIENTS} numbers")
        if not isinstance(text, str) or not text.strip():
            raise RefusedError("message is empty")
        if len(text) > LONGEST_TEXT:
            raise RefusedError(f"message is longer than {LONGEST_TEXT} characters")
        phones = [_phone(recipient) for recipient in recipients]
        if sender in phones:
            raise RefusedError(f"{sender} cannot write to itself")
        return sender, phones, text

    @staticmethod
    def _own(account: Account, sender: Any) -> str:
        number = next((number for number in account.numbers if number.e164 == sender), None)
        if number is None:
            raise RefusedError(f"{sender} is not a number of this account")
        if not number.is_enabled:
            raise RefusedError(f"{sender} is disabled")
        return number.e164

    def _known(self, phone: str) -> Outside | None:
        value = self._exchange.store.kept("outside").get(phone)
        return Outside(**value) if value else None

    def _made(
        self, account: Account, sender: str, recipient: str, text: str, ordinal: int, known: Outside | None
    ) -> Message:
        rng = dice(self._exchange.seed, "sent", ordinal)
        now = whole_milliseconds(self._exchange.clock())
        delivery, settles_at, failure = delivery_of(now, rng)
        if known and known.settles_after is not None:
            settles_at = now + timedelta(seconds=known.settles_after)
        if known and known.sms:
            delivery = _delivery(known.sms)
            settles_at = None if delivery == "Sent" else settles_at or now + timedelta(seconds=2)
            failure = known.failure if delivery == "Failed" else None
        return Message(
            id=random_id(rng),
            api_key=account.api_key,
            direction="Outbound",
            number=sender,
            outside=Party(recipient),
            text=text,
            created_at=now,
            delivery=delivery,
            settles_at=settles_at,
            failure=failure,
            has_guid=rng.random() >= 0.05,
            origin="api",
        )

    def _reply(self, message: Message, ordinal: int) -> None:
        rng = dice(self._exchange.seed, "reply to", ordinal)
        self._live.write_later(
            timedelta(seconds=rng.uniform(8, 40)), message.api_key, message.number, message.outside, rng.choice(ANSWERS)
        )

    def _note(self, ordinal: int, account: Account, kind: str, asked: Any, **outcome: Any) -> None:
        value = {"account": account.api_key, "kind": kind, "asked": asked, "ordinal": ordinal}
        self._exchange.store.keep("asked", str(ordinal), value | {"at": utc_text(self._exchange.clock())} | outcome)


def _phone(text: Any) -> str:
    try:
        return _PHONE.validate_python(text)
    except ValidationError:
        raise RefusedError(f"{text!r} is not a phone number") from None


def _delivery(sms: str) -> DeliveryStatus:
    return "Delivered" if sms == "delivered" else "Failed" if sms == "failed" else "Sent"
