"""What may become known of calls: events, statements, tombstones and numbers, made up, and orders to hear them in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

START: Final = datetime(2025, 3, 10, 12, tzinfo=UTC)
HANDOVER: Final = START + timedelta(seconds=20)
"""When the moving number goes from one organization to the other."""

MOVING, UNOWNED, UNLISTED, UNLISTED_TOO = (f"+1212555010{digit}" for digit in range(1, 5))
"""Numbers of the accounts: one given to two organizations in turn, one given to nobody, two not in the inventory."""
OUTSIDE: Final = "+12125550198"

ACCOUNTS: Final = ("platform", "own")
CALLS: Final = ("call-1", "call-2")
EXTENSIONS: Final = ("101", "102", "103", None)

_numbers: Final = st.sampled_from((MOVING, UNOWNED, UNLISTED, UNLISTED_TOO, OUTSIDE, "Anonymous", None))

_CALL_EVENTS: Final = (
    *(
        f"{way}Call{step}"
        for way in ("Incoming", "Callback")
        for step in ("", "Ringing", "StopRinging", "Connected", "Completed")
    ),
    *(f"OutgoingCall{step}" for step in ("", "Connected", "Completed")),
    *(f"IncomingCallAgent{step}" for step in ("Ringing", "Connected", "Completed")),
    *(f"OutgoingCallAgent{step}" for step in ("Dialing", "Connected", "Completed")),
    "IncomingCallTransferred",
    "IncomingCallAgentTransferred",
    "IncomingCallVoicemail",
    "VoicemailReceived",
)
_OF_RECORDINGS: Final = ("CallRecordingReady", "RecordingReady")
"""They tell of a call's recording, and make no call."""

_links: Final = st.sampled_from((None, None, None, "https://records.example/1.wav", "https://records.example/2.wav"))


@dataclass(frozen=True)
class Event:
    """A delivery: it makes a call unless it names none, tells only of a recording, or is of a type that is not used."""

    account: str
    body: str
    received_at: datetime


@dataclass(frozen=True)
class Statement:
    """An item of the provider's history, as observed once."""

    account: str
    call: str
    item: str
    observed_at: datetime


@dataclass(frozen=True)
class Tombstone:
    """The observation that the history lists a call no more."""

    account: str
    call: str
    observed_at: datetime


@dataclass(frozen=True)
class Listing:
    """A number that the provider lists."""

    account: str
    number: str


Fact = Event | Statement | Tombstone | Listing
Step = tuple[Fact, ...]
"""Facts that arrive together: a batch of deliveries, or a page."""


def mixed_histories() -> st.SearchStrategy[list[Fact]]:
    """Facts of every kind, about one call mostly."""
    return st.sampled_from(ACCOUNTS).flatmap(
        lambda account: _facts(
            _events(account),
            _events(account),
            _statements(account),
            _tombstones(account),
            _listings(account),
            _events(account, CALLS[1]),
            _statements(account, CALLS[1]),
        )
    )


def flapping_histories() -> st.SearchStrategy[list[Fact]]:
    """A call that the history states now so, now otherwise, now not at all."""
    return st.sampled_from(ACCOUNTS).flatmap(
        lambda account: st.lists(_items(), min_size=2, max_size=2, unique=True).flatmap(
            lambda items: _facts(*(_statements(account, items=st.just(item)) for item in items), _tombstones(account))
        )
    )


def wandering_histories() -> st.SearchStrategy[list[Fact]]:
    """Calls between numbers that change hands and numbers not known yet."""
    numbers = st.sampled_from([MOVING, MOVING, UNLISTED, UNLISTED, OUTSIDE])
    return st.sampled_from(ACCOUNTS).flatmap(
        lambda account: _facts(
            _events(account, numbers=numbers),
            _events(account, numbers=numbers),
            _statements(account, items=_items(numbers=numbers)),
            _statements(account, CALLS[1], _items(CALLS[1], numbers)),
            _listings(account),
        )
    )


def _facts(*kinds: st.SearchStrategy[Fact]) -> st.SearchStrategy[list[Fact]]:
    return st.integers(3, 8).flatmap(lambda size: st.lists(st.one_of(kinds), min_size=size, max_size=size))


@st.composite
def orders(draw: st.DrawFn, history: Sequence[Fact]) -> list[Step]:
    """The facts in some order, some of them repeatedly, in groups that can arrive together."""
    repeats = draw(st.lists(st.sampled_from(history), max_size=3)) if history else []
    steps: list[Step] = []
    for fact in draw(st.permutations([*history, *repeats])):
        if steps and _arrive_together(steps[-1][-1], fact) and draw(st.booleans()):
            steps[-1] += (fact,)
        else:
            steps.append((fact,))
    return steps


def _arrive_together(one: Fact, other: Fact) -> bool:
    match one, other:
        case Event(), Event():
            return True
        case Statement(), Statement():
            return (one.account, one.observed_at) == (other.account, other.observed_at)
        case Listing(), Listing():
            return one.account == other.account
    return False


def _instants(latest: int = 40) -> st.SearchStrategy[datetime]:
    # Few enough that they tie often.
    return st.sampled_from(range(0, latest, 5)).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def _events(
    draw: st.DrawFn, account: str, call: str = CALLS[0], numbers: st.SearchStrategy[str | None] = _numbers
) -> Event:
    occurred = draw(
        st.one_of(
            _instants().map(_iso),
            _instants().map(_iso),
            st.sampled_from([None, "soon", _iso(START - timedelta(days=31)), _iso(START + timedelta(minutes=10))]),
        )
    )
    kind = draw(st.sampled_from((*_CALL_EVENTS, *_CALL_EVENTS, *_OF_RECORDINGS, "ContactChanged", "IncomingCallAgent")))
    body = {
        "EventType": kind,
        "Guid": draw(st.uuids().map(str)),
        "Timestamp": occurred,
        "Body": {
            "Id": draw(st.sampled_from((call,) * 9 + (None,))),
            "From": draw(numbers),
            "To": draw(numbers),
            "Extension": draw(st.sampled_from(EXTENSIONS)),
            "CallDuration": draw(st.sampled_from([None, "00:00:07", "00:02:05", "long"])),
            "RecordingId": draw(st.sampled_from([None, None, "recording-1"])),
            "RecordingLink": draw(_links),
        },
    }
    return Event(account, json.dumps(body), draw(_instants()))


def _statements(
    account: str, call: str = CALLS[0], items: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[Statement]:
    return st.builds(
        Statement, st.just(account), st.just(call), _items(call) if items is None else items, _instants(20)
    )


def _tombstones(account: str) -> st.SearchStrategy[Tombstone]:
    return st.builds(Tombstone, st.just(account), st.just(CALLS[0]), _instants(20))


def _listings(account: str) -> st.SearchStrategy[Listing]:
    return st.builds(Listing, st.just(account), st.sampled_from([UNLISTED, UNLISTED_TOO]))


def _items(call: str = CALLS[0], numbers: st.SearchStrategy[str | None] = _numbers) -> st.SearchStrategy[str]:
    agent = st.fixed_dictionaries(
        {
            "extension": st.sampled_from(EXTENSIONS),
            "name": st.sampled_from(["Ann", "Bob", None]),
            "phone": numbers,
            "isConnected": st.booleans(),
        }
    )
    return st.fixed_dictionaries(
        {
            "id": st.just(call),
            "dateTimeUtc": _instants().map(_iso),
            "duration": st.sampled_from([None, "25000", 7000, "-1", "long"]),
            "direction": st.sampled_from(["Incoming", "Outgoing", "Callback", "Internal", "Sideways", None]),
            "callStatus": st.sampled_from(["Connected", "Missed", "VoiceMail", "Dropped", None]),
            "businessNumber": numbers,
            "caller": st.one_of(st.none(), agent),
            "called": st.one_of(st.none(), st.lists(agent, max_size=3)),
            "callRecord": st.one_of(
                st.none(),
                st.fixed_dictionaries({"fileName": st.sampled_from(["records/1", "", None]), "uri": _links}),
            ),
        }
    ).map(json.dumps)


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
