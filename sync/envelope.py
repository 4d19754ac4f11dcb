"""MightyCall's answers, read no deeper than the envelope: items stay the raw JSON text the provider sent."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from sync import rawjson
from sync.errors import MalformedAnswer

T = TypeVar("T")

_LONGEST_COUNT: Final = 18
_NO_ITEMS: Final = ("errors", "warnings")


class Listing(NamedTuple):
    """One page of a list, as the provider sent it."""

    items: list[str]
    """One raw JSON text per item."""
    total: int | None
    """How many items the whole list has, where the provider says so."""
    page: int | None = None
    """The number the provider gives this page, where it numbers pages."""


class Envelope:
    """One answer: `{"data": …, "isSuccess": …, "message": …}`, or an object without that wrapping."""

    def __init__(self, body: bytes) -> None:
        """Read the outermost object.

        Raises:
            MalformedAnswer: the body is not UTF-8, not JSON, or not an object.
        """
        try:
            self._data = body.decode("utf-8-sig").strip()
            self._members = rawjson.members(self._data)
            data = _find(self._members, "data")
            self._data = self._data if data in (None, "null") else str(data)
        except UnicodeDecodeError as error:
            raise MalformedAnswer(f"the answer is not UTF-8: {error.reason} at byte {error.start}") from None
        except ValueError as error:
            raise MalformedAnswer(f"the answer is no JSON object: {error}") from None

    @property
    def is_success(self) -> bool:
        """False only where the answer says so, which it may do with HTTP 200."""
        return self._scalar("isSuccess") is not False

    def text(self, *names: str) -> str | None:
        """The first of these members that holds a text or a number, in the provider's own digits."""
        values = (self._scalar(name) for name in names)
        return next((value for value in values if isinstance(value, str) and value), None)

    def listing(self, *names: str) -> Listing:
        """The list of one of these names in `data`; a bare array in `data` will do too, and a list that is alone there.

        Raises:
            MalformedAnswer: there is no such list.
        """
        if self._data.startswith("["):
            return Listing(_read(rawjson.elements, self._data), *_counts(self._members))
        members = _read(rawjson.members, self._data) if self._data.startswith("{") else {}
        lists = [raw for name, raw in members.items() if raw.startswith("[") and name.lower() not in _NO_ITEMS]
        found = (raw for raw in (_find(members, name) for name in names) if raw and raw.startswith("["))
        items = next(found, lists[0] if len(lists) == 1 else None)
        if items is None:
            held = ", ".join(list(members)[:10]) or "nothing"
            raise MalformedAnswer(f"the answer should hold a list {names[0]!r}, it holds {held}")
        return Listing(_read(rawjson.elements, items), *_counts(members))

    def item(self) -> str:
        """The one item in `data`.

        Raises:
            MalformedAnswer: there is no object in `data`.
        """
        if not self._data.startswith("{"):
            raise MalformedAnswer("the answer holds no item")
        return self._data

    def members(self) -> dict[str, str]:
        """The members of the object in `data`; a bare text there is its `status`.

        Raises:
            MalformedAnswer: there is neither.
        """
        if self._data.startswith('"'):
            return {"status": self._data}
        return _read(rawjson.members, self.item())

    def _scalar(self, name: str) -> str | bool | None:
        raw = _find(self._members, name)
        return None if raw is None else rawjson.scalar(raw)


def _read(split: Callable[[str], T], text: str) -> T:
    """Split what was read once before: it may be nested too deeply only where the stack is deeper now."""
    try:
        return split(text)
    except ValueError as error:
        raise MalformedAnswer(f"the answer cannot be read: {error}") from None


def _find(members: dict[str, str], name: str) -> str | None:
    """Look a member up by its name, or else by its name in another case."""
    if name in members:
        return members[name]
    return next((raw for key, raw in members.items() if key.lower() == name.lower()), None)


def _counts(members: dict[str, str]) -> tuple[int | None, int | None]:
    return _count(members, "total", "totalCount"), _count(members, "currentPage")


def _count(members: dict[str, str], *names: str) -> int | None:
    for name in names:
        raw = _find(members, name)
        count = None if raw is None else rawjson.scalar(raw)
        # What is no plain count is as good as absent: the list then ends with its first short page.
        if isinstance(count, str) and count.isascii() and count.isdigit() and len(count) <= _LONGEST_COUNT:
            return int(count)
    return None
