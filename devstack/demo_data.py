"""The demo's data, loaded through the product: as the operator and the organizations' admins would."""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

import psycopg

from credentials import KeyRing, seal
from devstack.demo_accounts import ACCOUNTS, Account, Credentials
from devstack.errors import DevstackError
from devstack.layout import REPOSITORY
from devstack.people import ADMINS, OPERATOR, signed_in
from devstack.rows import Row, checked_rows, is_current, rows
from devstack.stack import Stack
from supabase import Client

_OWNED_FOR: Final = timedelta(days=60)
_POLL_SECONDS: Final = 0.25

_T = TypeVar("_T")
Progress = Callable[[float], None]
"""Told how much of the history is there, from 0 to 1."""


def load_people(stack: Stack) -> None:
    """Load organizations, users and their roles."""
    with psycopg.connect(stack.database_url("postgres")) as connection:
        connection.execute((REPOSITORY / "supabase/seed.sql").read_bytes())


def connect_accounts(stack: Stack, credentials: Mapping[UUID, Credentials]) -> None:
    """Add the integrations and say whose extension is whose: the operator, and on their own accounts the admins."""
    with signed_in(stack, OPERATOR) as operator:
        organizations = _organizations(operator)
        present = {row["id"] for row in rows(operator, "integrations", "id")}
        for account in ACCOUNTS:
            if str(account.integration_id) not in present:
                arguments = create_integration_arguments(
                    stack, account, credentials[account.integration_id], organizations
                )
                operator.rpc("create_integration", arguments).execute()
        _give_extensions(operator, None)
    for organization, admin in ADMINS.items():
        with signed_in(stack, admin) as client:
            _give_extensions(client, organization)


def share_out_numbers(stack: Stack, seconds: float = 60) -> None:
    """Wait for the numbers to be pulled; as the operator give them to organizations, as their admins to members.

    Raises:
        DevstackError: they do not come in time.
    """
    with signed_in(stack, OPERATOR) as operator:
        organizations = _organizations(operator)
        _give_numbers(operator, organizations, seconds)
    for organization, admin in ADMINS.items():
        with signed_in(stack, admin) as client:
            _give_lines(client, organizations[organization])


def wait_for_history(stack: Stack, progress: Progress, seconds: float = 300) -> None:
    """Wait until every integration's first pull of calls is done.

    Raises:
        DevstackError: one failed, or they take too long.
    """
    with signed_in(stack, OPERATOR) as operator:
        _wait_for(lambda: _history_is_pulled(operator, progress), seconds, "the history to be pulled")


def _organizations(operator: Client) -> dict[str, str]:
    return {row["name"]: row["id"] for row in rows(operator, "organizations", "id, name")}


def _give_numbers(operator: Client, organizations: Mapping[str, str], seconds: float) -> None:
    wanted = {number.e164: number for account in ACCOUNTS for number in account.numbers}

    def pulled() -> dict[str, str] | None:
        found = {row["e164"]: row["id"] for row in rows(operator, "phone_numbers", "id, e164")}
        return found if wanted.keys() <= found.keys() else None

    numbers = _wait_for(pulled, seconds, "the phone numbers to be pulled")
    owned = {row["e164"] for row in rows(operator, "lines", "e164")}
    for number in wanted.values():
        if number.organization and number.e164 not in owned:
            operator.rpc(
                "assign_phone_number",
                {
                    "p_phone_number_id": numbers[number.e164],
                    "p_org_id": organizations[number.organization],
                    "p_from": (datetime.now(UTC) - _OWNED_FOR).isoformat(),
                },
            ).execute()


def _history_is_pulled(operator: Client, progress: Progress) -> bool:
    jobs = (
        operator.table("sync_jobs")
        .select("integration_id, state, range_from, range_to, read_through, error")
        .eq("resource", "calls")
        .order("created_at")
        .execute()
    )
    first: dict[str, Row] = {}
    for job in checked_rows(jobs.data):
        first.setdefault(job["integration_id"], job)
    for job in first.values():
        if job["state"] == "failed":
            raise DevstackError(f"The history could not be pulled: {job['error']}")
    shares = [_share(first.get(str(account.integration_id))) for account in ACCOUNTS]
    progress(sum(shares) / len(shares))
    return min(shares) == 1


def create_integration_arguments(
    stack: Stack, account: Account, credentials: Credentials, organizations: Mapping[str, str]
) -> dict[str, object]:
    """Return the arguments of create_integration for an account, its credentials sealed."""
    key = KeyRing.parse(stack.keys.credentials_key).current
    organization_id = organizations[account.owner] if account.owner else None

    def sealed(purpose: str, secret: str) -> str:
        return b64encode(
            seal(
                secret.encode(),
                key.public,
                organization=organization_id or "platform",
                integration_id=account.integration_id,
                purpose=purpose,
            )
        ).decode()

    return {
        "p_org_id": organization_id,
        "p_name": account.name,
        "p_account_type": account.kind,
        "p_webhook_mode": "signed",
        "p_key_id": key.key_id,
        "p_credentials": {
            "api_key": sealed("api_key", credentials.api_key),
            "user_key": sealed("user_key", credentials.user_key),
            "webhook_secret": sealed("webhook_secret", credentials.webhook_secret),
        },
        "p_id": str(account.integration_id),
    }


def _give_extensions(client: Client, owner: str | None) -> None:
    members = {row["email"]: row["id"] for row in rows(client, "members", "id, email")}
    held = {(row["integration_id"], row["extension"]) for row in rows(client, "member_extensions", "*")}
    for account in ACCOUNTS:
        if account.owner != owner:
            continue
        for person in account.team:
            if person.email and (str(account.integration_id), person.extension) not in held:
                client.rpc(
                    "set_member_extension",
                    {
                        "p_member_id": members[person.email],
                        "p_integration_id": str(account.integration_id),
                        "p_extension": person.extension,
                        "p_from": (datetime.now(UTC) - _OWNED_FOR).isoformat(),
                    },
                ).execute()


def _give_lines(admin: Client, org_id: str) -> None:
    members = {row["email"]: row["id"] for row in rows(admin, "members", "id, email")}
    lines = {row["e164"]: row["id"] for row in rows(admin, "lines", "id, e164, period") if is_current(row)}
    given = {(row["member_id"], row["line_id"]) for row in rows(admin, "member_lines", "member_id, line_id")}
    wanted = [
        (members[email], lines[number.e164])
        for account in ACCOUNTS
        for number in account.numbers
        for email in number.given_to
        if email in members
    ]
    missing = [
        {"org_id": org_id, "member_id": member_id, "line_id": line_id}
        for member_id, line_id in wanted
        if (member_id, line_id) not in given
    ]
    if missing:
        admin.table("member_lines").insert(missing).execute()


def _share(job: Row | None) -> float:
    if job is None:
        return 0
    if job["state"] == "done":
        return 1
    start, end, read = (
        None if job[name] is None else datetime.fromisoformat(job[name])
        for name in ("range_from", "range_to", "read_through")
    )
    return (read - start) / (end - start) if start and end and read else 0


def _wait_for(look: Callable[[], _T | None], seconds: float, what: str) -> _T:
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise DevstackError(f"Waited {seconds:.0f} seconds for {what} in vain. See: make logs PART=sync")
        time.sleep(_POLL_SECONDS)
