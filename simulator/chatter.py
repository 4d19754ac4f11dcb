"""The planned messages: conversations of a few turns, mostly in working hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from simulator.accounts import Account
from simulator.calls import Party
from simulator.clock import whole_milliseconds
from simulator.days import Days
from simulator.dice import dice, random_id
from simulator.messages import DeliveryStatus, Message, Way
from simulator.people import Callers
from simulator.plan import INBOUND_HOURS, MONTHS, WEEKDAYS, about

TURNS = 4
STOPS, STARTS_AGAIN = 0.02, 0.4
FAILS, STAYS_SENT = 0.03, 0.02
ZERO_GUIDS = 0.03
FAILURES = (
    "30003 Unreachable destination handset",
    "30005 Unknown destination handset",
    "30006 Landline or unreachable carrier",
    "30007 Message filtered by the carrier",
)
STOP_WORDS = ("STOP", "Stop", "stop.", "UNSUBSCRIBE", "Cancel", "QUIT", "STOPALL")
START_WORDS = ("START", "Start", "UNSTOP", "YES")
ASKED = (
    "Hi, are you open on Saturday?",
    "Can someone call me back, please?",
    "What would the repair cost?",
    "My order {n} has not arrived yet.",
    "Running about {n} minutes late, sorry!",
    "Thanks 🙏",
    "Is the {n} o'clock slot still free?",
    "Could you send me the invoice again? The e-mail address has changed, please use the one I gave on the phone "
    "yesterday, and note the order number {n} on it, because our accounting department sends back everything else.",
    "ok",
    "¿Hablan español?",
    "Grüße aus Köln, bis morgen!",
    "Yes that works",
    "👍",
)
TOLD = (
    "Thank you for your message, we will get back to you shortly.",
    "Your appointment is confirmed for tomorrow at {n}.",
    "We are open Monday to Friday from 9 to 6, Saturday from 10 to 2.",
    "Order {n} left our warehouse this morning.",
    "We tried to reach you by phone. When would be a good time?",
    "The technician will be with you within {n} minutes.",
    "No problem, see you then!",
    "Your estimate is {n} €, including parts.",
    "Please reply with your order number, so that we can look into it. If you have a photograph of the damage, you can "
    "answer this message with it. Our claims department is there from 8 until 5 and answers within two working days.",
)


class Chatter(Days[Message]):
    """An account's planned messages."""

    def __init__(self, seed: int, account: Account) -> None:
        super().__init__(account.zone, self._unfold_day)
        self._seed = seed
        self._account = account
        self._callers = Callers(seed, account)

    def _unfold_day(self, day: date) -> list[Message]:
        account = self._account
        if not account.open_numbers or not account.messages_per_day:
            return []
        rng = dice(self._seed, "chatter", account.api_key, day)
        expected = account.messages_per_day * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
        numbers = [number.e164 for number in account.open_numbers]
        weights = [1 / (place + 1) ** 0.5 for place in range(len(numbers))]
        messages: list[Message] = []
        # A turn in fifteen or so falls out of the day, and some conversations end with a word more.
        for _ in range(about(expected / TURNS, rng)):
            outside = self._callers.draw(rng, may_withhold=False)
            messages += self._conversation(day, rng.choices(numbers, weights)[0], outside, rng)
        return sorted(messages, key=lambda message: (message.created_at, message.id))

    def _conversation(self, day: date, number: str, outside: Party, rng: Random) -> Iterator[Message]:
        hour = rng.choices(range(24), INBOUND_HOURS)[0]
        wall = datetime.combine(day, time(hour), self._account.zone) + timedelta(seconds=rng.random() * 3600)
        moment = wall.astimezone(UTC)
        way: Way = rng.choice(("Inbound", "Inbound", "Outbound"))
        for _ in range(1 + min(int(rng.expovariate(1 / (TURNS - 1))), 12)):
            if moment.astimezone(self._account.zone).date() != day:
                return
            yield self._message(way, number, outside, rng.choice(ASKED if way == "Inbound" else TOLD), moment, rng)
            # Now and then the same side goes on.
            if rng.random() < 0.85:
                way = "Outbound" if way == "Inbound" else "Inbound"
            moment += timedelta(seconds=rng.lognormvariate(5, 1.2))
        for words, share in ((STOP_WORDS, STOPS), (START_WORDS, STARTS_AGAIN)):
            if rng.random() >= share or moment.astimezone(self._account.zone).date() != day:
                return
            yield self._message("Inbound", number, outside, rng.choice(words), moment, rng)
            moment += timedelta(seconds=rng.uniform(20, 3600))

    def _message(self, way: Way, number: str, outside: Party, text: str, moment: datetime, rng: Random) -> Message:
        created_at = whole_milliseconds(moment)
        delivery, settles_at, failure = delivery_of(created_at, rng) if way == "Outbound" else ("Delivered", None, None)
        return Message(
            id=random_id(rng),
            api_key=self._account.api_key,
            direction=way,
            number=number,
            outside=outside,
            text=text.format(n=rng.randrange(2, 12) if "clock" in text else rng.randrange(10, 9999)),
            created_at=created_at,
            delivery=delivery,
            settles_at=settles_at,
            failure=failure,
            has_guid=rng.random() >= ZERO_GUIDS,
        )


def delivery_of(created_at: datetime, rng: Random) -> tuple[DeliveryStatus, datetime | None, str | None]:
    """Return what becomes of an outbound message, when, and why it failed."""
    settles_at = whole_milliseconds(created_at + timedelta(seconds=rng.uniform(1, 12)))
    throw = rng.random()
    if throw < FAILS:
        return "Failed", settles_at, rng.choice(FAILURES)
    if throw < FAILS + STAYS_SENT:
        return "Sent", None, None
    return "Delivered", settles_at, None
