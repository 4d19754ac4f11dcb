"""JSON split one level deep, the parts left as the sender wrote them.

No number is converted on the way, so nothing is rounded, and an absurd one spoils its own item only.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

_SPACE: Final = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)


def members(text: str) -> dict[str, str]:
    """Split an object into its members; of equal names the last one counts.

    Raises:
        ValueError: this is not one JSON object.
    """
    found: dict[str, str] = {}

    def read_member(position: int) -> int:
        name, position = _decode(text, position)
        if not isinstance(name, str) or text[position - 1] != '"':
            raise _error(text, position)
        start = _expect(text, _skip(text, position), ":")
        _, end = _decode(text, start)
        found[name] = text[start:end]
        return end

    _walk(text, "{", "}", read_member)
    return found


def elements(text: str) -> list[str]:
    """Split an array into its elements.

    Raises:
        ValueError: this is not one JSON array.
    """
    found: list[str] = []

    def read_element(start: int) -> int:
        _, end = _decode(text, start)
        found.append(text[start:end])
        return end

    _walk(text, "[", "]", read_element)
    return found


def scalar(text: str) -> str | bool | None:
    """Read a string, a number (in the digits it was sent in) or a boolean; null and all else are none.

    Raises:
        ValueError: this is not JSON.
    """
    value, _ = _decode(text, 0)
    return value if isinstance(value, str | bool) else None


def _walk(text: str, opening: str, closing: str, read: Callable[[int], int]) -> None:
    position = _expect(text, _skip(text, 0), opening)
    if not text.startswith(closing, position):
        position = _skip(text, read(position))
        while not text.startswith(closing, position):
            position = _skip(text, read(_expect(text, position, ",")))
    if _skip(text, position + 1) != len(text):
        raise _error(text, position + 1)


def _decode(text: str, position: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _expect(text: str, position: int, character: str) -> int:
    if not text.startswith(character, position):
        raise _error(text, position)
    return _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _error(text: str, position: int) -> ValueError:
    return ValueError(f"not the expected JSON at character {min(position, len(text))} of {len(text)}")
