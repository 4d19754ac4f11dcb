"""The running simulator: its parts put together, on a real socket, in one process."""

import logging
import socketserver
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask

from simulator.accounts import Account, AccountsFile, Kind, Webhook
from simulator.api import api
from simulator.clock import Clock, system_clock
from simulator.control import control
from simulator.events import Event
from simulator.exchange import Exchange
from simulator.faults import Faults
from simulator.lines import Lines
from simulator.live import Live
from simulator.outgoing import Outgoing
from simulator.play import Stage
from simulator.quota import Quota
from simulator.records import records
from simulator.schedule import Schedule
from simulator.store import StateError, Store
from simulator.tokens import Tokens
from simulator.webhooks import Check, Courier, check_url

HOSTS: dict[str, Kind | None] = {"": None, "/call_center": "call_center", "/classic": "classic"}
CHECK_AGAIN_AFTER_SECONDS = (1, 2, 4, 8, 15, 30, 60, 120)
log = logging.getLogger(__name__)


class Simulator:
    """Everything that serves a set of accounts, ready on `url` once it is made; `start` lets it run.

    Args:
        served: the accounts.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        seed: of all traffic.
        live_calls_per_minute: over all accounts together; 0 makes none by itself.
        history_days: how far the planned past reaches back.
        control_token: what the control API asks for; None leaves it open.
        state: file of what survives a restart; None keeps nothing.
        clock: the present.

    Raises:
        StateError: the state file cannot be used.
        OSError: the port cannot be had.
    """

    def __init__(
        self,
        served: AccountsFile,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 1,
        live_calls_per_minute: float = 0,
        history_days: int = 35,
        control_token: str | None = None,
        state: Path | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._server = _Server((host, port), _Handler)
        try:
            self.store = Store(state, seed=seed, now=clock())
        except StateError:
            self._server.server_close()
            raise
        self.url = f"http://{host}:{self._server.server_port}"
        self.exchange = Exchange(
            served, self.store, seed=seed, history_days=history_days, public_url=self.url, clock=clock
        )
        self.faults, self.tokens, self.quota = Faults(seed, clock), Tokens(clock), self._quota(clock)
        self.schedule = Schedule(clock)
        self.live = Live(self.exchange, self.schedule, self._send, live_calls_per_minute)
        self.outgoing = Outgoing(self.exchange, self.live)
        self.stage = Stage(self.exchange, _Post(self._courier))
        self._clock = clock
        self._lines = Lines()
        self._couriers: dict[str, Courier] = {}
        self._checks: dict[str, Check] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._server.set_app(self._app(control_token))

    def _quota(self, clock: Clock) -> Quota:
        return Quota(clock, partial(self.store.keep, "requests"), self.store.kept("requests").values())

    def _app(self, control_token: str | None) -> Flask:
        app = Flask(__name__)
        for prefix, kind in HOSTS.items():
            app.register_blueprint(
                api(
                    kind,
                    name=f"api{prefix.replace('/', '_')}",
                    exchange=self.exchange,
                    outgoing=self.outgoing,
                    tokens=self.tokens,
                    quota=self.quota,
                    faults=self.faults,
                ),
                url_prefix=f"{prefix}/v4",
            )
        app.register_blueprint(records(exchange=self.exchange, tokens=self.tokens, faults=self.faults))
        app.register_blueprint(
            control(
                exchange=self.exchange,
                live=self.live,
                outgoing=self.outgoing,
                stage=self.stage,
                faults=self.faults,
                quota=self.quota,
                checks=self._checks,
                check_later=self._check_later,
                token=control_token,
            )
        )
        return app

    def start(self) -> None:
        """Serve, make live calls and deliver, in threads of their own."""
        self._thread = Thread(target=partial(self._server.serve_forever, 0.1), name="server", daemon=True)
        self._thread.start()
        for account in self.exchange.accounts:
            self._check_later(account)
        self.live.start()
        self.schedule.start()
        self.stage.resume()

    def close(self) -> None:
        """Stop everything and close the state file."""
        self.stage.stop()
        self.schedule.stop()
        self.faults.stop()
        if self._thread:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        with self._lock:
            couriers = list(self._couriers.values())
        for courier in couriers:
            courier.close()
        self._lines.close()
        self.store.close()

    def _send(self, api_key: str, event: Event) -> None:
        self._courier(api_key).send(event)

    def _courier(self, api_key: str) -> Courier:
        with self._lock:
            if api_key not in self._couriers:
                self._couriers[api_key] = Courier(
                    partial(self._webhook, api_key),
                    self.store.add_delivery,
                    self.schedule,
                    self.faults,
                    self._lines,
                    self._clock,
                )
            return self._couriers[api_key]

    def _webhook(self, api_key: str) -> Webhook | None:
        account = self.exchange.account(api_key)
        return account.webhook if account else None

    def _check_later(self, account: Account, attempt: int = 0) -> None:
        """Check an account's webhook aside, again and again while its receiver is starting."""
        if account.webhook:
            Thread(target=self._check, args=(account.api_key, account.webhook.url, attempt), daemon=True).start()

    def _check(self, api_key: str, url: str, attempt: int) -> None:
        check = check_url(url)
        account, webhook = self.exchange.account(api_key), self._webhook(api_key)
        if account is None or webhook is None or webhook.url != url:
            return
        self._checks[api_key] = check
        if not check.is_passed and attempt < len(CHECK_AGAIN_AFTER_SECONDS):
            again = self._clock() + timedelta(seconds=CHECK_AGAIN_AFTER_SECONDS[attempt])
            self.schedule.at(again, partial(self._check_later, account, attempt + 1))


class _Post:
    """The couriers, for what plays a past."""

    def __init__(self, courier: Callable[[str], Courier]) -> None:
        self._courier = courier

    def send(self, api_key: str, event: Event) -> None:
        self._courier(api_key).send(event)

    def wait_for_room(self, api_key: str, most: int, seconds: float) -> bool:
        return self._courier(api_key).wait_for_room(most, seconds)

    def open(self, api_key: str) -> int:
        return self._courier(api_key).open


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        log.debug(format, *args)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # The parent's would ask the resolver for the host's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()
