"""Signing in as the people of the demo."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import psycopg
from supabase.lib.client_options import SyncClientOptions

from devstack.demo_accounts import HARBOR, NORTHWIND
from devstack.stack import Stack
from supabase import Client, create_client

PASSWORD: Final = "victory-demo"  # noqa: S105
"""Everybody's, as supabase/seed.sql says."""
OPERATOR: Final = "operator@victorysync.example"
ADMINS: Final = {NORTHWIND: "admin@northwind.example", HARBOR: "admin@harbor.example"}
"""Who administers which organization."""


@dataclass(frozen=True)
class DemoUser:
    """Somebody who can sign in."""

    email: str
    password: str
    role: str
    organization: str | None
    """None: the operator's, who sees all of them."""


@contextmanager
def anonymous(stack: Stack) -> Iterator[Client]:
    """Give a client that has the publishable key and nothing else."""
    # Idle connections are given up before the gateway closes them, perhaps just when a request is on its way.
    limits = httpx.Limits(keepalive_expiry=1)
    with httpx.Client(timeout=30, limits=limits, trust_env=False) as connections:
        options = SyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connections)
        yield create_client(stack.api_url, stack.keys.publishable_key, options)


@contextmanager
def signed_in(stack: Stack, email: str) -> Iterator[Client]:
    """Give a client that is signed in as a person of the demo."""
    with anonymous(stack) as client:
        client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        yield client


def demo_users(stack: Stack) -> list[DemoUser]:
    """List the people of the demo, the operator's first, then by organization and role."""
    with psycopg.connect(stack.database_url("postgres")) as connection:
        rows = connection.execute(
            """
            select p.email, 'platform_admin', null, 0
            from private.platform_admins a join public.profiles p using (user_id)
            where p.email like '%.example'
            union all
            select p.email, m.role, o.name, array_position(array['org_admin', 'manager', 'agent', 'viewer'], m.role)
            from public.org_members m
            join public.profiles p using (user_id)
            join public.organizations o on o.id = m.org_id
            where p.email like '%.example' and m.deactivated_at is null
            order by 3 nulls first, 4, 1
            """
        ).fetchall()
    return [DemoUser(email, PASSWORD, role, organization) for email, role, organization, _ in rows]
