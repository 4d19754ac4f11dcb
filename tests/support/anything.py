"""What a provider might say, and what it never would: hypothesis strategies for JSON, written as text.

Written, because Python cannot say all of it: numbers of a thousand digits, names given twice.
"""

import json
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

Json = st.SearchStrategy[str]


def _text(value: str) -> str:
    return json.dumps(value)


def _either(*written: str) -> Json:
    return st.sampled_from(written)


def texts(*values: str) -> Json:
    """One of these texts."""
    return _either(*map(_text, values))


def _as_text_too(values: Json) -> Json:
    """The same as a string, as some clients write numbers and truths."""
    return st.one_of(values, values.map(_text))


def _object(members: Sequence[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"


plain_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12).map(_text)
numbers = _as_text_too(
    st.one_of(
        _either("0", "-0", "-1", "1", "65000", "604800000", "604800001", "2147483648", "-9223372036854775809"),
        _either("1e5", "1E-5", "0.5", "-0.0", "1e308", "1e309", "-1e400", "9" * 30, "9" * 1000, "0." + "0" * 400 + "1"),
        st.integers().map(str),
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
    )
)
truths = _as_text_too(_either("true", "false", "null"))
words = st.one_of(
    plain_text,
    texts("", " ", "é\N{GRINNING FACE}", "%s%d%n", "\"'; drop table calls; --", "\u202e\u200b", "\n\t"),
    texts("x" * 201, "é" * 700, "\N{HANGUL SYLLABLE GAG}" * 300),
)
times = st.one_of(
    st.datetimes().map(lambda at: _text(f"{at.isoformat()}Z")),
    texts("2026-06-05T13:38:29.522Z", "2026-06-05T13:38:29.5220000Z", "2026-06-05 13:38:29+02:00", "2026-06-05"),
    texts("1970-01-01T00:00:00Z", "2090-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00Z"),
    texts("0001-01-01T00:00:00+14:00", "294277-01-01T00:00:00Z", "4714-11-24T00:00:00Z", "1780666709"),
    texts("2026-02-30T00:00:00Z", "2026-06-05T24:00:00Z", "2026-06-05T23:59:60Z", "2026-06-05T13:38:29+99:99"),
    texts("infinity", "-infinity", "now", "epoch", "today"),
)
clocks = st.one_of(
    texts("00:02:05", "-00:02:05", "167:59:59", "168:00:01", "999:59:59", "99999:00:00", "00:60:00", "0:0:1"),
    numbers,
)
garbage = st.recursive(
    st.one_of(numbers, truths, words, times),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(st.tuples(words, inner), max_size=3).map(_object),
        _either("[]", "{}", "[[]]", '{"":{}}', "[" * 60 + "]" * 60),
    ),
    max_leaves=6,
)


def strange(*usual: Json) -> Json:
    """One of the usual values, mostly; else anything."""
    return st.one_of(*usual, *usual, garbage)


def phones(*known: str) -> Json:
    """Numbers that are known, in more than one spelling, and what is none."""
    bare = [number.removeprefix("+") for number in known]
    return strange(
        texts(*known),
        texts(*known),
        _either(*bare),
        texts(*bare, *(f"00{number}" for number in bare), *(f" {number} " for number in known)),
        texts("anonymous", "+", "++1", "+1234567890123456", "911", "+1 (212) 555-0177", "", "sip:a@b"),
    )


def objects(fields: Mapping[str, Json], *, spellings: bool = True) -> Json:
    """Objects with some of the fields, in any order, a name now and then twice or not as it should be."""
    names = st.sampled_from(sorted(fields))

    def member(name: str) -> st.SearchStrategy[tuple[str, str]]:
        spelled = st.sampled_from([name] * 12 + [name.upper(), name.lower()]) if spellings else st.just(name)
        return st.tuples(spelled.map(_text), fields[name])

    return st.lists(names.flatmap(member), max_size=len(fields) + 3).map(_object)


def whole(fields: Mapping[str, Json]) -> Json:
    """Objects with all of the fields."""
    return st.fixed_dictionaries({_text(name): values for name, values in fields.items()}).map(
        lambda members: _object([*members.items()])
    )


def items(values: Json, at_most: int = 4) -> Json:
    """Lists of such values."""
    return st.lists(values, max_size=at_most).map(lambda each: f"[{','.join(each)}]")
