import json
from contextlib import suppress
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from sync.client import MightyCall
from sync.contacts import ContactPages
from sync.envelope import Envelope, Listing
from sync.errors import EndlessList, MalformedAnswer, RequestRefused
from sync.pages import read_pages

WAYS = ("offset", "page", "either", "neither", "offset_refused")


class AddressBook:
    """Contacts as an account of one way of paging gives them."""

    def __init__(self, length: int, way: str, *, limit: int = 1000, has_total: bool = False) -> None:
        self.all = [json.dumps({"id": number}) for number in range(length)]
        self.way, self.limit, self.has_total = way, limit, has_total
        self.requests = 0

    def contacts(self, page_size: int, where: dict[str, int]) -> Listing:
        self.requests += 1
        size = min(page_size, self.limit)
        begin = 0
        if "offset" in where:
            if self.way == "offset_refused":
                raise RequestRefused("offset is not known")
            begin = where["offset"] if self.way in ("offset", "either") else 0
        elif "page" in where and self.way in ("page", "either", "offset_refused"):
            begin = (where["page"] - 1) * size
        shown = self.all if self.way == "neither" else self.all[begin : begin + size]
        return Listing(shown, len(self.all) if self.has_total else None)


def read(book: AddressBook, page_size: int) -> list[str]:
    contacts = ContactPages(cast("MightyCall", book))
    pages = read_pages(lambda skip: contacts.fetch(skip, page_size), page_size, most_requests=200)
    return [item for page in pages for item in page.items]


@given(st.integers(0, 60), st.integers(1, 12), st.sampled_from(WAYS), st.booleans())
def test_contacts_are_read_whole_whichever_way_of_paging_there_is(
    length: int, page_size: int, way: str, has_total: bool
) -> None:
    book = AddressBook(length, way, has_total=has_total)
    assert read(book, page_size) == book.all


@given(st.integers(0, 60), st.sampled_from(WAYS), st.booleans())
def test_contacts_are_read_whole_where_a_page_holds_fewer_than_asked_for(
    length: int, way: str, has_total: bool
) -> None:
    book = AddressBook(length, way, limit=10, has_total=has_total)
    assert read(book, 25) == book.all


def test_one_page_takes_one_request() -> None:
    book = AddressBook(7, "either")
    read(book, 10)
    assert book.requests == 1


listings = st.builds(Listing, st.lists(st.sampled_from("abcd"), max_size=4), st.none() | st.integers(0, 30))


@given(st.lists(listings, min_size=1, max_size=8), st.integers(1, 4))
def test_whatever_is_answered_the_reading_ends(answers: list[Listing], page_size: int) -> None:
    class Anything:
        asked = 0

        def contacts(self, *_: object) -> Listing:
            self.asked += 1
            return answers[self.asked % len(answers)]

    contacts = ContactPages(cast("MightyCall", Anything()))
    with suppress(MalformedAnswer, EndlessList):
        list(read_pages(lambda skip: contacts.fetch(skip, page_size), page_size, most_requests=50))


def test_an_answer_may_be_a_bare_list() -> None:
    assert Envelope(b'{"data":[{"id":1}]}').listing("contacts").items == ['{"id":1}']
