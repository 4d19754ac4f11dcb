"""Accounts whose numbers, ids and extensions look alike, and what may never move when one of them is told of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.integration.database.provider_items import ACME, CUSTOMERS, GLOBEX, IDS, OTHERS, UNOWNED

NOW = datetime(2026, 6, 5, 14, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A platform-wide account that serves two organizations, one of its own for each of them, and a bystander."""

    connection: psycopg.Connection[Any]
    orgs: dict[str, UUID]
    accounts: dict[str, UUID]
    columns: dict[tuple[str, str], set[str]]

    @classmethod
    def arrange(cls, connection: psycopg.Connection[Any]) -> "Place":
        def make(function: str, *arguments: Any) -> UUID:
            placeholders = ", ".join(["%s"] * len(arguments))
            row = connection.execute(f"select tests.{function}({placeholders})".encode(), arguments).fetchone()
            assert row is not None
            made: UUID = row[0]
            return made

        orgs = {name: make("organization", name) for name in ("acme", "globex", "initech")}
        made = {"platform": make("integration"), "own": make("integration", orgs["acme"])}
        made |= {f"{name}'s": make("integration", orgs[name]) for name in ("globex", "initech")}
        lines = {}
        for name, number in (("acme", ACME), ("globex", GLOBEX)):
            line = make("line", orgs[name], make("phone_number", made["platform"], number), "[2020-01-01,)")
            lines[name] = line
        make("phone_number", made["platform"], UNOWNED)
        for name, account in (("acme", "own"), ("globex", "globex's"), ("initech", "initech's")):
            line = make("line", orgs[name], make("phone_number", made[account], OTHERS), "(,)")
            make("call", line, NOW, "answered")
        # Ids are the provider's, per account: others have calls of the same ones.
        for account, call in product(("globex's", "initech's"), IDS):
            body = {"EventType": "IncomingCall", "Body": {"Id": call, "From": CUSTOMERS[0], "To": OTHERS}}
            told = {"integration_id": str(made[account]), "body": json.dumps(body), "received_at": NOW.isoformat()}
            connection.execute("select private.ingest_webhook_events(%s)", [[Jsonb(told)]])
        for name in ("acme", "globex"):
            make("call", lines[name], NOW, "missed")
            user = make("member", orgs[name], "agent", [lines[name]])
            for extension in ("101", "102") if name == "acme" else ("103",):
                connection.execute(
                    """insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
                    select m.org_id, m.id, %s, %s, '[2020-01-01,)' from public.org_members m where m.user_id = %s""",
                    [made["platform"], extension, user],
                )
        holding = connection.execute("select private.holding_org_id()").fetchone()
        assert holding is not None
        return cls(connection, orgs | {"holding": holding[0]}, made, cls._columns(connection))

    @staticmethod
    def _columns(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], set[str]]:
        """The columns of our tables, by schema and name."""
        rows = connection.execute(
            """select n.nspname, c.relname, array_agg(a.attname::text)
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where n.nspname in ('public', 'private') and c.relkind = 'r'
            group by 1, 2
            order by 1, 2"""
        )
        return {(schema, table): {*columns} for schema, table, columns in rows}

    def query(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode(), values).fetchall()

    def apply(self, applier: str, account: str, written: Sequence[str], at: datetime) -> dict[str, Any]:
        """Apply a page of a resource."""
        arguments: list[Any] = [self.accounts[account], [*written], at]
        call = "select * from private.{}(%s, %s::text[]::jsonb[], %s)"
        with self.connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(sql.SQL(call).format(sql.Identifier(applier)), arguments).fetchone()
        assert row is not None
        return row

    def rows_of_others(self, account: str) -> list[dict[str, Any]]:
        """A digest, table by table, of every row of the organizations that an account has no part in."""
        others = ["initech"] if account == "platform" else ["initech", "globex", "holding"]
        return self._each(
            ["org_id"],
            "select {name} as table, count(*), md5(string_agg(t::text, '' order by t::text)) from {table} t"
            " where t.org_id = any (%(orgs)s)",
            orgs=[self.orgs[name] for name in others],
        )

    def misplaced(self, account: str) -> list[dict[str, Any]]:
        """Rows of an account that belong neither to its owner nor, by a line of its own numbers, to somebody else."""
        owner = self.orgs["holding" if account == "platform" else "acme"]
        strangers = self._each(
            ["org_id", "integration_id"],
            "select {name} as table, count(*) from {table} t"
            " where t.integration_id = %(account)s and t.org_id <> all (%(orgs)s) having count(*) > 0",
            account=self.accounts[account],
            orgs=[owner, self.orgs["acme"], *([self.orgs["globex"]] if account == "platform" else [])],
        )
        unfounded = self._each(
            ["org_id", "integration_id", "line_id", "business_number"],
            """select {name} as table, count(*) from {table} t
            where t.integration_id = %(account)s and not case
              when t.line_id is null then t.org_id = %(owner)s
              else exists (
                select from public.lines l join public.phone_numbers n on n.id = l.phone_number_id
                where l.id = t.line_id and l.org_id = t.org_id
                  and n.integration_id = t.integration_id and n.e164 = t.business_number
              )
            end
            having count(*) > 0""",
            account=self.accounts[account],
            owner=owner,
        )
        return strangers + unfounded

    def _each(self, columns: Sequence[str], template: LiteralString, **values: Any) -> list[dict[str, Any]]:
        tables = [table for table, has in self.columns.items() if has >= {*columns}]
        assert tables
        parts = [
            sql.SQL(template).format(name=sql.Literal(".".join(table)), table=sql.Identifier(*table))
            for table in tables
        ]
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(sql.SQL(" union all ").join(parts), values).fetchall()
