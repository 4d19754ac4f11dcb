"""The operator command: `python -m admin grant | revoke | list | verify-audit | verify-rollups | rebuild-rollups`."""

import argparse
import sys
from typing import Final
from uuid import UUID

import psycopg

from admin.config import Config
from admin.errors import AdminError
from admin.platform_admins import grant, list_platform_admins, revoke
from admin.rollups import differences, organizations, rebuild
from admin.trails import Trail, check_trails

_SHOWN: Final = 10


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the result is the exit code: 0 nothing wrong, 1 refused, failed or broken, 2 misconfigured."""
    options = _parser().parse_args(arguments)
    config = Config.load_or_exit()
    try:
        with psycopg.connect(
            config.database_url.get_secret_value(), autocommit=True, prepare_threshold=None, connect_timeout=10
        ) as connection:
            match options.command:
                case "grant":
                    return _grant(connection, options.who)
                case "revoke":
                    return _revoke(connection, options.who)
                case "list":
                    return _list(connection)
                case "verify-rollups":
                    return _verify_rollups(connection, options.org)
                case "rebuild-rollups":
                    return _rebuild_rollups(connection, options.org)
                case _:
                    return _verify_audit(connection, options.org)
    except AdminError as error:
        print(error, file=sys.stderr)
    except psycopg.errors.InsufficientPrivilege as error:
        print(f"{error.diag.message_primary}: ADMIN_DATABASE_URL has to connect as postgres.", file=sys.stderr)
    except psycopg.Error as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m admin",
        description="The operator command. It works as the database's owner; the audit trail names it as a process.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in (
        ("grant", "make somebody who has signed up a platform admin, who sees every organization"),
        ("revoke", "end that; the last platform admin stays"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("who", metavar="E-MAIL", help="their address, or their id where several have it")
    words = "list the platform admins"
    commands.add_parser("list", help=words, description=words)
    words = "compute the seals of the audit trails anew and tell whether anybody has changed an entry"
    command = commands.add_parser("verify-audit", help=words, description=words)
    command.add_argument(
        "--org", type=UUID, metavar="ID", help="only this organization's; left out, all and the platform's"
    )
    for name, words in (
        (
            "verify-rollups",
            "recount all calls and tell where the rollups, which figures come from, hold something else",
        ),
        ("rebuild-rollups", "recount all calls and write the rollups anew; figures stay right meanwhile"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("--org", type=UUID, metavar="ID", help="only this organization's; left out, all")
    return parser


def _grant(connection: psycopg.Connection, who: str) -> int:
    user, is_new = grant(connection, who)
    print(f"{user.name} is a platform admin now." if is_new else f"{user.name} is a platform admin already.")
    return 0


def _revoke(connection: psycopg.Connection, who: str) -> int:
    user, was_one = revoke(connection, who)
    print(f"{user.name} is no platform admin any more." if was_one else f"{user.name} is no platform admin.")
    return 0


def _list(connection: psycopg.Connection) -> int:
    people = list_platform_admins(connection)
    for person in people:
        by = f", by {person.granted_by}" if person.granted_by else ""
        print(f"{person.email or person.user_id}  since {person.granted_at:%Y-%m-%d %H:%M %Z}{by}")
    if not people:
        print("There are no platform admins yet. python -m admin grant E-MAIL makes one.")
    return 0


def _verify_audit(connection: psycopg.Connection, org_id: UUID | None) -> int:
    trails = check_trails(connection, org_id)
    for trail in trails:
        print(_words(trail))
    return 1 if any(trail.problem for trail in trails) else 0


def _verify_rollups(connection: psycopg.Connection, org_id: UUID | None) -> int:
    differing = 0
    for organization in organizations(connection, org_id):
        found = differences(connection, organization.org_id)
        differing += bool(found)
        name = _printable(organization.name, organization.org_id)
        print(f"DIFFERS  {name}: {len(found)} buckets" if found else f"ok  {name}")
        for difference in found[:_SHOWN]:
            print(f"  {difference.problem}: {difference.bucket}")
    if differing:
        print("python -m admin rebuild-rollups mends it; how it came about is worth a report.")
    return 1 if differing else 0


def _rebuild_rollups(connection: psycopg.Connection, org_id: UUID | None) -> int:
    for organization in organizations(connection, org_id):
        days = rebuild(connection, organization.org_id)
        print(f"{_printable(organization.name, organization.org_id)}: {days} days", flush=True)
    return 0


def _printable(name: str, org_id: UUID) -> str:
    # Its admins choose the name, and a terminal obeys some characters.
    return f"{''.join(character if character.isprintable() else '?' for character in name)} ({org_id})"


def _words(trail: Trail) -> str:
    name = _printable(trail.name, trail.org_id)
    if trail.problem:
        at = f"seal {trail.broken_position}, " if trail.broken_position else ""
        return (
            f"BROKEN  {name}: {trail.problem} ({at}entry {trail.broken_entry_id}); {trail.sealed} seals before it hold"
        )
    return f"ok  {name}: {trail.sealed} sealed, {trail.unsealed} wait to be, head {trail.head or 'none yet'}"


if __name__ == "__main__":
    sys.exit(main())
