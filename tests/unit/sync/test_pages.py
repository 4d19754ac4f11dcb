from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.envelope import Listing
from sync.errors import EndlessList, RepeatedPage, TransientError, TruncatedPage
from sync.pages import Page, read_numbered_pages, read_pages
from sync.retries import Retries
from sync.transport import Transport
from tests.unit.sync.provider import Answer, Provider, Request

ENOUGH = 60


def numbers(end: int) -> list[str]:
    return [str(number) for number in range(end)]


def honest(items: list[str], *, has_total: bool = True) -> Callable[[int, int], Listing]:
    return lambda skip, page_size: Listing(items[skip : skip + page_size], len(items) if has_total else None)


def read(fetch: Callable[[int, int], Listing], page_size: int, most_requests: int = ENOUGH) -> list[Page]:
    return list(read_pages(lambda skip: fetch(skip, page_size), page_size, most_requests=most_requests))


@given(st.integers(0, 40), st.integers(1, 12), st.booleans())
def test_an_honest_list_is_read_once_and_whole(length: int, page_size: int, has_total: bool) -> None:
    pages = read(honest(numbers(length), has_total=has_total), page_size)
    assert [item for page in pages for item in page.items] == numbers(length)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


@given(st.integers(0, 40), st.integers(1, 12))
def test_no_request_more_than_the_total_asks_for(length: int, page_size: int) -> None:
    assert len(read(honest(numbers(length)), page_size)) == max(1, -(-length // page_size))


@given(st.integers(0, 40), st.integers(1, 12))
def test_without_a_total_the_first_short_page_is_the_last(length: int, page_size: int) -> None:
    rest = length % page_size
    may_be_a_limit = rest > 0 and rest % 10 == 0
    assert len(read(honest(numbers(length), has_total=False), page_size)) == length // page_size + 1 + may_be_a_limit


limits = st.integers(1, 4).map(lambda tens: 10 * tens)


@given(st.integers(0, 150), limits, st.integers(1, 60), st.booleans())
def test_a_provider_that_gives_fewer_at_a_time_than_asked_for_is_read_whole(
    length: int, limit: int, page_size: int, has_total: bool
) -> None:
    def fetch(skip: int, size: int) -> Listing:
        return Listing(numbers(length)[skip : skip + min(size, limit)], length if has_total else None)

    assert [item for page in read(fetch, page_size, 200) for item in page.items] == numbers(length)


def numbered(items: list[str], *, base: int | None = 1) -> Callable[[int, int], Listing]:
    """Pages numbered from 1; with a base, each says which it is, counted from there."""

    def fetch(page: int, size: int) -> Listing:
        shown = items[(page - 1) * size : page * size]
        return Listing(shown, None, None if base is None else page - 1 + base)

    return fetch


def read_numbered(
    fetch: Callable[[int, int], Listing], page_size: int, *, is_certain: bool = False, most_requests: int = ENOUGH
) -> list[Page]:
    pages = read_numbered_pages(
        lambda page: fetch(page, page_size), page_size, is_certain=is_certain, most_requests=most_requests
    )
    return list(pages)


@given(st.integers(0, 40), st.integers(1, 12), st.sampled_from([None, 0, 1]), st.booleans())
def test_an_honest_list_of_numbered_pages_is_read_once_and_whole(
    length: int, page_size: int, base: int | None, is_certain: bool
) -> None:
    pages = read_numbered(numbered(numbers(length), base=base), page_size, is_certain=is_certain)
    assert [item for page in pages for item in page.items] == numbers(length)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


@given(st.integers(0, 150), limits, st.integers(1, 60))
def test_numbered_pages_smaller_than_asked_for_are_read_whole(length: int, limit: int, page_size: int) -> None:
    pages = read_numbered(
        lambda page, size: numbered(numbers(length))(page, min(size, limit)), page_size, most_requests=200
    )
    assert [item for page in pages for item in page.items] == numbers(length)


@given(st.integers(1, 40), st.integers(1, 12), st.sampled_from(["nothing", "last", "first"]), st.booleans())
def test_what_is_answered_behind_the_end_is_not_kept_twice(
    length: int, page_size: int, behind: str, is_numbered: bool
) -> None:
    last = -(-length // page_size)

    def fetch(page: int, size: int) -> Listing:
        if page > last and behind != "nothing":
            page = last if behind == "last" else 1
        return numbered(numbers(length), base=1 if is_numbered else None)(page, size)

    assert [item for page in read_numbered(fetch, page_size) for item in page.items] == numbers(length)


def test_a_provider_that_knows_of_no_page_numbers_is_read_once() -> None:
    pages = read_numbered(lambda *_: Listing(["a", "b"], None), 2)
    assert [item for page in pages for item in page.items] == ["a", "b"]
    assert pages[-1].is_last


def test_numbered_pages_without_end_end_with_an_error() -> None:
    with pytest.raises(EndlessList, match="60 pages were read, 180 items"):
        read_numbered(lambda page, size: Listing([f"{page}-{place}" for place in range(size)], None), 3)


@given(st.integers(1, 40), st.integers(2, 12), st.data())
def test_where_it_matters_a_page_cut_short_at_the_end_is_noticed(
    length: int, page_size: int, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, -(-length // page_size)))
    is_first = True

    def fetch(page: int, size: int) -> Listing:
        nonlocal is_first
        listing = numbered(numbers(length))(page, size)
        if page == cut and is_first and listing.items:
            is_first = False
            return Listing(listing.items[: len(listing.items) // 2], None, page)
        return listing

    with pytest.raises(TruncatedPage, match="and others a moment later"):
        read_numbered(fetch, page_size, is_certain=True)


listings = st.builds(
    Listing,
    st.lists(st.sampled_from("abcdef"), max_size=6) | st.integers(0, 25).map(numbers),
    st.none() | st.integers(0, 30) | st.just(10**17),
    st.none() | st.integers(0, 5),
)


@given(st.lists(listings, min_size=1, max_size=12), st.integers(1, 5) | st.integers(1, 30), st.booleans())
@pytest.mark.parametrize("way", [read, read_numbered])
def test_whatever_a_provider_says_the_reading_ends_with_its_end_or_a_readable_error(
    way: Callable[..., list[Page]], answers: list[Listing], page_size: int, is_certain: bool
) -> None:
    asked = count()

    def fetch(_: int, __: int) -> Listing:
        return answers[next(asked) % len(answers)]

    try:
        pages = way(fetch, page_size, **({"is_certain": is_certain} if way is read_numbered else {}))
    except (TruncatedPage, RepeatedPage, EndlessList):
        pass
    else:
        assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert next(asked) <= 2 * ENOUGH


@given(st.data(), st.integers(1, 6))
def test_items_that_move_up_while_they_are_read_are_not_passed_over(data: st.DataObject, page_size: int) -> None:
    listed = numbers(data.draw(st.integers(1, 30)))
    kept = set(listed)

    def fetch(skip: int, size: int) -> Listing:
        removed = data.draw(st.integers(0, min(3, len(listed))))
        if removed and data.draw(st.booleans()):
            kept.difference_update(listed[:removed])
            del listed[:removed]
        return Listing(listed[skip : skip + size], len(listed))

    seen = {item for page in read(fetch, page_size, most_requests=500) for item in page.items}
    assert kept <= seen


@given(st.data(), st.integers(1, 6))
def test_items_that_arrive_at_the_front_while_the_list_is_read_hide_none(data: st.DataObject, page_size: int) -> None:
    arriving = data.draw(st.integers(0, 5))
    there_before = numbers(data.draw(st.integers(0, 30)))
    listed = list(there_before)

    def fetch(skip: int, size: int) -> Listing:
        nonlocal arriving
        if arriving and skip and data.draw(st.booleans()):
            arriving -= 1
            listed.insert(0, f"new {arriving}")
        return Listing(listed[skip : skip + size], len(listed))

    try:
        seen = {item for page in read(fetch, page_size) for item in page.items}
    except RepeatedPage:
        assert page_size <= 5  # As many arrived as a page holds: the same page came again.
    else:
        assert set(there_before) <= seen


def test_a_page_shorter_than_its_total_says_is_truncated() -> None:
    with pytest.raises(TruncatedPage, match=r"^truncated page: 2 of 5 items after 5, of 12 in total$"):
        read(lambda skip, size: Listing(numbers(12)[skip : skip + (size if skip == 0 else 2)], 12), 5)


def test_an_empty_page_short_of_the_total_is_truncated() -> None:
    with pytest.raises(TruncatedPage, match="0 of 5 items"):
        read(lambda *_: Listing([], 12), 5)


def test_a_list_that_does_not_advance_is_told_from_one_that_does() -> None:
    with pytest.raises(RepeatedPage, match="repeated page"):
        read(lambda *_: Listing(["a", "b"], 9), 2)


def test_a_list_without_total_that_ignores_skip_is_read_once() -> None:
    pages = read(lambda *_: Listing(["a", "b"], None), 2)
    assert [item for page in pages for item in page.items] == ["a", "b"]
    assert pages[-1].is_last


def test_a_total_that_always_grows_ends_with_an_error() -> None:
    with pytest.raises(EndlessList, match="60 pages"):
        read(lambda skip, size: Listing([f"{skip}-{place}" for place in range(size)], skip + size + 1), 3)


def test_a_total_that_counts_the_page_only_does_not_end_the_list() -> None:
    items = numbers(7)
    pages = read(lambda skip, size: Listing(items[skip : skip + size], 2), 3)
    assert [item for page in pages for item in page.items] == items


def test_the_reading_is_lazy() -> None:
    asked: list[int] = []

    def fetch(skip: int) -> Listing:
        asked.append(skip)
        return Listing(numbers(9)[skip : skip + 3], 9)

    pages: Iterator[Page] = read_pages(fetch, 3)
    next(pages)
    assert asked == [0]


def test_a_truncated_page_is_asked_for_again(provider: Provider, transport: Transport) -> None:
    items = numbers(5)
    short = iter([True, False])

    def respond(request: Request) -> Answer:
        skip, size = int(request.query["skip"]), int(request.query["pageSize"])
        page = items[skip : skip + size]
        if skip == 2 and next(short):
            page = page[:1]
        return Answer({"data": {"calls": [int(item) for item in page], "total": 5}, "isSuccess": True})

    provider.respond = respond
    pauses: list[float] = []
    pages = list(
        read_pages(
            lambda skip: transport.get("/calls", {"skip": skip, "pageSize": 2}, "token").listing("calls"),
            2,
            retry=Retries(sleep=pauses.append, random=lambda: 1.0),
        )
    )
    assert [item for page in pages for item in page.items] == items
    assert [request.query["skip"] for request in provider.requests] == ["0", "2", "2", "4"]
    assert pauses == [1.0]


def test_a_page_that_stays_truncated_is_an_error_after_some_tries(provider: Provider, transport: Transport) -> None:
    provider.respond = lambda _: Answer({"data": {"calls": [1], "total": 5}})
    with pytest.raises(TransientError, match="truncated page: 1 of 2 items after 0, of 5 in total"):
        list(
            read_pages(
                lambda skip: transport.get("/calls", {"skip": skip}, "token").listing("calls"),
                2,
                retry=Retries(sleep=lambda _: None, random=lambda: 0.0),
            )
        )
    assert len(provider.requests) == 4
