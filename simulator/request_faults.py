"""Faults of the API and of recordings: they answer instead of the simulator, or spoil its answer."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Event as Flag
from typing import Any
from urllib.parse import urlsplit

from flask import Response

from simulator.clock import parse_utc
from simulator.switches import Fault, Switch

RECORDINGS = "/records/"
GIBIBYTE = 1024**3
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,7}))?Z")
WINDOW = ("startUtc", "endUtc", "from", "to")


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault in the act.

    `throw` gives the dice of a thing inside the answer; `since` the seconds since the fault first met a thing.
    """

    switch: Switch
    stopping: Flag
    throw: Callable[[str], Random]
    since: Callable[[str], float]

    def hits(self, thing: str) -> bool:
        """Tell whether the fault strikes a thing inside the answer, each time the same."""
        return self.throw(thing).random() < self.switch.share

    def hits_still(self, thing: str) -> bool:
        """Tell the same of a fault that passes."""
        seconds = self.switch.seconds
        return self.hits(thing) and (seconds is None or self.since(thing) < seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFault(Fault):
    """A fault of requests. `asked` changes the query; those that only `retouch` an answer leave room for others."""

    instead: Callable[[Strike], Response] | None = None
    spoil: Callable[[Strike, Response], Response] | None = None
    retouch: Callable[[Strike, Any], Any] | None = None
    asked: Callable[[Switch, Mapping[str, str]], dict[str, str]] | None = None
    passes: bool = False


def _answer(payload: Any, status: int) -> Response:
    return Response(json.dumps(payload), status, mimetype="application/json")


def _server_error(strike: Strike) -> Response:
    return _answer({"isSuccess": False, "message": "An error has occurred."}, strike.switch.status or 500)


def _garbage(strike: Strike) -> Response:
    bodies = {
        "html": "<html><body>Service is being updated…</body></html>".encode(),
        "cut_json": b'{"isSuccess":true,"message":null,"data":{"total":12,"calls":[{"id":"7e73',
        "invalid_utf8": b'{"isSuccess":true,"message":"\xff\xfe","data":{}}',
        "wrong_type": b'["isSuccess","data"]',
        "deep": b"[" * 100_000 + b"]" * 100_000,
        "empty": b"",
    }
    return Response(bodies[strike.switch.how or "html"], 200, mimetype="application/json")


def _quota(strike: Strike) -> Response:
    return _answer({"message": "Limit Exceeded"}, strike.switch.status or 429)


def _expired_token(_: Strike) -> Response:
    return _answer({"message": "Authorization has been denied for this request."}, 401)


def _silence(strike: Strike) -> Response:
    def body() -> Iterator[bytes]:
        strike.stopping.wait(strike.switch.seconds)
        # The server takes this as the client's leaving: it closes the connection without a word.
        raise ConnectionAbortedError
        yield b""

    return Response(body(), 200)


def _late_answer(strike: Strike, answer: Response) -> Response:
    whole = answer.get_data()

    def body() -> Iterator[bytes]:
        strike.stopping.wait(strike.switch.seconds)
        yield whole

    return Response(body(), answer.status_code, {"Content-Length": str(len(whole))}, content_type=answer.content_type)


def _truncated_page(strike: Strike, answer: Response) -> Response:
    whole = answer.get_data()
    if strike.switch.how == "cut_body":

        def half() -> Iterator[bytes]:
            yield whole[: len(whole) // 2]
            raise ConnectionAbortedError

        length = {"Content-Length": str(len(whole))}
        return Response(half(), answer.status_code, length, content_type=answer.content_type)
    page = _json(answer)
    if not isinstance(page, dict):
        return answer
    data = page["data"] if isinstance(page.get("data"), dict) else page
    for name, value in data.items():
        if strike.switch.how == "short_list" and isinstance(value, list):
            data[name] = value[: len(value) // 2]
        elif strike.switch.how == "lying_total" and name == "total" and isinstance(value, int):
            data[name] = max(0, value + (strike.switch.by or 0))
    return _answer(page, answer.status_code)


def _clock_skew(strike: Strike, payload: Any) -> Any:
    return shifted(payload, strike.switch.seconds or 0)


def _asked_in_skewed_time(switch: Switch, query: Mapping[str, str]) -> dict[str, str]:
    asked = dict(query)
    for name in WINDOW & asked.keys():
        try:
            asked[name] = (parse_utc(asked[name]) - timedelta(seconds=switch.seconds or 0)).isoformat()
        except (ValueError, OverflowError):
            continue
    return asked


def _link_malformed(strike: Strike, payload: Any) -> Any:
    def change(link: str) -> str:
        return malformed(link, strike.switch.how) if strike.hits(urlsplit(link).path) else link

    return with_links(payload, change)


def _link_missing(strike: Strike, payload: Any) -> Any:
    if isinstance(payload, list):
        return [_link_missing(strike, part) for part in payload]
    if not isinstance(payload, dict):
        return payload
    kept = {}
    for name, part in payload.items():
        link = part.get("uri") if isinstance(part, dict) else part
        if not (is_link(link) and strike.hits_still(urlsplit(str(link)).path)):
            kept[name] = _link_missing(strike, part)
    return kept


def _recording_missing(strike: Strike) -> Response:
    return Response("Not Found", strike.switch.status or 404, mimetype="text/plain")


def _recording_expired(strike: Strike) -> Response:
    told = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
    return Response(told, strike.switch.status or 403, mimetype="application/xml")


def _recording_huge(strike: Strike) -> Response:
    piece = bytes(64 * 1024)
    is_declared = strike.switch.how == "declared"
    pieces = 2 * GIBIBYTE // len(piece) if is_declared else None

    def body() -> Iterator[bytes]:
        sent = 0
        while not strike.stopping.is_set() and (pieces is None or sent < pieces):
            sent += 1
            yield piece

    length = {"Content-Length": str(2 * GIBIBYTE)} if is_declared else {}
    return Response(body(), 200, length, mimetype="audio/wav")


def _recording_not_audio(strike: Strike) -> Response:
    page = b"<html><body>Please sign in.</body></html>"
    body, mimetype = {
        "page": (page, "text/html"),
        "mislabelled": (page, "audio/wav"),
        "empty": (b"", "audio/wav"),
    }[strike.switch.how or "page"]
    return Response(body, 200, mimetype=mimetype)


REQUEST_FAULTS: dict[str, RequestFault] = {
    "server_error": RequestFault(
        about="the answer is an error of the server",
        options={"status": 500},
        choices={"status": (500, 502, 503, 504)},
        instead=_server_error,
    ),
    "garbage": RequestFault(
        about="the answer is 200 and not the JSON it should be",
        options={"how": "html"},
        choices={"how": ("html", "cut_json", "invalid_utf8", "wrong_type", "deep", "empty")},
        instead=_garbage,
    ),
    "truncated_page": RequestFault(
        about="a list is shorter than its total says, the connection closes half-way, or the total is wrong by --by",
        options={"how": "short_list", "by": 7},
        choices={"how": ("short_list", "cut_body", "lying_total")},
        spoil=_truncated_page,
    ),
    "silence": RequestFault(
        about="nothing is done, and the connection closes after so many seconds without an answer",
        options={"seconds": 120.0},
        instead=_silence,
    ),
    "late_answer": RequestFault(
        about="what was asked is done, and the answer comes so many seconds later",
        options={"seconds": 120.0},
        spoil=_late_answer,
    ),
    "quota": RequestFault(
        about="the day's limit is said to be used up",
        options={"status": 429},
        choices={"status": (429, 403)},
        instead=_quota,
    ),
    "expired_token": RequestFault(about="the access token is refused", instead=_expired_token),
    "clock_skew": RequestFault(
        about="every time told, in answers and in events, is so many seconds ahead (or behind: negative)",
        options={"seconds": 90.0},
        each="thing",
        retouch=_clock_skew,
        asked=_asked_in_skewed_time,
    ),
    "link_malformed": RequestFault(
        about="links to recordings, in answers and in events, cannot be used as they are",
        options={"how": "one_slash"},
        choices={"how": ("one_slash", "relative", "words", "empty")},
        each="thing",
        retouch=_link_malformed,
    ),
    "link_missing": RequestFault(
        about="calls have no link to their recording, for so many seconds after the first look (without: for good)",
        options={"seconds": None},
        each="thing",
        retouch=_link_missing,
    ),
    "recording_missing": RequestFault(
        about="there is nothing at a recording's link, for so many seconds after the first look (without: for good)",
        path=RECORDINGS,
        options={"seconds": None, "status": 404},
        choices={"status": (404, 410)},
        each="path",
        instead=_recording_missing,
        passes=True,
    ),
    "recording_expired": RequestFault(
        about="a recording's link has expired",
        path=RECORDINGS,
        options={"status": 403},
        choices={"status": (403, 410, 401)},
        each="path",
        instead=_recording_expired,
    ),
    "recording_huge": RequestFault(
        about="a recording never ends, or is declared to have 2 GiB (and has)",
        path=RECORDINGS,
        options={"how": "endless"},
        choices={"how": ("endless", "declared")},
        each="path",
        instead=_recording_huge,
    ),
    "recording_not_audio": RequestFault(
        about="at a recording's link is a page, a page that calls itself audio, or nothing",
        path=RECORDINGS,
        options={"how": "page"},
        choices={"how": ("page", "mislabelled", "empty")},
        each="path",
        instead=_recording_not_audio,
    ),
}


def retouched(faults: list[tuple[RequestFault, Strike]], answer: Response) -> Response:
    """Return a JSON answer as these faults leave it; any other is left alone."""
    payload = _json(answer) if faults else None
    if payload is None:
        return answer
    for fault, strike in faults:
        payload = fault.retouch(strike, payload) if fault.retouch else payload
    return _answer(payload, answer.status_code)


def shifted(payload: Any, seconds: float) -> Any:
    """Return JSON values with every time in them moved on, each in the form it had."""
    if isinstance(payload, list):
        return [shifted(part, seconds) for part in payload]
    if isinstance(payload, dict):
        return {name: shifted(part, seconds) for name, part in payload.items()}
    if not isinstance(payload, str) or not (found := INSTANT.fullmatch(payload)):
        return payload
    digits = len(found[1] or "")
    try:
        moment = datetime.fromisoformat(payload[:19]) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return payload
    # The digits below a second stay as they are; a shift by less than a second would be no skew worth having.
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (f".{payload[20 : 20 + digits]}" if digits else "") + "Z"


def with_links(payload: Any, change: Callable[[str], str]) -> Any:
    """Return JSON values with every link to a recording changed."""
    if isinstance(payload, list):
        return [with_links(part, change) for part in payload]
    if isinstance(payload, dict):
        return {name: with_links(part, change) for name, part in payload.items()}
    return change(payload) if is_link(payload) else payload


def is_link(value: Any) -> bool:
    """Tell whether a JSON value is a link to a recording."""
    return isinstance(value, str) and value.startswith("http") and RECORDINGS in value


def malformed(link: str, how: str | None) -> str:
    """Return a link as nobody can use it, or only by guessing."""
    if how == "relative":
        return urlsplit(link).path
    return {"words": "the recording is being prepared", "empty": ""}.get(how or "", link.replace("://", ":/", 1))


def _json(answer: Response) -> Any:
    if answer.is_streamed or answer.mimetype != "application/json":
        return None
    try:
        return json.loads(answer.get_data())
    except ValueError:
        return None
