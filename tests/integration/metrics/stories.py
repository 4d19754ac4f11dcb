"""Hypothesis strategies for what happens to organizations, and for what is asked about them afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.integration.metrics import clock
from tests.integration.metrics.place import LINES, ORGANIZATIONS, Hand, Place

ZONES: Final = (
    *("UTC", "Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe"),
    *("America/St_Johns", "Africa/Casablanca", "Atlantic/Azores", "America/Havana", "America/Santiago"),
    *("Africa/Cairo", "Pacific/Apia", "Pacific/Kiritimati", "Asia/Kolkata"),
)
ASKERS: Final = (
    *(("viewer", "acme"), ("org_admin", "acme"), ("org_admin", "acme"), ("manager", "acme"), ("agent", "acme")),
    *(("agent_without_lines", "acme"), ("their_admin", "globex"), ("of_both", "acme"), ("of_both", None)),
    *(("agent_and_viewer", "acme"), ("agent_and_viewer", "globex"), ("agent_and_viewer", None), ("nobody", None)),
    *(("platform_admin", "acme"), ("platform_admin", "holding"), ("platform_admin", None), ("platform_admin", None)),
    *(("key", "acme"), ("key", None), ("platform_key", "globex"), ("platform_key", None), ("viewer", None)),
    # These are refused.
    *(("viewer", "globex"), ("nobody", "acme"), ("their_admin", "holding"), ("key", "globex")),
)
"""Who asks, and about which organization: none is all that they read in full."""
NUMBERS: Final = ("+12125550111", "+12125550112", "+12125550113", "+12125550114", None, "", "anonymous")
WAITS: Final = (None, None, 0, 1, 2, 4, 5, 6, 19, 20, 21, 29, 30, 31, 60, 3599, 3600, 3601, 90000)
_YEARS: Final = (2010, 2011, 2024, 2025)


@cache
def _moments(zone: ZoneInfo) -> tuple[datetime, ...]:
    usual = (datetime(2024, 2, 29, tzinfo=zone), datetime(2025, 1, 1, tzinfo=zone), datetime(2025, 6, 30, tzinfo=zone))
    return (*(at for year in _YEARS for at in clock.transitions(zone, year)), *(at.astimezone(UTC) for at in usual))


@dataclass(frozen=True)
class Setting:
    """Where and when a story takes place."""

    zone: ZoneInfo
    anchor: datetime

    @property
    def day(self) -> date:
        """The local date around which it goes on."""
        return clock.local(self.anchor, self.zone).date()


def settings(now: datetime) -> st.SearchStrategy[Setting]:
    """A zone, and a moment at which something may go wrong, or now."""
    zones = st.sampled_from(ZONES).map(ZoneInfo)
    return zones.flatmap(
        lambda zone: st.sampled_from([*_moments(zone), now, *[now - timedelta(days=4)] * 4]).map(
            lambda at: Setting(zone, at)
        )
    )


def _around(setting: Setting) -> st.SearchStrategy[datetime]:
    seconds = st.one_of(
        st.integers(-12, 12).map(lambda quarters: quarters * 900),
        st.integers(-48, 48).map(lambda quarters: quarters * 900),
        st.integers(-200, 200).map(lambda quarters: quarters * 900),
        st.integers(-3 * 86400, 3 * 86400),
        st.integers(-40, 2).map(lambda days: days * 86400),
    )
    odd = st.sampled_from([0, 0, -1, 1, 899_999_999, -1_000_000])
    return st.builds(lambda s, o: setting.anchor + timedelta(seconds=s, microseconds=o), seconds, odd)


FACTS = st.fixed_dictionaries(
    {
        "direction": st.sampled_from(["inbound"] * 7 + ["outbound", "callback", "internal"]),
        "outcome": st.sampled_from(["answered", "answered", "missed", "missed", "voicemail", None]),
        "wait_seconds": st.sampled_from(WAITS),
        "talk_seconds": st.sampled_from([None, 0, 9, 10, 11, 100, 4000]),
        "duration_seconds": st.sampled_from([None, 0, 30, 100, 5000]),
        "is_dropped": st.booleans(),
        "transfer_count": st.sampled_from([0, 0, 1, 2]),
        "external_number": st.sampled_from(NUMBERS),
    }
).map(lambda facts: facts | {"is_dropped": facts["is_dropped"] and facts["outcome"] == "answered"})
_homes = st.tuples(
    st.sampled_from(["a1", "a2", "a3", "g1", "g2", "acme", "globex", "holding"]),
    st.lists(st.integers(0, 7), max_size=2, unique=True),
)


def housed(place: Place, home: tuple[str, list[int]]) -> dict[str, Any]:
    """The columns that say whose a call is."""
    where, chosen = home
    owner = LINES.get(where, where)
    members = place.members[owner]
    return {
        "org_id": place.organizations[owner],
        "line_id": place.lines.get(where),
        "member_ids": sorted({members[each % len(members)] for each in chosen}) if members else [],
    }


def _timed(started_at: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """When a call of these facts went on."""
    wait, lasted = facts["wait_seconds"], facts["duration_seconds"]
    is_answered = facts["outcome"] == "answered" and wait is not None
    return {
        "started_at": started_at,
        "arrived_at": started_at if wait is not None else None,
        "answered_at": started_at + timedelta(seconds=wait) if is_answered else None,
        "ended_at": started_at + timedelta(seconds=lasted) if lasted is not None else None,
    }


Act = tuple[str, Any]
"""Something that happens, and with what."""


OWNERS = st.sampled_from(ORGANIZATIONS[:2])
_hours = st.sampled_from(["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "09:00", "17:30", "23:00", "24:00"])
_spans = st.lists(_hours, min_size=2, max_size=2, unique=True).map(sorted)
_weeks = st.lists(st.tuples(st.integers(1, 7), _spans), max_size=7, unique_by=lambda each: each[0]).map(
    lambda each: [{"weekday": n, "opens": opens, "closes": closes} for n, (opens, closes) in each]
)
SETTINGS = st.fixed_dictionaries(
    {
        "answer_within_seconds": st.sampled_from([1, 5, 20, 30, 3600]),
        "short_abandon_seconds": st.sampled_from([1, 5, 20, 60]),
        "excludes_short_abandons": st.booleans(),
        "service_level_target": st.sampled_from([0, 0.5, 0.8, 0.8, 1]),
        "business_hours": _weeks,
    }
)


def _acts(setting: Setting) -> st.SearchStrategy[Act]:
    days = st.integers(-4, 3).map(lambda n: (setting.day + timedelta(days=n)).isoformat())
    calls = st.lists(st.integers(0, 60), min_size=1, max_size=4)
    return st.one_of(
        _added(setting, 1),
        _added(setting, 1),
        st.tuples(st.just("correct"), st.tuples(calls, FACTS)),
        st.tuples(st.just("restart"), st.tuples(calls, _around(setting), FACTS)),
        st.tuples(st.just("move"), st.tuples(calls, _homes)),
        st.tuples(st.just("bury"), st.tuples(calls, st.booleans())),
        st.tuples(st.just("forget"), calls),
        st.tuples(st.just("zone"), st.tuples(OWNERS, st.sampled_from(ZONES))),
        st.tuples(st.just("settle"), st.tuples(OWNERS, st.one_of(days, st.just("-infinity")), SETTINGS)),
        st.tuples(st.just("settle"), st.tuples(OWNERS, st.one_of(days, st.just("-infinity")), SETTINGS)),
        st.tuples(st.just("unsettle"), st.tuples(OWNERS, days)),
        st.tuples(st.just("holiday"), st.tuples(OWNERS, days, st.one_of(st.none(), _spans))),
        st.tuples(st.just("fold"), st.sampled_from([1, 3, 1000])),
        st.tuples(st.just("fold"), st.just(100_000)),
    )


def _added(setting: Setting, at_least: int) -> st.SearchStrategy[Act]:
    calls = st.lists(st.tuples(_around(setting), _homes, FACTS), min_size=at_least, max_size=16)
    return st.tuples(st.just("add"), calls)


def batches(setting: Setting) -> st.SearchStrategy[list[Act]]:
    """What happens until questions are asked."""
    return st.lists(_acts(setting), min_size=1, max_size=6)


def beginnings(setting: Setting) -> st.SearchStrategy[list[Act]]:
    """What there is before anything happens: calls, and mostly business hours, counted ahead or not."""
    settled = st.tuples(st.just("settle"), st.tuples(OWNERS, st.just("-infinity"), SETTINGS))
    folded: st.SearchStrategy[Act] = st.tuples(st.just("fold"), st.just(100_000))
    return st.tuples(
        st.lists(settled, max_size=3),
        st.lists(_added(setting, 8), min_size=1, max_size=2),
        st.lists(folded, max_size=1),
    ).map(lambda parts: [act for part in parts for act in part])


def happen(hand: Hand, act: Act, new_id: Any) -> None:
    """Let it happen; what it is about is counted round."""
    kind, with_what = act
    organizations = hand.place.organizations

    def chosen(numbers: list[int]) -> list[UUID]:
        there = hand.call_ids()
        return [there[number % len(there)] for number in numbers] if there else []

    if kind == "add":
        hand.add_calls(
            [
                {"id": new_id()} | facts | _timed(started_at, facts) | housed(hand.place, home)
                for started_at, home, facts in with_what
            ]
        )
    elif kind == "correct":
        numbers, facts = with_what
        hand.correct(chosen(numbers), facts)
    elif kind == "restart":
        numbers, started_at, facts = with_what
        hand.correct(chosen(numbers), facts | _timed(started_at, facts))
    elif kind == "move":
        numbers, home = with_what
        hand.correct(chosen(numbers), housed(hand.place, home))
    elif kind == "bury":
        numbers, is_gone = with_what
        hand.correct(chosen(numbers), {"deleted_at": "2026-01-01T00:00:00Z" if is_gone else None})
    elif kind == "forget":
        hand.forget(chosen(with_what))
    elif kind == "zone":
        whose, zone = with_what
        hand.move_house(organizations[whose], zone)
    elif kind == "settle":
        whose, day, changes = with_what
        hand.settle(organizations[whose], day, changes)
    elif kind == "unsettle":
        whose, day = with_what
        hand.drop_settings(organizations[whose], day)
    elif kind == "holiday":
        whose, day, span = with_what
        hand.keep_holiday(organizations[whose], day, *(span or (None, None)))
    elif kind == "fold":
        while hand.fold(with_what) and with_what > 1000:
            pass


@dataclass(frozen=True)
class Wish:
    """What somebody wants to know."""

    asked: tuple[str, str | None]
    """By whom, and about which organization."""
    begin: datetime
    end: datetime
    lines: tuple[str, ...] | None
    members: tuple[tuple[str, int], ...] | None
    in_hours: bool | None
    grain: str

    def narrowed(self, place: Place) -> dict[str, Any]:
        """The filters, as a question has them."""
        members = self.members and [place.members[who][n % len(place.members[who])] for who, n in self.members]
        return {
            "line_ids": None if self.lines is None else [place.lines[line] for line in self.lines],
            "member_ids": None if self.members is None else list(members or []),
            "in_hours": self.in_hours,
        }


def _ranges(setting: Setting) -> st.SearchStrategy[tuple[datetime, datetime, tuple[str, ...]]]:
    zone = setting.zone

    def days(first: int, count: int) -> tuple[datetime, datetime, tuple[str, ...]]:
        begin, end = (
            clock.instant(datetime.combine(setting.day + timedelta(days=n), time.min), zone)
            for n in (first, first + count)
        )
        return begin, end, clock.GRAINS

    def months(back: int, count: int) -> tuple[datetime, datetime, tuple[str, ...]]:
        first = datetime.combine(setting.day.replace(day=1), time.min)
        begin, end = (clock.instant(clock.months_back(first, n), zone) for n in (back, back - count))
        return begin, end, clock.GRAINS[2:] if count > 1 else clock.GRAINS[1:]

    def hours(first: int, count: int) -> tuple[datetime, datetime, tuple[str, ...]]:
        begin = clock.bucket_key(setting.anchor + timedelta(hours=first), "hour", zone)
        end = clock.bucket_key(setting.anchor + timedelta(hours=first + count), "hour", zone)
        assert isinstance(begin, datetime)
        assert isinstance(end, datetime)
        return begin, end, clock.GRAINS

    def ragged(first: int, seconds: int) -> tuple[datetime, datetime, tuple[str, ...]]:
        begin = setting.anchor + timedelta(seconds=first)
        return begin, begin + timedelta(seconds=seconds), clock.GRAINS

    return st.one_of(
        st.builds(days, st.integers(-5, 3), st.integers(1, 9)),
        st.builds(days, st.integers(-1, 0), st.just(1)),
        st.builds(months, st.integers(-1, 2), st.sampled_from([1, 1, 3, 12])),
        st.builds(hours, st.integers(-30, 10), st.integers(1, 40)),
        st.builds(ragged, st.integers(-3 * 86400, 86400), st.integers(1, 4 * 86400)),
        # Samoa had no 30 December 2011.
    ).filter(lambda span: span[0] < span[1])


def wishes(setting: Setting) -> st.SearchStrategy[Wish]:
    """Questions of anybody about anything, such as make sense mostly, and every other one about days with calls."""
    return st.one_of(
        _ranges(setting).flatmap(lambda span: _about(span, 4)), _busy(setting).flatmap(lambda span: _about(span, 12))
    )


def _busy(setting: Setting) -> st.SearchStrategy[tuple[datetime, datetime, tuple[str, ...]]]:
    """Days about the moment at which most goes on."""
    return st.builds(
        lambda quarters, days: (
            (begin := setting.anchor + timedelta(minutes=15 * quarters)),
            begin + timedelta(days=days),
            clock.GRAINS,
        ),
        st.integers(-3 * 96, 0),
        st.integers(3, 8),
    )


def _about(span: tuple[datetime, datetime, tuple[str, ...]], narrowed_in: int) -> st.SearchStrategy[Wish]:
    """Questions about a range, one in so many of which each filter narrows."""
    lines = st.lists(st.sampled_from(list(LINES)), max_size=3, unique=True).map(tuple)
    members = st.lists(st.tuples(st.sampled_from(ORGANIZATIONS[:2]), st.integers(0, 7)), max_size=3, unique=True)
    nothing = [st.none()] * (narrowed_in - 1)
    return st.builds(
        Wish,
        asked=st.sampled_from(ASKERS),
        begin=st.just(span[0]),
        end=st.just(span[1]),
        lines=st.one_of(*nothing, lines),
        members=st.one_of(*nothing, members.map(tuple)),
        in_hours=st.sampled_from([*[None] * 2 * (narrowed_in - 2), True, False]),
        grain=st.sampled_from(span[2]),
    )
