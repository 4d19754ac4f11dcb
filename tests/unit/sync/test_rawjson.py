import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import rawjson

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.lists(values), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_elements_are_the_parts_of_the_array(items: list[Any], indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=ascii_only)
    assert [json.loads(element) for element in rawjson.elements(text)] == items


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 2, "\t"]))
def test_members_are_the_parts_of_the_object(item: dict[str, Any], indent: int | str | None) -> None:
    text = json.dumps(item, indent=indent)
    assert {name: json.loads(raw) for name, raw in rawjson.members(text).items()} == item


@pytest.mark.parametrize(
    "raw",
    ["1.10", "1e999", "9" * 5000, "12345678901234567890.123456789", '"\\u0000"', '"\\ud800"', '{ "a" : [1,  2] }'],
)
def test_a_part_keeps_the_senders_own_writing(raw: str) -> None:
    assert rawjson.elements(f"[ {raw} , null ]") == [raw, "null"]
    assert rawjson.members(f'{{"x" : {raw} }}') == {"x": raw}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "[1 2]",
        "[1]]",
        "[1] 2",
        "{}",
        "null",
        "[NaN]",
        "[Infinity]",
        '["\n"]',
        "[01]",
        "[" * 100_000,
    ],
)
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        rawjson.elements(text)


@pytest.mark.parametrize(
    "text", ["", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,}', "{a:1}", "{1:2}", "{null:1}", "[]", '{"a" 1}']
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        rawjson.members(text)


@given(st.text(alphabet='[]{},:"\\ \n1.e-ntrufals\u00e9'))
def test_garbage_is_refused_like_the_standard_parser_refuses_it(text: str) -> None:
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    for split, kind in ((rawjson.elements, list), (rawjson.members, dict)):
        if isinstance(parsed, kind):
            assert len(split(text)) == len(parsed)
        else:
            with pytest.raises(ValueError, match=r".+"):
                split(text)


@pytest.mark.parametrize(
    ("raw", "value"), [("12", "12"), ('"12"', "12"), ("1.50", "1.50"), ("true", True), ("null", None), ("[1]", None)]
)
def test_a_scalar_is_text_or_boolean_or_none(raw: str, value: object) -> None:
    assert rawjson.scalar(raw) == value
