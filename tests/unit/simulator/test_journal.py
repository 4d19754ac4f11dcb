from datetime import date, timedelta

import pytest

from simulator.accounts import Account
from simulator.calls import Call
from simulator.chatter import Chatter
from simulator.journal import NO_GUID, item, matching
from simulator.messages import Message
from simulator.plan import Plan

DAY = date(2026, 5, 4)


@pytest.fixture(scope="module")
def messages(account: Account) -> list[Message]:
    chatter = Chatter(5, account.model_copy(update={"messages_per_day": 300}))
    return [message for day in range(5) for message in chatter.day(DAY + timedelta(days=day))]


def test_a_message_is_shown_with_its_text_in_either_form(account: Account, messages: list[Message]) -> None:
    forms = set()
    for message in messages:
        shown = item(message, account, message.created_at)
        assert shown["type"] == "Message"
        assert shown["origin"] == message.direction
        assert shown["businessNumber"] == {"number": message.number}
        assert shown["client"]["address"] == message.outside.phone
        assert shown["requestGuid"] == (message.id if message.has_guid else NO_GUID)
        text = shown.get("text", shown.get("textModel", {}).get("text"))
        assert text == message.text
        forms.add("text" in shown)
    assert forms == {True, False}
    assert {message.has_guid for message in messages} == {True, False}


def test_the_delivery_status_develops(account: Account, messages: list[Message]) -> None:
    for message in (message for message in messages if message.settles_at):
        before = item(message, account, message.created_at)
        assert before["messageDeliveryStatus"] == "Sent"
        assert message.settles_at is not None
        after = item(message, account, message.settles_at)
        assert after["messageDeliveryStatus"] == message.delivery
        assert after.get("messageDeliveryError") == message.failure


def test_times_are_written_as_each_host_does(account: Account, messages: list[Message]) -> None:
    classic = account.model_copy(update={"kind": "classic"})
    created = [item(messages[0], kind, messages[0].created_at)["created"] for kind in (account, classic)]
    assert [len(text) for text in created] == [24, 28]


def test_filters_take_several_words_in_any_case(account: Account, messages: list[Message]) -> None:
    calls = Plan(5, account).day(DAY)
    entries: list[Call | Message] = [*calls, *messages]
    assert matching(entries, "", "", "") == entries
    assert matching(entries, "message", "", "") == messages
    assert matching(entries, "Call, Voicemail", "", "") == list(calls)
    inbound = matching(entries, "Message", "inbound", "")
    assert inbound == [message for message in messages if message.direction == "Inbound"]
    new, closed = (matching(entries, "", "", state) for state in ("New", "Closed"))
    assert len(new) + len(closed) == len(entries)
    assert new
    assert matching(entries, "Fax", "", "") == []


def test_calls_among_the_messages(account: Account) -> None:
    for call in Plan(5, account).day(DAY):
        shown = item(call, account, call.ended_at)
        assert (shown["type"], shown["requestGuid"]) == ("Call", call.id)
        assert (shown["client"] is None) == (call.direction == "Internal")
