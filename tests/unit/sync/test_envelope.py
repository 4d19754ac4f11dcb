import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.envelope import Envelope, Listing
from sync.errors import MalformedAnswer


def test_a_wrapped_list_gives_its_raw_items_and_its_total() -> None:
    body = b'{"data":{"calls":[{"id": 1.50}, {"id":"b"}],"total":"2"},"isSuccess":true,"message":null}'
    envelope = Envelope(body)
    assert envelope.is_success
    assert envelope.listing("calls") == Listing(['{"id": 1.50}', '{"id":"b"}'], 2)


@pytest.mark.parametrize(
    "body",
    [
        '{"calls":[1]}',
        '{"data":{"Calls":[1]}}',
        '{"Data":{"calls":[1]},"IsSuccess":true}',
        '{"data":[1],"isSuccess":true}',
        '{"data":null,"calls":[1]}',
        '\ufeff {"data":{"calls":[1]}} \n',
    ],
)
def test_variants_of_the_wrapping_are_read(body: str) -> None:
    assert Envelope(body.encode()).listing("calls").items == ["1"]


@pytest.mark.parametrize("total", ["null", "-1", '"many"', "1.5", "1e3", "{}", "true", "9" * 30, '""', '"²"'])
def test_a_total_that_is_no_count_counts_as_absent(total: str) -> None:
    assert Envelope(f'{{"data":{{"calls":[],"total":{total}}}}}'.encode()).listing("calls").total is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"<html>", b'{"data":', b"\xff\xfe", b'{"a":NaN}'])
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        Envelope(body)


@pytest.mark.parametrize("data", ['{"total":1}', '{"calls":null}', '{"calls":{}}', '"text"', "1", "true"])
def test_an_answer_without_the_list_is_malformed(data: str) -> None:
    with pytest.raises(MalformedAnswer, match="should hold a list 'calls'"):
        Envelope(f'{{"data":{data}}}'.encode()).listing("calls")


def test_one_item_is_the_raw_data() -> None:
    assert Envelope(b'{"data": {"id":"a", "duration": 1.0},"isSuccess":true}').item() == '{"id":"a", "duration": 1.0}'
    with pytest.raises(MalformedAnswer):
        Envelope(b'{"data":[{"id":"a"}]}').item()


def test_only_an_explicit_false_is_no_success() -> None:
    assert not Envelope(b'{"isSuccess":false,"message":"No."}').is_success
    assert Envelope(b'{"isSuccess":null}').is_success
    assert Envelope(b"{}").is_success


def test_text_is_the_first_member_that_holds_some() -> None:
    envelope = Envelope(b'{"Message":"","error_description":{"a":1},"error":"invalid_client","expires_in":86400}')
    assert envelope.text("message", "error_description", "error") == "invalid_client"
    assert envelope.text("expires_in") == "86400"
    assert envelope.text("nothing") is None


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_answer_raises_anything_else(body: bytes) -> None:
    try:
        envelope = Envelope(body)
        envelope.listing("calls")
        envelope.item()
    except MalformedAnswer:
        pass
