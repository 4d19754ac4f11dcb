"""The local stack: `python -m devstack up | down | reset | status | env | logs | demo | smoke | verify-isolation`."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable

import httpx
import psycopg
from postgrest.exceptions import APIError
from rich.console import Console
from supabase_auth.errors import AuthError

from devstack.checks import report
from devstack.config import Config
from devstack.demo import demo
from devstack.errors import DevstackError
from devstack.isolation import verify_isolation
from devstack.layout import Layout
from devstack.logs import DaemonLog, Log, show_logs
from devstack.mail import MAIL, Mailbox
from devstack.narration import Narrator
from devstack.people import DemoUser, demo_users
from devstack.report import as_json, part_reports, print_doors, print_parts, print_welcome
from devstack.smoke import smoke
from devstack.stack import Stack
from devstack.target import IsolationConfig, SmokeConfig, Target
from devstack.up import up

Command = Callable[[argparse.Namespace, Stack, Console], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the result is the exit code: 0 all is well, 1 something is not, 2 misconfigured."""
    options = _parser().parse_args(arguments)
    console = Console()
    config = Config.load_or_exit()
    stack = Stack(Layout.default(config.state), config, config.live_calls_per_minute)
    command: Command = options.run
    try:
        return command(options, stack, console)
    except DevstackError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except (httpx.HTTPError, psycopg.Error, APIError, AuthError) as error:
        words = f"{type(error).__name__}: {error}\nmake status tells which part is in trouble."
        Console(stderr=True).print(words, markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack", description="The local stack.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=run)
        return command

    add("up", _up, "start everything, migrated and with demo data, and print addresses and sign-ins")
    add("down", _down, "stop everything; the data stays")
    add("reset", _reset, "stop everything and start again with fresh data")
    status = add("status", _status, "tell which parts run, and the last lines of one that died")
    status.add_argument("--json", action="store_true", help="URLs, keys, demo users and parts, for programs")
    add("demo", _demo, "sign in as different people, show what each reads, and what happens when they act")
    add("env", _env, "print what the programs are configured with, for a shell to evaluate")
    logs = add("logs", _logs, "show the ends of the logs, and the letters, as the part mail")
    logs.add_argument("-f", "--follow", action="store_true", help="and what is added, until interrupted")
    logs.add_argument("part", nargs="?", help="only this part's")
    for check in (
        add("smoke", _smoke, "check a running stack end to end"),
        add("verify-isolation", _verify_isolation, "try to read and write across organizations on a running stack"),
    ):
        check.add_argument("--url", help="a stack that is not the local one; CHECK_… in the environment describes it")
    return parser


def _up(_: argparse.Namespace, stack: Stack, console: Console) -> int:
    up(stack, Narrator(console))
    print_welcome(console, stack, demo_users(stack))
    return 0


def _down(_: argparse.Namespace, stack: Stack, console: Console) -> int:
    if stack.exists:
        stack.down()
    console.print("Stopped.")
    return 0


def _reset(options: argparse.Namespace, stack: Stack, console: Console) -> int:
    if stack.exists:
        stack.down()
        stack.clear()
    return _up(options, stack, console)


def _status(options: argparse.Namespace, stack: Stack, console: Console) -> int:
    _expect(stack)
    parts = part_reports(stack)
    is_healthy = all(part.trouble is None for part in parts)
    if options.json:
        print(json.dumps(as_json(stack, parts, _users(stack)), indent=2))
    else:
        print_parts(console, parts)
        if is_healthy:
            console.print()
            print_doors(console, stack)
    return 0 if is_healthy else 1


def _demo(_: argparse.Namespace, stack: Stack, console: Console) -> int:
    _expect(stack)
    absent = [part.title for part in stack.parts.values() if part.trouble()]
    if absent:
        raise DevstackError(f"Not running: {', '.join(absent)}. make up starts what is missing.")
    demo(stack, console)
    return 0


def _env(_: argparse.Namespace, stack: Stack, __: Console) -> int:
    _expect(stack)
    for name in ("webhooks", "sync"):
        for variable, value in stack.parts[name].daemon.environment.items():
            print(f"export {variable}={shlex.quote(value)}")
    print(f"export ADMIN_DATABASE_URL={shlex.quote(stack.database_url('postgres'))}")
    return 0


def _logs(options: argparse.Namespace, stack: Stack, console: Console) -> int:
    _expect(stack)
    logs: dict[str, Log] = {name: DaemonLog(part.daemon) for name, part in stack.parts.items()}
    logs[MAIL] = Mailbox(stack.layout.mail)
    if options.part and options.part not in logs:
        raise DevstackError(f"There is no part {options.part}. There are: {', '.join(logs)}.")
    show_logs(console, {options.part: logs[options.part]} if options.part else logs, follow=options.follow)
    return 0


def _smoke(options: argparse.Namespace, stack: Stack, console: Console) -> int:
    return 0 if report(console, smoke(_target(options, stack, SmokeConfig))) else 1


def _verify_isolation(options: argparse.Namespace, stack: Stack, console: Console) -> int:
    return 0 if report(console, verify_isolation(_target(options, stack, IsolationConfig))) else 1


def _target(options: argparse.Namespace, stack: Stack, config: type[SmokeConfig]) -> Target:
    if options.url:
        return Target.remote(options.url, config.load_or_exit())
    _expect(stack)
    return Target.local(stack)


def _expect(stack: Stack) -> None:
    if not stack.exists:
        raise DevstackError("There is no stack yet. make up starts one.")


def _users(stack: Stack) -> list[DemoUser]:
    try:
        return demo_users(stack)
    except psycopg.Error:
        return []


if __name__ == "__main__":
    sys.exit(main())
