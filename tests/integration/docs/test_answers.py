"""The comparison that the examples rest on notices what it should."""

import pytest

from tests.integration.docs.answers import differences
from tests.integration.docs.document import Answer, Document

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def differing(shown: str, given: str) -> bool:
    return bool(differences(Answer(200, {}, shown), Answer(200, {}, given), {"NAME": "Acme (1)"}))


@pytest.mark.parametrize(
    ("shown", "given"),
    [
        ('{"a": 1}', '{"a":1}'),
        ('{"a": 1, "…": "…"}', '{"a": 1, "b": 2}'),
        ('["…"]', "[1, 2]"),
        ("[1, 2]", "[1, 2]"),
        ('[{"a": 2}, "…"]', '[{"a": 1}, {"a": 2}]'),
        ('"$NAME"', '"Acme (1)"'),
        (f'"{ID}"', '"00000000-0000-0000-0000-000000000000"'),
        ('"2025-03-03T09:00:00Z"', '"2026-11-20T14:00:00.123456+00:00"'),
        ('"[2025-03-03 09:00:00+00,)"', '"[2026-11-20 14:00:00.1+00,)"'),
        ('"vsk_…"', '"vsk_abc"'),
        ("0.33333333333333333333", "0.3333333333333333"),
        ("a,b\n1,…\n", "a,b\n1,2"),
        ("", ""),
    ],
)
def test_it_accepts_what_is_as_shown(shown: str, given: str) -> None:
    assert not differing(shown, given)


@pytest.mark.parametrize(
    ("shown", "given"),
    [
        ('{"a": 1}', '{"a": 2}'),
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": 1, "…": "…"}', '{"b": 2}'),
        ('{"a": null}', '{"a": 0}'),
        ('{"a": true}', '{"a": 1}'),
        ('{"a": "1"}', '{"a": 1}'),
        ("[1]", "[1, 1]"),
        ("[1]", "[]"),
        ("[]", "[1]"),
        ('[{"a": 2}, "…"]', '[{"a": 1}]'),
        ('[{"a": 2}, "…"]', "[]"),
        ("[1, 2]", "[2, 1]"),
        ('{"a": 1}', "[]"),
        ('{"a": 1}', "not json"),
        ('"$NAME"', '"Acme"'),
        (f'"{ID}"', '"an id"'),
        (f'"{ID}"', "null"),
        ('"2025-03-03T09:00:00Z"', '"yesterday"'),
        ('"vsk_…"', '"secret"'),
        ("a,b\n1,…\n", "a,b\n2,2"),
        ("", "something"),
        ("1", "2"),
    ],
)
def test_it_notices_what_differs(shown: str, given: str) -> None:
    assert differing(shown, given)


def test_it_notices_another_status_and_other_headers() -> None:
    shown = Answer(200, {"Content-Range": "0-1/*", "Retry-After": "…"}, "")
    assert differences(shown, Answer(200, {"content-range": "0-1/*", "retry-after": "5", "Date": "now"}, ""), {}) == []
    assert len(differences(shown, Answer(206, {"content-range": "0-0/*"}, ""), {})) == 3


@pytest.mark.parametrize(
    "text",
    [
        "# A\n```sh\ncurl a\n```\n",
        "# A\n```sh\ncurl a\n```\n```sh\ncurl b\n```\n",
        "# A\n```http\nHTTP/1.1 200 OK\n```\n```sh\ncurl a\n```\n",
        "# A\n```sh\ncurl a\n```\n```http\n200\n```\n",
    ],
)
def test_a_command_without_an_answer_is_no_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"line|argument|status"):
        _ = Document(text).examples


def test_examples_know_their_headings() -> None:
    fences = "```sh\ncurl a\n```\n\n```http\nHTTP/1.1 200 OK\nA: b\n\n[]\n```\n"
    [one, other] = Document(f"# It's `a` thing\n{fences}## It's a thing\n{fences}").examples
    assert (one.anchor, one.line, other.anchor, other.line) == ("its-a-thing", 2, "its-a-thing-1", 13)
    assert one.answer == Answer(200, {"A": "b"}, "[]\n")
