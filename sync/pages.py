"""A list read page by page with `skip`, on the assumption that any answer may be wrong."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from sync.envelope import Listing
from sync.errors import EndlessList, RepeatedPage, TruncatedPage

MOST_REQUESTS: Final = 2500
"""The provider's daily quota: a list that takes more requests than this has no honest end."""

Fetch = Callable[[int], Listing]
"""Ask for the page that starts after `skip` items."""

Retry = Callable[[Callable[[], Listing]], Listing]
"""Run a request, again if need be."""


class Page(NamedTuple):
    """Items to keep, in the order they came."""

    items: list[str]
    total: int | None
    is_last: bool


def read_pages(
    fetch: Fetch,
    page_size: int,
    *,
    retry: Retry = lambda request: request(),
    most_requests: int = MOST_REQUESTS,
) -> Iterator[Page]:
    """Read a list to its end; the last page, and only that one, says that it is the last.

    The end is where the latest `total` says, or, without a usable total, the first page shorter than `page_size`.
    A total that shrinks means that items have moved up, so the reading steps back by as many: an item may then
    come twice, none is passed over. One that grows only makes the list longer.

    Args:
        fetch: asks for one page.
        page_size: how many items a page is asked to hold.
        retry: runs each request; a truncated or repeated page is found inside it, and so may be asked for again.
        most_requests: where to give up on a list that never ends.

    Raises:
        TruncatedPage: a page holds fewer items than its total leaves.
        RepeatedPage: the list does not advance.
        EndlessList: `most_requests` pages did not reach the end.
        Exception: whatever `fetch` raises.
    """
    skip, known_total, previous = 0, None, None
    for _ in range(most_requests):
        listing = retry(partial(_fetch, fetch, skip, page_size, previous))
        items, total = listing
        if known_total is not None and total is not None and total < known_total and skip > 0:
            skip = max(0, skip - (known_total - total))
            known_total, previous = total, None
            continue
        if total is None and items and items == previous:
            # A list without a total that gives the same again does not know of `skip`: it was whole.
            yield Page([], None, is_last=True)
            return
        skip += len(items)
        if total is not None and skip > total and len(items) >= page_size:
            total = None  # More came than there should be, and the page is full: this total counts something else.
        is_last = len(items) < page_size if total is None else skip >= total
        yield Page(items, total, is_last)
        if is_last:
            return
        known_total, previous = total, items
    raise EndlessList(f"the list does not end: {most_requests} pages were read, {skip} items")


def _fetch(fetch: Fetch, skip: int, page_size: int, previous: list[str] | None) -> Listing:
    listing = fetch(skip)
    count, total = len(listing.items), listing.total
    if total is not None and count < min(page_size, total - skip):
        expected = min(page_size, total - skip)
        raise TruncatedPage(f"truncated page: {count} of {expected} items after {skip}, of {total} in total")
    if total is not None and count > 0 and listing.items == previous:
        raise RepeatedPage(f"repeated page: the items after {skip} are those of the page before, of {total} in total")
    return listing
