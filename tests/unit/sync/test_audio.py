import hashlib
import io
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from sync.audio import Downloads
from sync.errors import AudioError, AudioNotYet, AudioRefused, QuotaRefused, QuotaSpent, Stopped, SyncError
from sync.links import Trusted
from tests.unit.sync.provider import Answer, Provider, Request, serving

DATA = bytes(range(256)) * 400
WAV = (
    b"RIFF"
    + struct.pack("<I", 36 + len(DATA))
    + b"WAVEfmt "
    + bytes(20)
    + b"data"
    + struct.pack("<I", len(DATA))
    + DATA
)
SOUND = Answer(WAV, headers={"content-type": "application/octet-stream"})
ELSEWHERE = "https://api.example.com/v4"
SECRETS = {"the-token", "another-token", "the-api-key"}


@dataclass
class Keys:
    """The right to ask an API, and how often it was used."""

    base_url: str = ELSEWHERE
    given: list[bool] = field(default_factory=list)
    refusals: int = 0
    quota: int = 10

    def headers(self, *, is_refused: bool) -> Mapping[str, str]:
        self.given.append(is_refused)
        if len(self.given) > self.quota:
            raise QuotaSpent("no more today", "used_up")
        token = "another-token" if is_refused else "the-token"
        return {"authorization": f"Bearer {token}", "x-api-key": "the-api-key"}

    def on_quota_refused(self) -> None:
        self.refusals += 1


@pytest.fixture
def downloads(provider: Provider) -> Iterator[Downloads]:
    downloads = Downloads(largest_bytes=1024 * 1024, trusted=[trusted(provider)], longest_seconds=20)
    yield downloads
    downloads.close()


@pytest.fixture
def other() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


def trusted(provider: Provider) -> Trusted:
    return Trusted("127.0.0.1", int(provider.url.rpartition(":")[2]))


def fetch(downloads: Downloads, link: str, keys: Keys | None = None) -> tuple[bytes, str]:
    file = io.BytesIO()
    audio = downloads.fetch(link, keys or Keys(), file)
    content = file.read()
    assert audio.size_bytes == len(content)
    assert audio.sha256 == hashlib.sha256(content).digest()
    return content, audio.content_type


def refused(downloads: Downloads, link: str, words: str, keys: Keys | None = None) -> SyncError:
    with pytest.raises(AudioError, match=words) as caught:
        fetch(downloads, link, keys)
    assert not re.search("https?:|127\\.0\\.0\\.1|token=|the-token|the-api-key", str(caught.value))
    return caught.value


def test_audio_comes_as_it_is_and_its_kind_is_told_by_its_bytes(provider: Provider, downloads: Downloads) -> None:
    provider.script(SOUND)
    assert fetch(downloads, f"{provider.url}/a.wav?x=%20&y=1") == (WAV, "audio/wav")
    assert (provider.requests[0].path, provider.requests[0].query) == ("/a.wav", {"x": " ", "y": "1"})
    assert provider.requests[0].headers["accept-encoding"] == "identity"


def test_a_malformed_link_is_mended(provider: Provider, downloads: Downloads) -> None:
    provider.script(SOUND, SOUND)
    assert fetch(downloads, provider.url.replace("://", ":/") + "/a.wav")[0] == WAV
    assert fetch(downloads, "/a.wav", Keys(f"{provider.url}/v4"))[0] == WAV
    assert provider.requests[1].path == "/a.wav"


def test_nobody_is_shown_the_credentials_who_does_not_ask(provider: Provider, downloads: Downloads) -> None:
    provider.script(SOUND)
    keys = Keys(f"{provider.url}/v4")
    assert fetch(downloads, f"{provider.url}/a.wav", keys)[0] == WAV
    assert keys.given == []
    assert not SECRETS & set(" ".join(provider.requests[0].headers.values()).split())


@pytest.mark.parametrize("status", [401, 403])
def test_the_apis_own_host_gets_them_when_it_asks(provider: Provider, downloads: Downloads, status: int) -> None:
    provider.script(Answer({"message": "Authorization has been denied for this request."}, status), SOUND)
    keys = Keys(f"{provider.url}/v4")
    assert fetch(downloads, f"{provider.url}/a.wav", keys)[0] == WAV
    assert keys.given == [False]
    assert provider.requests[1].headers["authorization"] == "Bearer the-token"
    assert provider.requests[1].headers["x-api-key"] == "the-api-key"


def test_a_token_that_is_refused_is_replaced_once(provider: Provider, downloads: Downloads) -> None:
    provider.script(*[Answer("", 401)] * 2, SOUND)
    keys = Keys(f"{provider.url}/v4")
    assert fetch(downloads, f"{provider.url}/a.wav", keys)[0] == WAV
    assert keys.given == [False, True]
    provider.script(*[Answer({"message": "the-token and another-token are no good"}, 401)] * 3)
    refused(downloads, f"{provider.url}/a.wav", r"does not open the audio.*\(401\)", Keys(f"{provider.url}/v4"))


@pytest.mark.parametrize("status", [401, 403, 200])
def test_another_host_never_gets_them(provider: Provider, other: Provider, downloads: Downloads, status: int) -> None:
    other.respond = lambda _: SOUND if status == 200 else Answer("", status)
    provider.respond = lambda _: Answer("", 302, {"location": f"{other.url}/b.wav"})
    downloads = replace(downloads, trusted=[trusted(provider), trusted(other)])
    for link, keys in ((f"{provider.url}/a.wav", Keys(f"{provider.url}/v4")), (f"{other.url}/b.wav", Keys())):
        if status == 200:
            assert fetch(downloads, link, keys)[0] == WAV
        else:
            refused(downloads, link, "does not open the audio", keys)
        assert keys.given == []
    assert other.requests
    for request in (*provider.requests, *other.requests):
        assert not {"authorization", "x-api-key", "cookie"} & request.headers.keys()


def test_after_a_redirect_the_credentials_stay_behind(
    provider: Provider, other: Provider, downloads: Downloads
) -> None:
    def own(request: Request) -> Answer:
        return (
            Answer("", 302, {"location": f"{other.url}/b.wav"}) if "x-api-key" in request.headers else Answer("", 401)
        )

    provider.respond, other.respond = own, lambda _: SOUND
    downloads = replace(downloads, trusted=[trusted(provider), trusted(other)])
    keys = Keys(f"{provider.url}/v4")
    assert fetch(downloads, f"{provider.url}/a.wav", keys)[0] == WAV
    assert keys.given == [False]
    assert not {"authorization", "x-api-key"} & other.requests[0].headers.keys()


def test_what_is_not_listed_is_judged_by_its_address_and_scheme(provider: Provider) -> None:
    provider.respond = lambda _: SOUND
    downloads = Downloads(largest_bytes=1024 * 1024)
    port = provider.url.rpartition(":")[2]
    refused(downloads, f"{provider.url}/a.wav", "not encrypted")
    # That it is where the API is makes no difference.
    refused(downloads, f"{provider.url}/a.wav", "not encrypted", Keys(f"{provider.url}/v4"))
    for host in ("127.0.0.1", "localhost", "[::1]", "127.1"):
        refused(downloads, f"https://{host}:{port}/a.wav", "not on the public Internet|did not come")
    assert provider.requests == []
    downloads.close()


def test_a_redirect_is_judged_like_a_link(provider: Provider, other: Provider, downloads: Downloads) -> None:
    for location in (f"{other.url}/", f"https://127.0.0.1:{other.url.rpartition(':')[2]}/", "file:///etc/passwd"):
        provider.script(Answer("", 302, {"location": location}))
        refused(downloads, f"{provider.url}/a.wav", "not encrypted|public Internet|not an address")
    assert other.requests == []


def test_redirects_end(provider: Provider, downloads: Downloads) -> None:
    provider.respond = lambda _: Answer("", 307, {"location": "/on"})
    refused(downloads, f"{provider.url}/a.wav", "leads on to further links")
    assert len(provider.requests) == 6


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer("Not Found", 404), r"no audio at this link \(404\)"),
        (Answer("", 410), r"no audio at this link \(410\)"),
        (Answer("", 202), r"not ready yet \(202\)"),
        (Answer("", 204), r"not ready yet \(204\)"),
        (Answer("<Error>Request has expired", 403), r"does not any more \(403\)"),
        (Answer("", 500), r"was not given \(500\)"),
        (Answer("", 429), r"was not given \(429\)"),
        (Answer(WAV[:1000], 206), r"was not given \(206\)"),
        (Answer("<html>Please sign in", headers={"content-type": "audio/wav"}), "there is a web page"),
        (Answer({"message": "no"}), r"there is a message \(JSON\)"),
        (Answer(b""), "there is nothing at all"),
        (Answer(b"\x00" * 100), "not of any known kind"),
        (Answer(WAV, headers={"content-length": str(len(WAV) + 1)}), "did not come to its end"),
        (Answer(WAV, headers={"content-encoding": "gzip"}), "encoding that was not asked for"),
        (Answer(pieces=iter([WAV[:-1000]])), "1000 bytes of it are missing"),
        (Answer(pieces=iter([b"5\r\nRIFF"]), headers={"transfer-encoding": "chunked"}), "did not come to its end"),
    ],
)
def test_what_is_no_audio_may_become_some(provider: Provider, downloads: Downloads, answer: Answer, words: str) -> None:
    provider.script(answer)
    assert isinstance(refused(downloads, f"{provider.url}/a.wav?token=x", words), AudioNotYet)


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_is_not_fetched(provider: Provider, downloads: Downloads, announced: bool) -> None:
    sent = count()

    def endless() -> Iterator[bytes]:
        yield WAV[:44]
        while not provider.released.is_set():
            next(sent)
            yield bytes(65536)

    headers = {"content-length": str(2 * 1024**3)} if announced else {}
    provider.script(Answer(pieces=endless(), headers=headers))
    words = r"larger than the 1 MiB that are fetched \(2,048 MiB\)" if announced else "larger than the 1 MiB"
    assert isinstance(refused(downloads, f"{provider.url}/a.wav", words), AudioRefused)
    if announced:
        assert next(sent) < 200


def test_what_is_just_small_enough_is_fetched(provider: Provider, downloads: Downloads) -> None:
    whole = WAV + bytes(1024 * 1024 - len(WAV))
    provider.respond = lambda _: Answer(whole)
    assert fetch(downloads, f"{provider.url}/a.wav")[0] == whole
    refused(replace(downloads, largest_bytes=len(whole) - 1), f"{provider.url}/a.wav", "larger")


def test_what_drips_ends_with_the_time(provider: Provider, downloads: Downloads) -> None:
    seconds = count()

    def dripping() -> Iterator[bytes]:
        yield WAV[:1000]
        while not provider.released.wait(0.01):
            yield b"x"

    provider.script(Answer(pieces=dripping()))
    timed = replace(downloads, monotonic=lambda: next(seconds))
    refused(timed, f"{provider.url}/a.wav", "did not come within 20 seconds")


def test_silence_ends_with_the_time(provider: Provider, downloads: Downloads) -> None:
    def silent() -> Iterator[bytes]:
        provider.released.wait()
        yield b""

    provider.script(Answer(pieces=silent()))
    refused(replace(downloads, longest_seconds=0.3), f"{provider.url}/a.wav", "did not come in time")


def test_nobody_there_is_said(other: Provider, downloads: Downloads) -> None:
    host = trusted(other)
    with serving() as gone:
        host = trusted(gone)
    link = f"http://127.0.0.1:{host.port}/a.wav"
    assert isinstance(refused(replace(downloads, trusted=[host]), link, "did not come to its end"), AudioNotYet)


def test_being_asked_to_end_ends_it(provider: Provider, downloads: Downloads) -> None:
    provider.script(SOUND)
    with pytest.raises(Stopped):
        fetch(replace(downloads, is_stopping=lambda: True), f"{provider.url}/a.wav")


def test_no_request_left_is_no_failure_of_the_recording(provider: Provider, downloads: Downloads) -> None:
    provider.script(Answer("", 401), Answer("", 401), Answer({"message": "Limit Exceeded"}, 403))
    with pytest.raises(QuotaSpent):
        fetch(downloads, f"{provider.url}/a.wav", Keys(f"{provider.url}/v4", quota=0))
    keys = Keys(f"{provider.url}/v4")
    with pytest.raises(QuotaRefused, match="Limit Exceeded"):
        fetch(downloads, f"{provider.url}/a.wav", keys)
    assert keys.refusals == 1
