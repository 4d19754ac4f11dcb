import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from webhooks import api_key
from webhooks.api_errors import UnknownKeyError

SECRET = "vsk_ab12cd34_" + "Az09-_xY" * 5 + "abc"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": f"bearer   {SECRET}"},
        {"X-Api-Key": SECRET},
        {"x-api-key": SECRET, "authorization": f"BEARER {SECRET}"},
    ],
)
def test_a_key_stands_in_either_header(headers: dict[str, str]) -> None:
    assert api_key.secret_of(Headers(headers)) == SECRET


OTHER = SECRET.replace("a", "b")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": SECRET},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": f"Bearer{SECRET}"},
        {"Authorization": f"Bearer\t{SECRET}"},
        {"Authorization": f"Bearer {SECRET} "},
        {"Authorization": f"Bearer {SECRET},Bearer {SECRET}"},
        {"Authorization": f"Bearer {JWT}"},
        {"X-Api-Key": ""},
        {"X-Api-Key": f"Bearer {SECRET}"},
        {"X-Api-Key": f"{SECRET},{SECRET}"},
        {"X-Api-Key": SECRET[:-1]},
        {"X-Api-Key": SECRET + "a"},
        {"X-Api-Key": SECRET.upper()},
        {"X-Api-Key": SECRET.replace("ab12", "Ab12")},
        {"X-Api-Key": SECRET.replace("vsk", "sk")},
        {"X-Api-Key": SECRET[:-1] + "é"},
        {"X-Api-Key": SECRET[:-1] + "\u0661"},
        {"apikey": SECRET},
        {"Cookie": f"X-Api-Key={SECRET}"},
        {"Authorization": f"Bearer {SECRET}", "X-Api-Key": OTHER},
        {"Authorization": "Basic dXNlcjpwYXNz", "X-Api-Key": SECRET},
    ],
)
def test_anything_else_is_no_key(headers: dict[str, str]) -> None:
    with pytest.raises(UnknownKeyError):
        api_key.secret_of(Headers(headers))


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=80))
def test_no_header_breaks_the_reading(value: str) -> None:
    for name in ("Authorization", "X-Api-Key"):
        with pytest.raises(UnknownKeyError):
            api_key.secret_of(Headers({name: value}))


def test_what_the_database_knows_is_the_hash_of_the_text() -> None:
    assert api_key.digest(SECRET) == hashlib.sha256(SECRET.encode()).digest()
