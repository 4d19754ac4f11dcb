import re
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.accounts import Account
from simulator.chatter import START_WORDS, STOP_WORDS, Chatter
from simulator.messages import Message, message_of, record_of

MONDAY = date(2026, 5, 4)


@pytest.fixture(scope="module")
def two_months(account: Account) -> list[Message]:
    chatter = Chatter(1, account.model_copy(update={"messages_per_day": 120}))
    return [message for day in range(56) for message in chatter.day(MONDAY + timedelta(days=day))]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), day=st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_same_seed_and_day_give_the_same_messages(account: Account, seed: int, day: date) -> None:
    alone, late = Chatter(seed, account), Chatter(seed, account)
    late.day(day - timedelta(days=1))
    assert alone.day(day) == late.day(day)
    assert {message.created_at.astimezone(account.zone).date() for message in alone.day(day)} <= {day}


def test_there_are_about_as_many_as_asked_for(account: Account, two_months: list[Message]) -> None:
    assert len({message.id for message in two_months}) == len(two_months)
    assert len(two_months) / 40 == pytest.approx(120, rel=0.25)
    assert Chatter(1, account.model_copy(update={"messages_per_day": 0})).day(MONDAY) == ()
    assert Chatter(1, account.model_copy(update={"numbers": ()})).day(MONDAY) == ()


def test_both_sides_write_and_numbers_are_fictitious(account: Account, two_months: list[Message]) -> None:
    ways = Counter(message.direction for message in two_months)
    assert 0.3 < ways["Inbound"] / len(two_months) < 0.7
    phones = {message.outside.phone for message in two_months}
    assert all(phone and re.fullmatch(r"\+1[2-9]\d\d55501\d\d", phone) for phone in phones)
    assert {message.number for message in two_months} == {number.e164 for number in account.open_numbers}


def test_most_are_delivered_some_fail_and_of_some_nothing_more_is_heard(two_months: list[Message]) -> None:
    sent = [message for message in two_months if message.direction == "Outbound"]
    shares = {key: count / len(sent) for key, count in Counter(message.delivery for message in sent).items()}
    assert shares["Delivered"] > 0.9
    assert 0.01 < shares["Failed"] < 0.06
    assert 0.005 < shares["Sent"] < 0.05
    for message in sent:
        assert (message.settles_at is None) == (message.delivery == "Sent")
        assert (message.failure is None) == (message.delivery != "Failed")
        assert message.status(message.created_at) == "Sent"
        assert message.status(message.created_at + timedelta(minutes=1)) == message.delivery


def test_some_stop_and_start_again_and_some_have_no_guid(two_months: list[Message]) -> None:
    words = Counter(message.text for message in two_months)
    assert sum(words[word] for word in STOP_WORDS) > 10
    assert sum(words[word] for word in START_WORDS) > 2
    assert 0.01 < sum(not message.has_guid for message in two_months) / len(two_months) < 0.06
    assert any(len(message.text) > 160 for message in two_months)
    assert any(not message.text.isascii() for message in two_months)


def test_a_message_survives_being_written_down(two_months: list[Message]) -> None:
    assert all(message_of(record_of(message) | {"ordinal": 3}) == message for message in two_months[:200])
