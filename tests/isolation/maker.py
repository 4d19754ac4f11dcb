"""Puts rows into a database behind the back of the API, with the helpers that the pgTAP tests use too."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg


class Number(NamedTuple):
    """A phone number."""

    account: UUID
    id: UUID | None
    """None: it is not in the inventory."""
    e164: str


class Maker:
    """Makes rows by a connection of the migrations' owner."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._numbers = iter(range(100, 200))

    def make(self, function: str, *arguments: Any) -> UUID:
        """Call one of the helpers; returns the id of what it made."""
        placeholders = ", ".join(["%s"] * len(arguments))
        return self._id(f"select tests.{function}({placeholders})", *arguments)

    def execute(self, query: str, *arguments: Any) -> psycopg.Cursor[Any]:
        """Run a statement."""
        return self._connection.execute(query.encode(), arguments)

    def put(self, table: str, **values: Any) -> None:
        """Put a row into a table."""
        columns, placeholders = ", ".join(values), ", ".join(["%s"] * len(values))
        self.execute(
            f"insert into {table} ({columns}) overriding system value values ({placeholders})",  # noqa: S608
            *values.values(),
        )

    def number_of(self, line: UUID) -> Number:
        """Return the number of a line."""
        row = self.execute(
            "select n.integration_id, n.id, n.e164 from public.lines l"
            " join public.phone_numbers n on n.id = l.phone_number_id where l.id = %s",
            line,
        ).fetchone()
        assert row is not None
        return Number(*row)

    def number(self, integration: UUID) -> UUID:
        """Put a number that is not there yet into an account's inventory."""
        return self.make("phone_number", integration, f"+12125550{next(self._numbers)}")

    def line(self, org_id: UUID, number: UUID, period: str = "[2020-01-01,)") -> UUID:
        """Put a number into an organization's hands."""
        return self.make("line", org_id, number, period)

    def call(self, line: UUID, handled_by: UUID | None, at: datetime) -> UUID:
        """Put a call with one leg on a line."""
        call_id = self.make("call", line, at)
        self.execute(
            "insert into public.legs (id, org_id, call_id, extension, member_id)"
            " select gen_random_uuid(), org_id, id, '1', %s from public.calls where id = %s",
            *(handled_by, call_id),
        )
        if handled_by:
            self.execute("update public.calls set member_ids = %s where id = %s", [handled_by], call_id)
        return call_id

    def unowned_call(self, integration: UUID, number: UUID) -> UUID:
        """Put a call into the holding organization."""
        call_id = uuid4()
        self.execute(
            "insert into public.calls (id, org_id, integration_id, provider_call_id, phone_number_id, direction,"
            " started_at, outcome) values (%s, private.holding_org_id(), %s, %s, %s, 'inbound', now(), 'missed')",
            *(call_id, integration, str(call_id), number),
        )
        return call_id

    def invitation(
        self, org_id: UUID, email: str, role: str, lines: Sequence[UUID], invited_by: UUID
    ) -> tuple[str, str]:
        """Invite an address; returns the invitation's id and a token that is good for it."""
        made = self._id(
            "insert into private.invitations (org_id, email, role, line_ids, invited_by) values (%s, %s, %s, %s, %s)"
            " returning id",
            *(org_id, email, role, list(lines), invited_by),
        )
        token = secrets.token_urlsafe()
        self.execute(
            "insert into private.invitation_tokens (token_hash, invitation_id) values (%s, %s)", _hash(token), made
        )
        return str(made), token

    def api_key(self, org_id: UUID | str, name: str, scopes: Sequence[str] = ()) -> UUID:
        """Make an API key with some scopes, or with all there are."""
        return self._id(
            "insert into private.api_keys (org_id, name, prefix, secret_hash, scopes) values"
            " (%s, %s, 'vsk_00000000', sha256(uuid_send(gen_random_uuid())), coalesce(%s, private.api_scopes()))"
            " returning id",
            *(org_id, name, list(scopes) or None),
        )

    def grant(self, api_key: UUID) -> str:
        """Let requests through with an API key's rights, for longer than its minute."""
        grant = secrets.token_urlsafe()
        self.execute(
            "insert into private.api_grants (grant_hash, api_key_id, expires_at)"
            " values (%s, %s, now() + interval '1 day')",
            *(_hash(grant), api_key),
        )
        return grant

    def _id(self, query: str, *arguments: Any) -> UUID:
        row = self.execute(query, *arguments).fetchone()
        assert row is not None
        made: UUID = row[0]
        return made


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
