"""A list read page by page, with `skip` or by page number, on the assumption that any answer may be wrong."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from sync.envelope import Listing
from sync.errors import EndlessList, RepeatedPage, TruncatedPage

MOST_REQUESTS: Final = 2500
"""The provider's daily quota: a list that takes more requests than this has no honest end."""

Fetch = Callable[[int], Listing]
"""Ask for the page that starts after `skip` items, or for the page of this number."""

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

    A provider may give fewer items at a time than are asked for. Such limits are round numbers: a short page of so
    many is believed where it comes twice, and without a total it is not taken for the last.

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
    seen: set[int] = set()
    for _ in range(most_requests):
        items, total, _page = retry(partial(_fetch, fetch, skip, page_size, previous))
        if known_total is not None and total is not None and total < known_total and skip > 0:
            skip = max(0, skip - (known_total - total))
            known_total, previous = total, None
            continue
        print_of_page = hash(tuple(items))
        if total is None and items and print_of_page in seen:
            # A list without a total that gives the same again does not know of `skip`, or has begun anew: it was whole.
            yield Page([], None, is_last=True)
            return
        seen.add(print_of_page)
        if total is not None:
            page_size = _limit(items, min(page_size, total - skip), page_size)
        skip += len(items)
        if total is not None and skip > total and len(items) >= page_size:
            total = None  # More came than there should be, and the page is full: this total counts something else.
        is_last = _is_end(items, page_size) if total is None else skip >= total
        if total is None:
            page_size = _limit(items, page_size, page_size)
        yield Page(items, total, is_last)
        if is_last:
            return
        known_total, previous = total, items
    raise EndlessList(f"the list does not end: {most_requests} pages were read, {skip} items")


def read_numbered_pages(
    fetch: Fetch,
    page_size: int,
    *,
    is_certain: bool = False,
    retry: Retry = lambda request: request(),
    most_requests: int = MOST_REQUESTS,
) -> Iterator[Page]:
    """Read a list whose pages are numbered from 1 and that tells no total; the last page says that it is the last.

    The end is the first page shorter than `page_size`, or one that was there before: providers answer a number behind
    the end with nothing, with the last page, or with the first. Round limits are expected as in `read_pages`.

    Args:
        fetch: asks for one page.
        page_size: how many items a page is asked to hold.
        is_certain: ask for the page at the end once more, since nothing else tells that it was not cut short.
        retry: runs each request.
        most_requests: where to give up on a list that never ends.

    Raises:
        TruncatedPage: the page at the end was shorter at first than when it was asked for once more.
        EndlessList: `most_requests` pages did not reach the end.
        Exception: whatever `fetch` raises.
    """
    seen: set[int] = set()
    first_number: int | None = None
    read = 0
    for number in range(1, most_requests + 1):
        items, _total, page = retry(partial(_fetch_end, fetch, number, page_size, is_certain))
        # Some may count from 0 where they say which page this is.
        first_number = page if number == 1 else first_number
        is_elsewhere = page is not None and first_number is not None and page != first_number + number - 1
        print_of_page = hash(tuple(items))
        if items and (is_elsewhere or print_of_page in seen):
            yield Page([], None, is_last=True)
            return
        seen.add(print_of_page)
        read += len(items)
        is_last = _is_end(items, page_size)
        page_size = _limit(items, page_size, page_size)
        yield Page(items, None, is_last)
        if is_last:
            return
    raise EndlessList(f"the list does not end: {most_requests} pages were read, {read} items")


def _fetch(fetch: Fetch, skip: int, page_size: int, previous: list[str] | None) -> Listing:
    listing = fetch(skip)
    count, total = len(listing.items), listing.total
    if total is not None and count < min(page_size, total - skip) and not _is_limit(fetch, skip, listing):
        expected = min(page_size, total - skip)
        raise TruncatedPage(f"truncated page: {count} of {expected} items after {skip}, of {total} in total")
    if total is not None and count > 0 and listing.items == previous:
        raise RepeatedPage(f"repeated page: the items after {skip} are those of the page before, of {total} in total")
    return listing


def _is_limit(fetch: Fetch, skip: int, listing: Listing) -> bool:
    return skip == 0 and _is_round(len(listing.items)) and fetch(skip) == listing


def _fetch_end(fetch: Fetch, number: int, page_size: int, is_certain: bool) -> Listing:
    listing = fetch(number)
    if is_certain and _is_end(listing.items, page_size) and fetch(number) != listing:
        raise TruncatedPage(f"truncated page: page {number} had {len(listing.items)} items, and others a moment later")
    return listing


def _is_end(items: list[str], page_size: int) -> bool:
    return len(items) < page_size and not _is_round(len(items))


def _limit(items: list[str], expected: int, page_size: int) -> int:
    """How many items a page may hold at most, after this one."""
    return len(items) if len(items) < expected and _is_round(len(items)) else page_size


def _is_round(count: int) -> bool:
    return count > 0 and count % 10 == 0
