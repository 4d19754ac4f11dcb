"""A stand-in for MightyCall: `serve` runs it, the other commands talk to one that runs."""

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from simulator.accounts import AccountsError, load
from simulator.remote import Remote, RemoteError, about_lines, fields_of, on_line
from simulator.server import Simulator
from simulator.store import StateError
from simulator.switchboard import told_of
from simulator.switches import OPTIONS

DEFAULT_PORT = 54330
ON_EXAMPLES = """examples:
  %(prog)s server_error --path /calls --times 3
  %(prog)s quota --status 403 --share 0.1 --account demo-api-key
  %(prog)s loss --share 0.05 --path Completed
  %(prog)s late_answer --path /messages/send --seconds 60
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 misconfigured."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)

    remote = argparse.ArgumentParser(add_help=False)
    remote.add_argument("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", help="of the simulator (%(default)s)")
    remote.add_argument("--control-token", metavar="TOKEN", help="what it was started with")

    truth = commands.add_parser("truth", parents=[remote], help="print all facts of a running simulator as JSON")
    truth.set_defaults(run=_remotely(_truth))
    truth.add_argument("--from", dest="start", metavar="UTC")
    truth.add_argument("--to", dest="end", metavar="UTC")
    truth.add_argument("--account", metavar="API_KEY")

    for what, example in (
        ("call", "account=demo-api-key from=+13125550142 answer_after=3 talk=20"),
        ("message", "account=demo-api-key from=+13125550142 text=Hello"),
        ("voicemail", "account=demo-api-key from=+13125550142 seconds=12"),
    ):
        order = commands.add_parser(
            what,
            parents=[remote],
            help=f"make one {what} now",
            epilog=f"example: %(prog)s {example}",
            description=f"Make one {what} now, of the fields that POST {what}s takes (see README.md).",
        )
        order.set_defaults(run=_remotely(_order), what=what)
        order.add_argument("fields", nargs="+", metavar="NAME=VALUE")

    fault = commands.add_parser("fault", help="let things go wrong, and right again")
    _add_fault(fault.add_subparsers(required=True, metavar="list|on|off"), remote)

    options = parser.parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads it has seen enough; what is left must not fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _add_serve(commands: Any) -> None:
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


def _add_fault(commands: Any, remote: argparse.ArgumentParser) -> None:
    listed = commands.add_parser("list", parents=[remote], help="what is on, and with --all what there is")
    listed.set_defaults(run=_remotely(_fault_list))
    listed.add_argument("--all", action="store_true", help="tell also what there is, with all options")
    listed.add_argument("--json", action="store_true", help="as the control API tells it")

    on = commands.add_parser(
        "on",
        parents=[remote],
        help="switch a fault on",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join([*about_lines(told_of()), "", ON_EXAMPLES]),
    )
    on.set_defaults(run=_remotely(_fault_on))
    on.add_argument("fault", metavar="FAULT", help="one of those below")
    on.add_argument("--path", help="only where the request's path, or the event's type, contains this")
    on.add_argument("--account", metavar="API_KEY", help="only this account's")
    on.add_argument("--times", type=int, metavar="N", help="so often, then it is off by itself")
    on.add_argument("--share", type=float, metavar="P", help="with this probability, above 0 and up to 1")
    on.add_argument("--seconds", type=float, metavar="N")
    on.add_argument("--status", type=int, metavar="N")
    on.add_argument("--how", metavar="WORD")
    on.add_argument("--copies", type=int, metavar="N")
    on.add_argument("--by", type=int, metavar="N")

    off = commands.add_parser("off", parents=[remote], help="switch one off, all of a name, or everything")
    off.set_defaults(run=_remotely(_fault_off))
    off.add_argument("which", nargs="?", metavar="NUMBER|FAULT", help="as `fault list` tells it; everything without")


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


def _remotely(command: Callable[[Remote, argparse.Namespace], None]) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        try:
            command(Remote(options.url, options.control_token), options)
        except RemoteError as error:
            print(f"simulator: {error}", file=sys.stderr)
            return 1
        return 0

    return run


def _truth(remote: Remote, options: argparse.Namespace) -> None:
    asked = {"from": options.start, "to": options.end, "account": options.account}
    _print(remote.ask("GET", "truth", params={name: value for name, value in asked.items() if value}))


def _order(remote: Remote, options: argparse.Namespace) -> None:
    _print(remote.ask("POST", f"{options.what}s", json=fields_of(options.fields)))


def _fault_list(remote: Remote, options: argparse.Namespace) -> None:
    told = remote.ask("GET", "faults")
    if options.json:
        _print(told)
        return
    _print_on(told["faults"])
    if options.all:
        print("\n".join(["", *about_lines(told["known"])]))


def _fault_on(remote: Remote, options: argparse.Namespace) -> None:
    names = ("fault", "path", "account", "times", "share", *OPTIONS)
    switch = {name: value for name in names if (value := getattr(options, name)) is not None}
    _print_on(remote.ask("POST", "faults", json=switch)["faults"])


def _fault_off(remote: Remote, options: argparse.Namespace) -> None:
    which = f"/{options.which}" if options.which else ""
    _print_on(remote.ask("DELETE", f"faults{which}")["faults"])


def _print_on(switches: list[dict[str, Any]]) -> None:
    print("\n".join(map(on_line, switches)) if switches else "no fault is on")


def _print(value: object) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
