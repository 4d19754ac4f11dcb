from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from sync.attachments import Attachments
from sync.errors import LetterDeferred, UnwritableLetter
from tests.unit.sync.provider import Answer, Provider, Request

KEY = "the-service-key"


def document(number: int, content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(UUID(int=number)),
        "title": "Days",
        "format": "csv",
        "size_bytes": len(content),
        "sha256": sha256(content).hexdigest(),
    } | changes


@pytest.fixture
def storage(provider: Provider) -> Provider:
    return provider


@contextmanager
def fetching(storage: Provider, **options: Any) -> Iterator[Attachments]:
    with httpx.Client(trust_env=False) as http:
        yield Attachments(storage.url, SecretStr(KEY), http, **options)


def holds(storage: Provider, **contents: bytes) -> None:
    def respond(request: Request) -> Answer:
        number = UUID(request.path.rpartition("/")[2]).int
        return Answer(contents[f"d{number}"]) if f"d{number}" in contents else Answer(status=404)

    storage.respond = respond


def test_documents_are_fetched_as_the_service(storage: Provider) -> None:
    holds(storage, d1=b"one", d2=b"two")
    with fetching(storage) as attachments:
        attached, left_out = attachments.fetch([document(1, b"one"), document(2, b"two", format="pdf")])
    assert [(each.format, each.content, each.content_type) for each in attached] == [
        ("csv", b"one", "text/csv"),
        ("pdf", b"two", "application/pdf"),
    ]
    assert left_out == 0
    assert [request.path for request in storage.requests] == [
        f"/object/authenticated/reports/{UUID(int=number)}" for number in (1, 2)
    ]
    assert {request.headers["authorization"] for request in storage.requests} == {f"Bearer {KEY}"}


def test_what_does_not_fit_is_left_out_and_not_asked_for(storage: Provider) -> None:
    holds(storage, d1=b"one", d3=b"six")
    with fetching(storage, largest_bytes=6) as attachments:
        attached, left_out = attachments.fetch([document(1, b"one"), document(2, b"four"), document(3, b"six")])
    assert ([each.content for each in attached], left_out) == ([b"one", b"six"], 1)
    assert len(storage.requests) == 2


@pytest.mark.parametrize("answered", [b"", b"two", b"one and more"])
def test_what_is_not_as_it_was_stored_is_not_sent(storage: Provider, answered: bytes) -> None:
    holds(storage, d1=answered)
    with fetching(storage) as attachments, pytest.raises(LetterDeferred, match="as it was stored"):
        attachments.fetch([document(1, b"one")])


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_refusal_puts_the_letter_off(storage: Provider, status: int) -> None:
    storage.respond = lambda _: Answer({"message": "secret"}, status)
    with fetching(storage) as attachments, pytest.raises(LetterDeferred) as caught:
        attachments.fetch([document(1, b"one")])
    assert str(caught.value) == f"Storage answered {status} for a document"
    assert caught.value.answer == "the report's documents could not be fetched"


def test_nobody_there_puts_the_letter_off() -> None:
    with fetching(Provider("http://127.0.0.1:9")) as attachments, pytest.raises(LetterDeferred, match="cannot be reac"):
        attachments.fetch([document(1, b"one")])


def test_an_answer_that_never_ends_is_cut(storage: Provider) -> None:
    def for_ever() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    storage.respond = lambda _: Answer(pieces=for_ever())
    with fetching(storage) as attachments, pytest.raises(LetterDeferred):
        attachments.fetch([document(1, b"one")])


@pytest.mark.parametrize("wrong", [{"id": "x"}, {"format": "exe"}, {"size_bytes": None}, {"title": ...}])
def test_what_is_described_otherwise_cannot_be_attached(storage: Provider, wrong: dict[str, Any]) -> None:
    described = {name: value for name, value in (document(1, b"one") | wrong).items() if value is not ...}
    with fetching(storage) as attachments, pytest.raises(UnwritableLetter):
        attachments.fetch([described])
