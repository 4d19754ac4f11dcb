import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from threading import Thread

import httpx
import pytest

from sync.errors import NoAnswer, NothingSent
from sync.posting import Answer as Judged
from sync.posting import Poster, Verdict
from tests.unit.sync.provider import Answer, Provider

BODY = {"from": "+12125550100", "to": ["+12125550101"], "message": "Hello", "attachments": []}
SENT = Answer({"message": "SMS message sent successfully", "id": 4711, "sourcePhoneNumber": "+12125550100"})
ZEROS = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def poster(http: httpx.Client) -> Poster:
    return Poster(http, 5)


def post(poster: Poster, provider: Provider) -> Judged:
    headers = {"authorization": "Bearer the-token", "x-api-key": "the-api-key"}
    return poster.post(f"{provider.url}/api/messages/send", BODY, headers, {"the-token", "the-api-key"})


def test_a_request_is_made_once_on_a_connection_of_its_own(provider: Provider, poster: Poster) -> None:
    provider.script(SENT)
    assert post(poster, provider) == Judged(Verdict.TAKEN, "SMS message sent successfully", "4711")
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/api/messages/send")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["connection"] == "close"
    assert request.headers["authorization"] == "Bearer the-token"


@pytest.mark.parametrize(
    ("answer", "verdict", "said"),
    [
        (Answer({"data": {"id": "x"}, "isSuccess": True, "message": None}), Verdict.TAKEN, "{"),
        (Answer({}), Verdict.TAKEN, "{}"),
        (Answer({"isSuccess": False, "message": "No credit left"}), Verdict.REFUSED, "No credit left"),
        (Answer({"message": "sent", "errors": ["Landline"]}), Verdict.REFUSED, "Landline"),
        (
            Answer({"message": "sent", "errors": [{"phoneNumber": "x", "message": "Landline"}]}),
            Verdict.REFUSED,
            "Landline",
        ),
        (Answer({"data": {"errors": ["A", {"code": 7}]}, "isSuccess": True}), Verdict.REFUSED, 'A; {"code": 7}'),
        (Answer({"message": "sent", "errors": []}), Verdict.TAKEN, "sent"),
        (Answer({"message": "sent", "errors": None}), Verdict.TAKEN, "sent"),
        (Answer({"message": "Bad number"}, 400), Verdict.REFUSED, "Bad number"),
        (Answer("Bad\nnumber", 422), Verdict.REFUSED, "Bad number"),
        (Answer("", 402), Verdict.REFUSED, "MightyCall answered 402 and nothing else"),
        (Answer({"message": "SMS limit exceeded, buy more"}, 400), Verdict.REFUSED, "SMS limit exceeded, buy more"),
        (Answer({"message": "Forbidden"}, 403), Verdict.REFUSED, "Forbidden"),
        (Answer("", 302, {"location": "https://elsewhere.example/"}), Verdict.REFUSED, "answered 302"),
        (Answer({"message": "Limit Exceeded"}, 429), Verdict.OVER_QUOTA, "Limit Exceeded"),
        (Answer({"message": "Limit Exceeded"}, 403), Verdict.OVER_QUOTA, "Limit Exceeded"),
        (Answer({"message": "Limit Exceeded", "isSuccess": False}), Verdict.OVER_QUOTA, "Limit Exceeded"),
        (Answer("", 403), Verdict.OVER_QUOTA, "answered 403"),
        (Answer("", 401), Verdict.DENIED, "answered 401"),
        (Answer({"message": "Authorization has been denied."}, 403), Verdict.DENIED, "denied"),
        (Answer({"message": "Authorization has been denied.", "isSuccess": False}), Verdict.DENIED, "denied"),
        (Answer("", 404), Verdict.NO_SUCH_PATH, "404"),
        (Answer({"message": "no http method"}, 405), Verdict.NO_SUCH_PATH, "no http method"),
        (
            Answer({"isSuccess": False, "message": "An error"}, 500),
            Verdict.UNCLEAR,
            "MightyCall answered 500: An error",
        ),
        (Answer("", 503), Verdict.UNCLEAR, "MightyCall answered 503"),
        (Answer("<html>Service is being updated"), Verdict.UNCLEAR, "MightyCall answered 200: <html>"),
        (Answer(""), Verdict.UNCLEAR, "MightyCall answered 200"),
        (Answer("[1]"), Verdict.UNCLEAR, "MightyCall answered 200"),
        (Answer("[" * 100_000), Verdict.UNCLEAR, "MightyCall answered 200"),
        (Answer(b'{"a": "\xff"', 200), Verdict.UNCLEAR, "MightyCall answered 200"),
        (Answer("{}", 404, headers={"content-length": "100"}), Verdict.NO_SUCH_PATH, "404"),
    ],
)
def test_an_answer_means_one_thing(
    provider: Provider, poster: Poster, answer: Answer, verdict: Verdict, said: str
) -> None:
    provider.script(answer)
    judged = post(poster, provider)
    assert judged.verdict is verdict
    assert said in judged.said
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ({"id": "a-b"}, "a-b"),
        ({"data": {"messageId": 12345678901234567890123}}, "12345678901234567890123"),
        ({"data": {"Id": "inner"}, "id": "outer"}, "inner"),
        ({"requestGuid": ZEROS}, None),
        ({"id": None}, None),
        ({"id": {"a": 1}}, None),
        ({"data": [1]}, None),
    ],
)
def test_what_it_is_called_is_read_where_it_is_told(
    provider: Provider, poster: Poster, answer: dict[str, object], known: str | None
) -> None:
    provider.script(Answer(answer))
    assert post(poster, provider).provider_id == known


def test_credentials_that_come_back_are_not_quoted(provider: Provider, poster: Poster) -> None:
    provider.script(Answer({"message": "x" * 190 + " the-token the-api-key"}, 400))
    assert "the-" not in post(poster, provider).said


def test_no_connection_is_certainly_nothing_sent(poster: Poster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NothingSent, match=r"MightyCall cannot be reached: .*refused"):
            post(poster, Provider(f"http://127.0.0.1:{taken.getsockname()[1]}"))


def test_a_certificate_that_is_no_good_is_nothing_sent(provider: Provider, poster: Poster) -> None:
    with pytest.raises(NothingSent):
        post(poster, Provider(provider.url.replace("http:", "https:")))
    assert provider.requests == []


def test_silence_may_have_been_heard(provider: Provider, poster: Poster) -> None:
    def silent() -> Iterator[bytes]:
        provider.released.wait()
        yield b""

    provider.respond = lambda _: Answer(pieces=silent())
    with pytest.raises(NoAnswer, match="did not come in time"):
        post(replace(poster, timeout_seconds=0.2), provider)
    assert len(provider.requests) == 1


def test_an_answer_that_drips_may_be_anything(provider: Provider, poster: Poster) -> None:
    seconds = count()

    def dripping() -> Iterator[bytes]:
        for _ in range(100):
            if not provider.released.wait(0.01):
                yield b" "

    provider.script(Answer(pieces=dripping()))
    with pytest.raises(NoAnswer, match="in time"):
        post(replace(poster, monotonic=lambda: next(seconds)), provider)


@pytest.mark.parametrize("answer", [Answer("{}", headers={"content-length": "100"}), Answer(b" " * 2_000_000)])
def test_an_answer_that_breaks_off_may_be_anything(provider: Provider, poster: Poster, answer: Answer) -> None:
    provider.script(answer)
    with pytest.raises(NoAnswer, match="to its end"):
        post(poster, provider)


@pytest.mark.parametrize("reads", [False, True])
def test_a_connection_that_is_cut_may_have_brought_it(poster: Poster, reads: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def cut() -> None:
            connection, _ = server.accept()
            with connection:
                if reads:
                    connection.recv(65536)

        thread = Thread(target=cut)
        thread.start()
        with pytest.raises(NoAnswer):
            post(poster, Provider(f"http://127.0.0.1:{server.getsockname()[1]}"))
        thread.join()
