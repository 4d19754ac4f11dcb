import json

import pytest

from bench.deliveries import course
from bench.intake import signed_requests


def test_a_connection_sends_whole_calls_in_order() -> None:
    events = [json.loads(each.body) for each in course(3, 8)]
    assert [event["EventType"] for event in events[:4]] == [
        "IncomingCall",
        "IncomingCallRinging",
        "IncomingCallConnected",
        "IncomingCallCompleted",
    ]
    assert [event["Body"]["Id"] for event in events[:4]] == [events[0]["Body"]["Id"]] * 4
    assert events[4]["Body"]["Id"] != events[0]["Body"]["Id"]
    assert len({event["Guid"] for event in events}) == 8


@pytest.mark.parametrize("wanted", [0, 1, 4, 6])
def test_as_many_deliveries_are_made_as_wanted(wanted: int) -> None:
    assert len(list(course(0, wanted))) == wanted


def test_a_request_is_signed_over_the_bytes_it_carries() -> None:
    (request,) = signed_requests(0, 1, b"secret")
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert signed_requests(0, 1, b"secret")[0] != request


def test_each_delivery_says_what_shows_that_it_was_applied() -> None:
    shown = [each.shows.split(":")[0] for each in course(0, 4)]
    assert shown == ['"arrived_at"', '"rang_at"', '"answered_at"', '"ended_at"']


def test_the_calls_of_one_organization_go_to_its_lines() -> None:
    called = [json.loads(each.body)["Body"]["To"] for each in course(0, 80, organizations=1)]
    assert {number[:5] for number in called} == {"+1200"}
