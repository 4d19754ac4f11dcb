import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks import token

TOKEN, KEY = "x" * 43, b"the-key"


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def test_each_token_known_by_its_hash_is_valid() -> None:
    for hashes in ([_hash(TOKEN)], [_hash("old"), _hash(TOKEN)], [_hash(TOKEN), _hash("new")]):
        assert token.is_valid(TOKEN, hashes)


@pytest.mark.parametrize(
    "given",
    ["", " ", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), TOKEN + "/", TOKEN + "\n", _hash(TOKEN).hex(), "\ud800", "é"],
)
def test_nothing_else_is(given: str) -> None:
    assert not token.is_valid(given, [_hash(TOKEN)])


def test_where_no_token_is_known_none_is_valid() -> None:
    assert not token.is_valid("", [])
    assert not token.is_valid(TOKEN, [])


@given(st.text(max_size=60))
def test_any_text_is_judged(given: str) -> None:
    assert token.is_valid(given, [_hash(TOKEN)]) == (given == TOKEN)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"ApiKey": None},
        {"ApiKey": ""},
        {"ApiKey": "the-key"},
        {"apikey": "the-key", "X-Api-Key": "the-key"},
        {"Body": {"ApiKey": "another's"}},
        {"ApiKeyId": "another's", "Key": "another's"},
    ],
)
def test_who_names_the_account_or_none_is_not_another(payload: dict[str, Any]) -> None:
    assert not token.names_another_account(payload, [KEY])


@pytest.mark.parametrize("name", ["ApiKey", "apiKey", "APIKEY", "api_key", "Api-Key", "X-Api-Key", "x_api_key"])
@pytest.mark.parametrize(
    "value", ["another's", "the-key ", "the-ke", "THE-KEY", " ", "\ud800", "\x00", "é", [], ["the-key"], {}, False]
)
def test_who_names_something_else_is(name: str, value: object) -> None:
    assert token.names_another_account({"EventType": "IncomingCall", name: value}, [KEY])


def test_one_right_key_does_not_make_up_for_a_wrong_one() -> None:
    assert token.names_another_account({"ApiKey": "the-key", "apiKey": "another's"}, [KEY])


def test_while_the_accounts_key_is_replaced_either_is_right() -> None:
    for each in ("the-key", "new"):
        assert not token.names_another_account({"ApiKey": each}, [KEY, b"new"])


def test_where_no_key_of_the_account_is_known_a_key_is_anothers() -> None:
    assert token.names_another_account({"ApiKey": "the-key"}, [])
    assert not token.names_another_account({}, [])


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(st.one_of(st.text(), st.sampled_from(["ApiKey", "api-key"])), json_values, max_size=4))
def test_any_payload_is_judged(payload: dict[str, Any]) -> None:
    token.names_another_account(payload, [KEY])
