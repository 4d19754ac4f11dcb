from dataclasses import dataclass, field
from enum import Enum, auto

from sync.client import MightyCall
from sync.envelope import Listing
from sync.errors import AuthorizationDenied, RequestRefused


class _Way(Enum):
    OFFSET = auto()
    PAGE = auto()


@dataclass
class ContactPages:
    """The contacts as a list that is read with `skip`, whichever of the documented ways of paging the account knows.

    Documents contradict each other: `offset` and `limit`, or `page` and `pageSize`. Both at once could be added up, so
    they are tried one after the other: where `offset` brings the first page again, pages are numbered.
    """

    provider: MightyCall
    _way: _Way = field(default=_Way.OFFSET, init=False)
    _first: Listing | None = field(default=None, init=False)

    def fetch(self, skip: int, page_size: int) -> Listing:
        """The contacts after the first `skip`; the first page again, where the account knows of no paging."""
        if skip == 0 or self._first is None or not self._first.items:
            self._first = self.provider.contacts(page_size, {})
            return self._first
        if self._way is _Way.OFFSET:
            try:
                listing = self.provider.contacts(page_size, {"offset": skip})
            except AuthorizationDenied:
                raise
            except RequestRefused:
                listing = self._first
            if listing.items != self._first.items:
                return listing
            self._way = _Way.PAGE
        return self.provider.contacts(page_size, {"page": skip // len(self._first.items) + 1})
