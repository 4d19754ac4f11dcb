"""The operator's people, who see every organization."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from admin.errors import LastPlatformAdminError, SeveralUsersError, UnconfirmedAddressError, UnknownUserError


class User(NamedTuple):
    """Somebody who has signed up."""

    id: UUID
    email: str | None
    is_confirmed: bool

    @property
    def name(self) -> str:
        """What messages call them."""
        return self.email or str(self.id)


class PlatformAdmin(NamedTuple):
    """One of the operator's people."""

    email: str | None
    user_id: UUID
    granted_at: datetime
    granted_by: str | None
    """None: by this command, or by somebody who is no longer there."""


def find_user(connection: psycopg.Connection, who: str) -> User:
    """Find a user by e-mail address, in whatever case, or by id.

    Raises:
        UnknownUserError: there is none.
        SeveralUsersError: several have this address.
    """
    with connection.cursor(row_factory=class_row(User)) as cursor:
        users = cursor.execute(
            """
            select u.id, u.email, u.email_confirmed_at is not null as is_confirmed
            from auth.users u
            where lower(u.email) = lower(%(who)s) or u.id::text = lower(%(who)s)
            order by u.created_at
            """,
            {"who": who},
        ).fetchall()
    if not users:
        raise UnknownUserError(who)
    if len(users) > 1:
        raise SeveralUsersError(who, [user.id for user in users])
    return users[0]


def grant(connection: psycopg.Connection, who: str) -> tuple[User, bool]:
    """Make somebody a platform admin; a trigger notes it in the audit trail.

    Returns:
        Who it is, and whether they were none before.

    Raises:
        AdminError: nobody, several or somebody without a confirmed address is meant.
    """
    with connection.transaction():
        user = find_user(connection, who)
        if not user.is_confirmed:
            raise UnconfirmedAddressError(user.name)
        added = connection.execute(
            "insert into private.platform_admins (user_id) values (%s) on conflict do nothing", [user.id]
        )
    return user, added.rowcount > 0


def revoke(connection: psycopg.Connection, who: str) -> tuple[User, bool]:
    """End that somebody is a platform admin; a trigger notes it in the audit trail.

    Returns:
        Who it is, and whether they were one before.

    Raises:
        AdminError: nobody or several are meant, or nobody would be left.
    """
    with connection.transaction():
        user = find_user(connection, who)
        # Two who revoke each other at once, here or through the API: the second sees what the first has done.
        connection.execute("lock table private.platform_admins in share row exclusive mode")
        removed = connection.execute("delete from private.platform_admins where user_id = %s", [user.id])
        if removed.rowcount and not list_platform_admins(connection):
            raise LastPlatformAdminError(user.name)
    return user, removed.rowcount > 0


def list_platform_admins(connection: psycopg.Connection) -> list[PlatformAdmin]:
    """List them, who came first first."""
    with connection.cursor(row_factory=class_row(PlatformAdmin)) as cursor:
        return cursor.execute(
            """
            select p.email, a.user_id, a.granted_at, g.email as granted_by
            from private.platform_admins a
            join public.profiles p on p.user_id = a.user_id
            left join public.profiles g on g.user_id = a.granted_by
            order by a.granted_at, a.user_id
            """
        ).fetchall()
