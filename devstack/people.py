"""Signing in as the people of the demo."""

from dataclasses import dataclass
from typing import Final

import psycopg
from supabase.lib.client_options import SyncClientOptions

from devstack.stack import Stack
from supabase import Client, create_client

PASSWORD: Final = "victory-demo"  # noqa: S105
"""Everybody's, as supabase/seed.sql says."""
OPERATOR: Final = "operator@victorysync.example"


@dataclass(frozen=True)
class DemoUser:
    """Somebody who can sign in."""

    email: str
    password: str
    role: str
    organization: str | None
    """None: the operator's, who sees all of them."""


def anonymous(stack: Stack) -> Client:
    """Return a client that has the publishable key and nothing else."""
    options = SyncClientOptions(auto_refresh_token=False, persist_session=False)
    return create_client(stack.api_url, stack.keys.publishable_key, options)


def signed_in(stack: Stack, email: str) -> Client:
    """Return a client that is signed in as a person of the demo."""
    client = anonymous(stack)
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    return client


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
            where p.email like '%.example'
            order by 3 nulls first, 4, 1
            """
        ).fetchall()
    return [DemoUser(email, PASSWORD, role, organization) for email, role, organization, _ in rows]
