"""MightyCall's call history as cheap as it gets: any number of calls, worked out as they are asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from devstack.ports import HOST

INTERVAL: Final = timedelta(seconds=25)
"""From one call to the next: 3,456 a day."""
_TOKEN: Final = {"access_token": "a token of the benchmarks", "expires_in": 86_400}
_STATUSES: Final = ("Connected", "Connected", "Connected", "Connected", "Missed", "VoiceMail", "Dropped")


@dataclass(frozen=True)
class History:
    """Calls at equal intervals."""

    begins_at: datetime
    calls: int

    def page(self, start: datetime, end: datetime, skip: int, size: int) -> tuple[list[dict[str, Any]], int]:
        """Return some of the calls that started in a range, and how many there are in it."""
        first = max(0, -((self.begins_at - start) // INTERVAL))
        after = max(first, min(self.calls, -((self.begins_at - end) // INTERVAL)))
        numbers = range(first, after)
        return [self.item(number) for number in numbers[skip : skip + size]], len(numbers)

    def item(self, number: int) -> dict[str, Any]:
        """Return a call as the provider would send it: half of them in, half out, most of them answered."""
        organization, line, agent = number % 5, number % 20, number % 5 * 1000 + 1 + number % 30
        business, outside = f"+1{200 + organization}55501{line:02}", f"+131055501{number % 100:02}"
        colleague = {"name": "Agent", "phone": business, "extension": str(agent)}
        stranger = {"name": f"Caller {number % 1000}", "phone": outside, "extension": None}
        is_outgoing = number % 2 == 1
        status = _STATUSES[number % 7]
        return {
            "id": f"history-{number}",
            "dateTimeUtc": (self.begins_at + number * INTERVAL).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "duration": str(number % 600 * 1000),
            "direction": "Outgoing" if is_outgoing else "Incoming",
            "callStatus": status,
            "businessNumber": business,
            "caller": colleague if is_outgoing else stranger,
            "called": [{**(stranger if is_outgoing else colleague), "isConnected": status == "Connected"}],
            "callRecord": {"fileName": f"records/{number}", "uri": f"https://recordings.example/{number}"},
        }


@contextmanager
def serving(history: History) -> Iterator[str]:
    """Serve a history until the end of the block; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer(_TOKEN)

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if not asked.path.endswith("/api/calls"):
                self._answer({"data": None, "isSuccess": False, "message": "No such resource"}, 404)
                return
            start, end = (datetime.fromisoformat(given[name]) for name in ("startUtc", "endUtc"))
            calls, total = history.page(start, end, int(given["skip"]), int(given["pageSize"]))
            self._answer({"data": {"calls": calls, "total": total}, "isSuccess": True, "message": None})

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, answer: object, status: int = 200) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
