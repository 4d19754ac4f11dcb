"""A database in which facts arrive as the processes bring them, and the rows they make."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests.integration.database.history import (
    HANDOVER,
    MOVING,
    UNOWNED,
    Event,
    Listing,
    Statement,
    Step,
    Tombstone,
)

_WORKER = "worker"
_TOMBSTONE = bytes(32)


@dataclass(frozen=True)
class Scene:
    """Two organizations, a platform-wide account and one of their own, and a number that goes from one to the other."""

    connection: psycopg.Connection[Any]
    """As postgres, in a transaction that is undone."""
    accounts: Mapping[str, UUID]
    jobs: Mapping[str, Mapping[str, UUID]]
    """The running jobs to apply pages in: account, resource."""

    @classmethod
    def set(cls, connection: psycopg.Connection[Any]) -> "Scene":
        """Make organizations, accounts, numbers, members and jobs."""

        def make(function: str, *arguments: Any) -> UUID:
            placeholders = ", ".join(["%s"] * len(arguments))
            return _one(connection, f"select tests.{function}({placeholders})", *arguments)

        acme, globex = make("organization", "Acme"), make("organization", "Globex")
        accounts = {"platform": make("integration"), "own": make("integration", acme)}
        for account in accounts.values():
            make("phone_number", account, UNOWNED)
        moving = make("phone_number", accounts["platform"], MOVING)
        for org_id, period in ((acme, f"[2020-01-01,{HANDOVER})"), (globex, f"[{HANDOVER},)")):
            line = make("line", org_id, moving, period)
            for extension in ("101", "102"):
                user = make("member", org_id, "agent", [line])
                connection.execute(
                    """insert into public.member_extensions (org_id, member_id, integration_id, extension, period)
                    select m.org_id, m.id, %s, %s, %s from public.org_members m where m.user_id = %s""",
                    [accounts["platform"], extension, period, user],
                )
        jobs = {
            name: {resource: cls._start_job(connection, account, resource) for resource in ("calls", "phone_numbers")}
            for name, account in accounts.items()
        }
        return cls(connection, accounts, jobs)

    @staticmethod
    def _start_job(connection: psycopg.Connection[Any], account: UUID, resource: str) -> UUID:
        return _one(
            connection,
            """insert into public.sync_jobs (org_id, integration_id, resource, kind, state, worker, lease_until)
            select org_id, id, %s, 'backfill', 'running', %s, 'infinity' from public.integrations where id = %s
            returning id""",
            resource,
            _WORKER,
            account,
        )

    def hear(self, steps: Sequence[Step]) -> None:
        """Let facts arrive, one step after another."""
        for step in steps:
            first = step[0]
            if isinstance(first, Event):
                self._deliver(step)
            elif isinstance(first, Statement):
                self._apply("calls", first.account, [fact.item for fact in step if isinstance(fact, Statement)], step)
            elif isinstance(first, Listing):
                items = [json.dumps({"number": fact.number}) for fact in step if isinstance(fact, Listing)]
                self._apply("phone_numbers", first.account, items, step)
            else:
                self._bury(first)

    def rows(self) -> dict[str, list[Any]]:
        """Every column of every call, leg, recording and event but when the row was written.

        Numbers and lines that were met on the way have random ids: they stand here for what they are.
        """
        return {
            "calls": self._all(
                """select to_jsonb(c) - array['created_at', 'updated_at', 'phone_number_id', 'line_id']
                  || jsonb_build_object('number', n.e164, 'line', jsonb_build_array(l.org_id, l.e164, l.period))
                from public.calls c
                left join public.phone_numbers n on n.id = c.phone_number_id
                left join public.lines l on l.id = c.line_id
                order by c.id"""
            ),
            "legs": self._all(
                "select to_jsonb(l) - array['created_at', 'updated_at'] from public.legs l order by l.id"
            ),
            "recordings": self._all(
                """select to_jsonb(r) - array['created_at', 'updated_at', 'line_id'] || jsonb_build_object('url', s.url)
                from public.recordings r
                left join private.recording_sources s on s.recording_id = r.id
                order by r.id"""
            ),
            "events": self._all(
                "select to_jsonb(e) - array['id'] from private.webhook_events e order by e.integration_id, e.dedupe_key"
            ),
        }

    def misplaced(self) -> list[Any]:
        """Events, legs, recordings and calls that are not where their call, or their line's period, says."""
        return self._all(
            """select to_jsonb(e) from private.webhook_events e
            join public.calls c using (integration_id, provider_call_id)
            where e.status = 'applied' and e.org_id <> c.org_id
            union all
            select to_jsonb(c) from public.calls c
            join public.phone_numbers n on n.id = c.phone_number_id
            left join public.lines l on l.phone_number_id = n.id and l.period @> c.started_at
            where c.line_id is distinct from l.id or c.org_id <> coalesce(l.org_id, n.org_id)
              or c.business_number <> n.e164
            union all
            select to_jsonb(c) from public.calls c
            where c.member_ids <> array(
              select distinct g.member_id from public.legs g
              where g.call_id = c.id and g.member_id is not null
              order by 1
            )
            union all
            select to_jsonb(r) from public.recordings r
            join public.calls c on c.id = r.call_id
            where (r.org_id, r.line_id, r.member_ids, r.direction, r.external_number, r.started_at)
              is distinct from (c.org_id, c.line_id, c.member_ids, c.direction, c.external_number, c.started_at)"""
        )

    def rebuild(self) -> None:
        """Remove every call and write all anew from the facts."""
        self.connection.execute("delete from public.calls")
        for account in self.accounts.values():
            self.connection.execute("select private.rebuild_calls(%s)", [account])

    def _deliver(self, step: Step) -> None:
        envelopes = [
            json.dumps(
                {
                    "integration_id": str(self.accounts[fact.account]),
                    "body": fact.body,
                    "received_at": fact.received_at.isoformat(),
                }
            )
            for fact in step
            if isinstance(fact, Event)
        ]
        with self._as("webhooks"):
            self.connection.execute("select private.ingest_webhook_events(%s::jsonb[])", [envelopes])

    def _apply(self, resource: str, account: str, items: Sequence[str], step: Step) -> None:
        job = self.jobs[account][resource]
        observed_at = step[0].observed_at if isinstance(step[0], Statement) else HANDOVER
        with self._as("sync"):
            self.connection.execute(
                "select private.apply_page(%s, %s, %s, %s, null, null, true, now())",
                [job, _WORKER, list(items), observed_at],
            )

    def _bury(self, tombstone: Tombstone) -> None:
        account = self.accounts[tombstone.account]
        self.connection.execute(
            """insert into private.call_snapshots as s
              (integration_id, provider_call_id, payload_hash, payload, is_tombstone, observed_at)
            values (%s, %s, %s, '{}', true, %s)
            on conflict (integration_id, provider_call_id, payload_hash) do update
            set observed_at = greatest(s.observed_at, excluded.observed_at)""",
            [account, tombstone.call, _TOMBSTONE, tombstone.observed_at],
        )
        self.connection.execute("select private.write_calls(%s, array[%s])", [account, tombstone.call])

    @contextmanager
    def _as(self, role: str) -> Iterator[None]:
        self.connection.execute("select set_config('role', %s, true)", [role])
        yield
        self.connection.execute("select set_config('role', 'postgres', true)")

    def _all(self, query: str) -> list[Any]:
        return [row[0] for row in self.connection.execute(query.encode())]


def _one(connection: psycopg.Connection[Any], query: str, *arguments: Any) -> UUID:
    row = connection.execute(query.encode(), arguments).fetchone()
    assert row is not None
    one: UUID = row[0]
    return one
