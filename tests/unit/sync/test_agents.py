import json
from itertools import cycle
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.agents import agent_statuses
from sync.client import MightyCall
from sync.errors import AuthorizationDenied, ProviderError, ProviderUnavailable
from sync.retries import Retries
from sync.tokens import Tokens
from sync.transport import Transport
from tests.unit.sync.provider import Answer, Provider, Request

RETRIES = Retries(sleep=lambda _: None, random=lambda: 0)
REFUSED = Answer({"isSuccess": False, "message": "not for you"}, 400)


class OneToken:
    def current(self) -> str:
        return "the-token"

    def replace(self, _: str) -> str:
        return "another-token"


@pytest.fixture
def client(transport: Transport) -> MightyCall:
    return MightyCall(transport, cast("Tokens", OneToken()))


def answering(provider: Provider, **answers: Any) -> None:
    """Answer by the last part of the path; what is not named is refused."""

    def respond(request: Request) -> Answer:
        answer = answers.get(request.path.rsplit("/", 1)[1].replace("10", "ext10"), REFUSED)
        return answer if isinstance(answer, Answer) else Answer(answer)

    provider.respond = respond


def statuses(client: MightyCall) -> dict[str | None, tuple[str | None, bool]]:
    items = [json.loads(item) for item in agent_statuses(client, RETRIES, 100)]
    return {item["extension"]: (item["status"], item["isAccountUser"]) for item in items}


def test_the_own_user_is_all_that_is_told(client: MightyCall, provider: Provider) -> None:
    answering(
        provider,
        profile={"data": {"fullName": "Ann", "extension": "101"}},
        status={"data": {"status": "available"}},
        team={"data": {"users": [{"fullName": "Ann", "extension": "101"}, {"fullName": "Bo", "extension": 102}]}},
    )
    assert statuses(client) == {"101": ("available", True)}
    assert [request.path for request in provider.requests] == ["/api/profile", "/api/profile/status", "/api/team"]


def test_where_the_team_shows_statuses_they_are_taken(client: MightyCall, provider: Provider) -> None:
    answering(
        provider,
        profile={"data": {"extension": "101"}},
        status={"data": "dnd"},
        team={
            "users": [
                {"extensionNumber": "101", "status": "available"},
                {"extensionNumber": 102, "presence": {"name": "Available"}},
                {"extensionNumber": "103", "status": None},
                {"fullName": "nobody", "status": "available"},
                7,
            ]
        },
    )
    assert statuses(client) == {"101": ("dnd", True), "102": ("Available", False)}


def test_where_the_profile_shows_a_status_those_of_others_are_asked_for(client: MightyCall, provider: Provider) -> None:
    answering(
        provider,
        profile={"data": {"extension": "101", "status": "dnd"}},
        status=REFUSED,
        team={"users": [{"extension": "101"}, {"extension": "102"}, {"extension": "103"}, {"extension": "104"}]},
        ext102={"data": {"status": "available"}},
        ext103={"data": {}},
        ext104={"data": {"status": "available"}},
    )
    assert statuses(client) == {"101": ("dnd", True), "102": ("available", False)}
    assert provider.requests[-1].path == "/api/profile/103", "one that shows none is the last that is asked"


def test_a_profile_without_an_extension_is_not_attributed_to_anybody(client: MightyCall, provider: Provider) -> None:
    answering(provider, profile={"data": {"fullName": "Ann"}}, status={"data": {"status": "dnd"}}, team=REFUSED)
    assert statuses(client) == {None: ("dnd", True)}


def test_wrong_keys_are_no_missing_answer(client: MightyCall, provider: Provider) -> None:
    answering(provider, profile={"data": {"extension": "101"}}, status=Answer(status=401))
    with pytest.raises(AuthorizationDenied):
        agent_statuses(client, RETRIES, 100)


def test_an_outage_is_no_missing_answer(client: MightyCall, provider: Provider) -> None:
    answering(provider, profile={"data": {"extension": "101"}}, status=Answer(status=503))
    with pytest.raises(ProviderUnavailable):
        agent_statuses(client, RETRIES, 100)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["extension", "status", "name", "users", "data", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.lists(json_values, min_size=1, max_size=4))
def test_no_answer_raises_anything_else(values: list[Any]) -> None:
    bodies = cycle(values)

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=json.dumps({"data": next(bodies)}))

    with httpx.Client(transport=httpx.MockTransport(respond)) as http:
        client = MightyCall(Transport(http, "http://provider", "k", 5, lambda: None), cast("Tokens", OneToken()))
        try:
            items = agent_statuses(client, RETRIES, 3)
        except ProviderError:
            return
    for item in map(json.loads, items):
        assert item.keys() == {"extension", "status", "isAccountUser"}
