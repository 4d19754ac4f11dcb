import hashlib
import io
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from sync.errors import ObjectDeferred, ObjectRefused, Stopped, StorageUnusable, SyncError
from sync.storage import Storage, StoredObject
from tests.unit.sync.provider import Answer, Provider

NAME = "7e734dc1-544d-4f04-8ccc-8bd5b197a88c"
CONTENT = bytes(range(256)) * 1000
KEPT = Answer({"Id": "x", "Key": f"recordings/{NAME}"})


def audio(content: bytes = CONTENT) -> StoredObject:
    return StoredObject(io.BytesIO(content), "audio/wav", len(content), hashlib.sha256(content).digest())


@pytest.fixture
def storage(provider: Provider, http: httpx.Client) -> Storage:
    return Storage(f"{provider.url}/storage/v1", SecretStr("the-service-key"), http, timeout_seconds=5)


def meant(status: int, **said: Any) -> Answer:
    """A refusal as hosted Storage gives it."""
    return Answer({"statusCode": str(status), **said}, 400)


def test_an_object_is_written_whole_in_its_place(provider: Provider, storage: Storage) -> None:
    provider.script(KEPT)
    storage.keep(NAME, audio())
    request = provider.requests[0]
    assert (request.method, request.path) == ("POST", f"/storage/v1/object/recordings/{NAME}")
    assert request.content == CONTENT
    expected = {
        "authorization": "Bearer the-service-key",
        "apikey": "the-service-key",
        "content-type": "audio/wav",
        "content-length": str(len(CONTENT)),
        "x-upsert": "true",
    }
    assert expected.items() <= request.headers.items()
    assert "transfer-encoding" not in request.headers


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (meant(413, message="The object exceeded the maximum allowed size"), ObjectRefused, "larger than what Storage"),
        (Answer("too large", 413), ObjectRefused, "larger than what Storage takes"),
        (meant(415, message="mime type audio/wav is not supported"), ObjectRefused, "does not take audio/wav"),
        (meant(403, message="signature verification failed"), StorageUnusable, "403: signature"),
        (Answer({"message": "Invalid API key the-service-key"}, 401), StorageUnusable, r"401: .* \[redacted\]"),
        (meant(404, message="Bucket not found"), StorageUnusable, "404: Bucket not found"),
        (Answer("", 429), StorageUnusable, "429"),
        (Answer("oh", 500), ObjectDeferred, r"did not take the audio \(500\)"),
        (Answer("<html>Welcome"), ObjectDeferred, r"did not take the audio \(200\)"),
        (Answer({"Key": "recordings/another"}), ObjectDeferred, r"\(200\)"),
        (Answer({}), ObjectDeferred, r"\(200\)"),
        (Answer("{}", headers={"content-length": "100"}), ObjectDeferred, "did not take the audio"),
        (Answer("", 302, {"location": "https://elsewhere.example"}), ObjectDeferred, r"\(302\)"),
    ],
)
def test_a_refusal_is_about_this_object_or_about_us(
    provider: Provider, storage: Storage, answer: Answer, error: type[SyncError], words: str
) -> None:
    provider.script(answer)
    with pytest.raises(error, match=words) as caught:
        storage.keep(NAME, audio())
    assert type(caught.value) is error
    assert "the-service-key" not in str(caught.value)


def test_nobody_there_is_no_fault_of_the_recording(storage: Storage) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = replace(storage, url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        for work in (away.check, lambda: away.keep(NAME, audio()), lambda: away.remove(NAME)):
            with pytest.raises(StorageUnusable, match="cannot be reached"):
                work()


def test_sending_ends_with_the_time_and_with_the_process(provider: Provider, storage: Storage) -> None:
    provider.respond = lambda _: KEPT
    seconds = count(step=100)
    slow = replace(storage, monotonic=lambda: next(seconds))
    with pytest.raises(ObjectDeferred, match="within 200 seconds"):
        slow.keep(NAME, audio())
    with pytest.raises(Stopped):
        replace(storage, is_stopping=lambda: True).keep(NAME, audio())


def test_silence_ends(provider: Provider, storage: Storage) -> None:
    def silent() -> Iterator[bytes]:
        provider.released.wait()
        yield b""

    provider.respond = lambda _: Answer(pieces=silent())
    impatient = replace(storage, timeout_seconds=0.2)
    with pytest.raises(ObjectDeferred):
        impatient.keep(NAME, audio())
    with pytest.raises(StorageUnusable):
        impatient.check()


def test_an_object_is_removed_and_none_is_as_good(provider: Provider, storage: Storage) -> None:
    provider.script(Answer('[{"name": "x"}]'), Answer("[]"))
    storage.remove(NAME)
    storage.remove(NAME)
    for request in provider.requests:
        assert (request.method, request.path) == ("DELETE", "/storage/v1/object/recordings")
        assert json.loads(request.body) == {"prefixes": [NAME]}
        assert request.headers["authorization"] == "Bearer the-service-key"


@pytest.mark.parametrize("answer", [meant(403, message="no"), Answer("", 500), Answer("<html>"), Answer({})])
def test_a_removal_that_was_not_done_is_said(provider: Provider, storage: Storage, answer: Answer) -> None:
    provider.script(answer)
    with pytest.raises(StorageUnusable, match="did not remove"):
        storage.remove(NAME)


def test_the_bucket_is_asked_for(provider: Provider, storage: Storage) -> None:
    provider.script(Answer({"id": "recordings", "public": False}), meant(404, message="Bucket not found"), Answer("ok"))
    storage.check()
    assert provider.requests[0].path == "/storage/v1/bucket/recordings"
    for words in ("404: Bucket not found", "200"):
        with pytest.raises(StorageUnusable, match=f"does not show the bucket recordings .*{words}"):
            storage.check()
