"""Whether an answer is as the document shows it.

In the document an id stands for any id, a time for any time, `…` in a text for anything, `$NAME` for a variable. An
object that has "…" among its keys, and a list that ends with "…", may have more.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.integration.docs.document import Answer

MORE: Final = "…"

_ID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}(?::[0-9]{2})?)"
_STANDS_FOR_MORE: Final = re.compile(rf"(?P<id>{_ID})|(?P<time>{_TIME})|(?P<more>{MORE})|(?P<variable>\$[A-Z_]+)")


def differences(shown: Answer, given: Answer, variables: Mapping[str, str]) -> list[str]:
    """Return what differs between the answer that is shown and the one that was given."""
    found = [] if shown.status == given.status else [f"status {given.status}"]
    headers = {name.lower(): value for name, value in given.headers.items()}
    for name, value in shown.headers.items():
        found += _differing(value, headers.get(name.lower()), name, variables)
    return [*found, *_differing(_read(shown.body), _read(given.body), "", variables)]


def _read(body: str) -> Any:
    """Read JSON, or else text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.rstrip("\n")


def _differing(shown: Any, given: Any, path: str, variables: Mapping[str, str]) -> Iterator[str]:
    if isinstance(shown, dict) and isinstance(given, dict):
        missing = shown.keys() - given.keys() - {MORE}
        unknown = set() if MORE in shown else given.keys() - shown.keys()
        yield from (f"{path}.{key} is not there" for key in sorted(missing))
        yield from (f"{path}.{key} is not shown" for key in sorted(unknown))
        for key in shown.keys() & given.keys():
            yield from _differing(shown[key], given[key], f"{path}.{key}", variables)
    elif isinstance(shown, list) and isinstance(given, list):
        yield from _differing_lists(shown, given, path, variables)
    elif isinstance(shown, str) and isinstance(given, str):
        if not re.fullmatch(_pattern(shown, variables), given, re.DOTALL):
            yield f"{path} is {given!r}"
    elif type(shown) is not type(given) or shown != given:
        yield f"{path} is {given!r}"


def _differing_lists(shown: list[Any], given: list[Any], path: str, variables: Mapping[str, str]) -> Iterator[str]:
    if shown[-1:] == [MORE]:
        for number, each in enumerate(shown[:-1]):
            if all(any(_differing(each, other, "", variables)) for other in given):
                yield f"{path}[{number}] is not among {given!r}"
        return
    if len(shown) != len(given):
        yield f"{path} has {len(given)} elements: {given!r}"
    for number, (one, other) in enumerate(zip(shown, given, strict=False)):
        yield from _differing(one, other, f"{path}[{number}]", variables)


def _pattern(shown: str, variables: Mapping[str, str]) -> str:
    def parts() -> Iterator[str]:
        end = 0
        for found in _STANDS_FOR_MORE.finditer(shown):
            yield re.escape(shown[end : found.start()])
            match found.lastgroup:
                case "id":
                    yield _ID
                case "time":
                    yield _TIME
                case "more":
                    yield ".*"
                case _:
                    yield re.escape(variables[found[0][1:]])
            end = found.end()
        yield re.escape(shown[end:])

    return "".join(parts())
