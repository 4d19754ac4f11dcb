"""`python -m simulator serve` and `python -m simulator truth`."""

import argparse
import json
import logging
import signal
import sys
from pathlib import Path
from threading import Event

import httpx

from simulator.accounts import AccountsError, load
from simulator.control import TOKEN_HEADER
from simulator.server import Simulator
from simulator.store import StateError

DEFAULT_PORT = 54330


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 misconfigured."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(required=True)

    serve = commands.add_parser("serve", help="serve the API, play live calls, send webhooks")
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT)
    serve.add_argument("--accounts", type=Path, required=True, metavar="FILE")
    serve.add_argument("--seed", type=int, default=1)
    serve.add_argument(
        "--live-calls-per-minute", type=float, default=0, metavar="R", help="over all accounts (0: none)"
    )
    serve.add_argument("--history-days", type=int, default=35, metavar="DAYS")
    serve.add_argument("--state", type=Path, metavar="FILE", help="keep live calls over a restart")
    serve.add_argument("--control-token", metavar="TOKEN")
    serve.add_argument("--verbose", action="store_true", help="log every request and delivery")

    truth = commands.add_parser("truth", help="print all facts of a running simulator as JSON")
    truth.set_defaults(run=_truth)
    truth.add_argument("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}")
    truth.add_argument("--from", dest="start", metavar="UTC")
    truth.add_argument("--to", dest="end", metavar="UTC")
    truth.add_argument("--account", metavar="API_KEY")
    truth.add_argument("--control-token", metavar="TOKEN")

    options = parser.parse_args(arguments)
    return int(options.run(options))


def _serve(options: argparse.Namespace) -> int:
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING, format="%(asctime)s %(name)s %(message)s"
    )
    try:
        simulator = Simulator(
            load(options.accounts),
            host=options.host,
            port=options.port,
            seed=options.seed,
            live_calls_per_minute=options.live_calls_per_minute,
            history_days=options.history_days,
            control_token=options.control_token,
            state=options.state,
        )
    except (AccountsError, StateError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"simulator: cannot listen on {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    simulator.start()
    print(f"simulator: serving {len(simulator.exchange.accounts)} accounts on {simulator.url}", flush=True)
    stop.wait()
    simulator.close()
    return 0


def _truth(options: argparse.Namespace) -> int:
    asked = {"from": options.start, "to": options.end, "account": options.account}
    try:
        answer = httpx.get(
            f"{options.url}/__simulator__/truth",
            params={name: value for name, value in asked.items() if value},
            headers={TOKEN_HEADER: options.control_token} if options.control_token else {},
            timeout=120,
            trust_env=False,
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer.json(), indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
