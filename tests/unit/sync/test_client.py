import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.client import MightyCall
from sync.errors import MalformedAnswer, NotFound, ProviderError, RequestRefused
from sync.tokens import Tokens
from sync.transport import Transport
from tests.unit.sync.provider import Answer, Provider

START = datetime(2026, 6, 5, 12, 0, 0, 123_456, tzinfo=UTC)
END = datetime(2026, 6, 6, 12, tzinfo=UTC)


@dataclass
class OneToken:
    """A token that is always good, or as good as another."""

    is_replaced: bool = False

    def current(self) -> str:
        return "the-token"

    def replace(self, refused: str) -> str:
        assert self.is_replaced
        return refused


@pytest.fixture
def client(transport: Transport) -> MightyCall:
    return MightyCall(transport, cast("Tokens", OneToken()))


def asked(provider: Provider) -> tuple[str, dict[str, str]]:
    request = provider.requests[-1]
    assert request.headers["authorization"] == "Bearer the-token"
    assert request.headers["x-api-key"] == "the-api-key"
    return request.path, request.query


def test_calls_are_asked_for_outwards_to_the_millisecond(client: MightyCall, provider: Provider) -> None:
    provider.script(Answer({"data": {"calls": [1], "total": 9}}))
    assert client.calls(START, END, 20, 10).total == 9
    bounds = {"startUtc": "2026-06-05T12:00:00.123Z", "endUtc": "2026-06-06T12:00:00.001Z"}
    assert asked(provider) == ("/api/calls", {**bounds, "skip": "20", "pageSize": "10"})


def test_voicemails_are_asked_for_like_calls(client: MightyCall, provider: Provider) -> None:
    provider.script(Answer({"data": {"voicemails": [{"id": 1}], "total": 1}}))
    assert client.voicemails(START, END, 0, 10).items == ['{"id": 1}']
    path, query = asked(provider)
    assert path == "/api/voicemails"
    assert query.keys() == {"startUtc", "endUtc", "skip", "pageSize"}


def test_messages_come_from_the_journal_which_is_not_wrapped(client: MightyCall, provider: Provider) -> None:
    provider.script(Answer({"currentPage": 3, "requests": [{"type": "Message"}]}))
    listing = client.messages(START, END, 3, 10)
    assert (listing.items, listing.total, listing.page) == (['{"type": "Message"}'], None, 3)
    bounds = {"from": "2026-06-05T12:00:00.123Z", "to": "2026-06-06T12:00:00.001Z"}
    assert asked(provider) == ("/api/journal/requests", {**bounds, "type": "Message", "page": "3", "pageSize": "10"})


@pytest.mark.parametrize("body", [{"users": [1]}, {"data": {"users": [1]}}, {"data": {"team": [1]}}, {"data": [1]}])
def test_the_team_is_read_in_every_shape_that_was_seen(
    client: MightyCall, provider: Provider, body: dict[str, Any]
) -> None:
    provider.script(Answer(body))
    assert client.team(0, 10).items == ["1"]


@pytest.mark.parametrize("name", ["contacts", "items", "people"])
def test_a_list_by_another_name_is_taken_where_it_is_alone(client: MightyCall, provider: Provider, name: str) -> None:
    provider.script(Answer({"data": {name: [1], "totalCount": 1}, "errors": []}))
    listing = client.contacts(10, {})
    assert (listing.items, listing.total) == (["1"], 1)


def test_a_list_of_errors_is_no_list_of_contacts(client: MightyCall, provider: Provider) -> None:
    provider.script(Answer({"errors": ["no"]}))
    with pytest.raises(MalformedAnswer, match="should hold a list 'contacts'"):
        client.contacts(10, {})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"data": {"status": "available"}}, '"available"'),
        ({"data": "available"}, '"available"'),
        ({"status": "dnd"}, '"dnd"'),
    ],
)
def test_a_status_is_read_in_every_shape(
    client: MightyCall, provider: Provider, body: dict[str, Any], status: str
) -> None:
    provider.script(Answer(body))
    assert client.profile_status()["status"] == status
    assert asked(provider) == ("/api/profile/status", {})


def test_profiles_are_asked_for_by_extension(client: MightyCall, provider: Provider) -> None:
    provider.script(Answer({"data": {"extension": 101}}), Answer({"data": {"extension": "1/2"}}))
    assert client.profile() == {"extension": "101"}
    assert client.profile("1/2") == {"extension": '"1/2"'}
    assert [request.path for request in provider.requests] == ["/api/profile", "/api/profile/1%2F2"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"data": None, "isSuccess": False, "message": "No such call"}, 404),
        Answer({"isSuccess": False, "message": "Call not found"}),
        Answer({"isSuccess": False, "message": "The call does not exist."}, 400),
        Answer({}, 404),
    ],
)
def test_a_call_that_is_gone_is_told_from_other_refusals(
    client: MightyCall, provider: Provider, answer: Answer
) -> None:
    provider.script(answer)
    with pytest.raises(NotFound):
        client.call("a")


@pytest.mark.parametrize(
    "answer",
    [
        Answer("<html>Not Found</html>", 404),
        Answer({"message": "No HTTP resource was found that matches the request URI"}, 404),
        Answer({"message": "Missing Authentication Token"}, 404),
        Answer({"isSuccess": False, "message": "An id is missing"}, 400),
    ],
)
def test_a_path_that_is_not_served_proves_nothing_of_a_call(
    client: MightyCall, provider: Provider, answer: Answer
) -> None:
    provider.script(answer)
    with pytest.raises((RequestRefused, MalformedAnswer)) as caught:
        client.call("a")
    assert not isinstance(caught.value, NotFound)


METHODS: dict[str, Callable[[MightyCall], object]] = {
    "calls": lambda client: client.calls(START, END, 0, 10),
    "call": lambda client: client.call("a"),
    "voicemails": lambda client: client.voicemails(START, END, 0, 10),
    "messages": lambda client: client.messages(START, END, 1, 10),
    "contacts": lambda client: client.contacts(10, {"offset": 10}),
    "team": lambda client: client.team(0, 10),
    "phone_numbers": lambda client: client.phone_numbers(0, 10),
    "profile": lambda client: client.profile("101"),
    "profile_status": lambda client: client.profile_status(),
}
NAMES = ["data", "isSuccess", "message", "total", "currentPage", "calls", "requests", "users", "contacts", "errors"]
bodies = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=10,
).map(lambda value: json.dumps(value).encode())


@given(bodies, st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 405, 429, 500, 503]))
@pytest.mark.parametrize("method", METHODS)
def test_whatever_is_answered_it_is_read_or_refused_readably(method: str, body: bytes, status: int) -> None:
    answers = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    with httpx.Client(transport=answers) as http:
        transport = Transport(http, "http://provider", "the-api-key", 5, before_request=lambda: None)
        with suppress(ProviderError):
            METHODS[method](MightyCall(transport, cast("Tokens", OneToken(is_replaced=True))))
