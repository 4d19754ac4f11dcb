"""The database beside the simulator's truth, and what differs, told so that one can read it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.chaos.breaker import SKEW_SECONDS
from tests.chaos.expectation import Line, Owners, Told, expected_call, instant, plainly_true, told
from tests.chaos.week import FETCHED_ONE_IN, Side, Week

_SHOWN = 10
_CALLS = (
    "select c.provider_call_id, c.org_id, c.line_id, direction, business_number, external_number, external_name,"
    " started_at, arrived_at, rang_at, answered_at, ended_at, outcome, is_dropped, provider_status, wait_seconds,"
    " talk_seconds, duration_seconds, transfer_count::int, member_ids, deleted_at is not null as is_deleted, l.legs"
    " from public.calls c"
    " cross join lateral (select coalesce(jsonb_object_agg(extension, jsonb_build_object("
    "   'name', name, 'is_connected', is_connected, 'rang_at', rang_at, 'answered_at', answered_at,"
    "   'ended_at', ended_at, 'talk_seconds', talk_seconds, 'member_id', member_id)), '{}') as legs"
    "   from public.legs where call_id = c.id) l"
    " where c.integration_id = %s"
)
_LEG_TIMES = ("rang_at", "answered_at", "ended_at")


@dataclass
class Findings:
    """What differs, by kind; and what was counted, to show that there was something to compare."""

    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, what: object) -> None:
        """Remember a difference."""
        self.differences[kind].append(str(what))

    def compare(self, kind: str, key: object, expected: Any, found: Any) -> None:
        """Remember where two values differ, which field by field if they have fields."""
        if expected == found:
            return
        if isinstance(expected, Mapping) and isinstance(found, Mapping):
            for name in sorted(expected.keys() | found.keys(), key=str):
                if expected.get(name) != found.get(name):
                    difference = f"{key}: true is {expected.get(name)!r}, found was {found.get(name)!r}"
                    self.note(f"{kind}: {name}", difference)
        else:
            self.note(kind, f"{key}: true is {expected!r}, found was {found!r}")

    def sets(self, kind: str, expected: Iterable[Any], found: Iterable[Any]) -> None:
        """Remember what is missing and what is too much, of things that may be there several times."""
        should, does = Counter(list(expected)), Counter(list(found))
        for each in (should - does).elements():
            self.note(f"{kind}: missing", each)
        for each in (does - should).elements():
            self.note(f"{kind}: too many", each)

    def __str__(self) -> str:
        parts = []
        for kind, found in sorted(self.differences.items()):
            parts.append(f"{kind} ({len(found)})")
            parts += [f"    {each}" for each in found[:_SHOWN]]
        return "\n".join(parts)


@dataclass
class Comparison:
    """One account's rows beside what is true of it."""

    week: Week
    side: Side
    findings: Findings

    def __post_init__(self) -> None:
        self.truth = self.week.provider.truth(
            self.side.api_key,
            "calls", "messages", "voicemails", "recordings", "contacts", "team", "numbers", "requests", "asked",
        )  # fmt: skip
        # What was going on when the week ended goes on now: it is listed in minutes, and nobody waits for it.
        self.unfinished = {
            call["id"]
            for call in self.truth["calls"]
            if call["origin"] == "plan" and instant(call["ended_at"]) + timedelta(seconds=2) >= self.week.opened_at
        }
        lines = self.week.query(
            "select l.id, l.org_id, l.e164 as number, lower(l.period) as start, upper(l.period) as end"
            " from public.lines l join public.phone_numbers n on n.id = l.phone_number_id where n.integration_id = %s",
            self.side.integration_id,
        )
        holder = self._query("select org_id from public.integrations where id = %s")[0]["org_id"]
        self.owners = Owners([Line(**line) for line in lines], holder)
        self.holder: UUID = holder

    def whole(self) -> None:
        """Compare everything."""
        kept = self._raw_log()
        self._calls(kept)
        self._messages()
        self._voicemails()
        self._recordings()
        self._lists()
        self._sent()
        self._quota()

    def _query(self, statement: str) -> list[dict[str, Any]]:
        return self.week.query(statement, self.side.integration_id)

    def _raw_log(self) -> dict[str, datetime | None]:
        """The time that each kept event claims; nothing that was acknowledged is missing, nothing is invented."""
        rows = self._query(
            "select replace(dedupe_key, 'guid:', '') as guid, status, payload ->> 'Timestamp' as told,"
            " payload ->> 'ApiKey' like 'chaos%%' as tells"
            " from private.webhook_events where integration_id = %s"
        )
        kept = {row["guid"]: instant(row["told"]) for row in rows}
        true_events: dict[str, tuple[str, datetime]] = {}
        acknowledged = set()
        for thing in [*self.truth["calls"], *self.truth["messages"]]:
            for event in thing["deliveries"]:
                true_events[event["guid"]] = (event["type"], instant(event["at"]))
                self.findings.counts[f"events {event['outcome']}"] += 1
                if event["outcome"] == "delivered":
                    acknowledged.add(event["guid"])
                if event["outcome"] == "lost" and event["guid"] in kept:
                    self.findings.note("raw log: never sent, and there", event)
        self.findings.sets("raw log: acknowledged", acknowledged - kept.keys(), [])
        self.findings.sets("raw log: never told", [], kept.keys() - true_events.keys())
        for row in rows:
            if row["status"] not in ("applied", "ignored"):
                self.findings.note("raw log: not applied", row)
            if row["tells"]:
                self.findings.note("raw log: tells the API key", row["guid"])
            event_type, at = true_events.get(row["guid"], ("", instant(row["told"])))
            skew = (instant(row["told"]) - at).total_seconds()
            self.findings.counts["events skewed"] += skew != 0
            if skew and (skew != SKEW_SECONDS or "Ringing" not in event_type):
                self.findings.note("raw log: another time", f"{row['dedupe_key']} {event_type}: {skew} s")
        self.findings.counts["events kept"] += len(kept)
        return dict(kept)

    def _calls(self, kept: Mapping[str, datetime | None]) -> None:
        holders = {
            (row["extension"], row["org_id"]): row["member_id"]
            for row in self._query(
                "select extension, org_id, member_id from public.member_extensions where integration_id = %s"
            )
        }
        found = {row.pop("provider_call_id"): row for row in self._query(_CALLS)}
        for row in found.values():
            row["member_ids"] = sorted(row["member_ids"])
            for leg in row["legs"].values():
                leg["member_id"] = leg["member_id"] and UUID(leg["member_id"])
                for name in _LEG_TIMES:
                    leg[name] = leg[name] and instant(leg[name])
        expected = {}
        for call_id in self.unfinished:
            found.pop(call_id, None)
        for call in self.truth["calls"]:
            if call["id"] in self.unfinished:
                continue
            events = [_told(event, kept) for event in call["deliveries"] if event["guid"] in kept]
            known = [event for event in events if event]
            if call["history"] is None and call["deleted_at"] is None:
                self.findings.note("calls: not listed yet", call["id"])
            expected[call["id"]] = expected_call(call, known, self.owners, lambda *who: holders.get(who))
            self._count(call, known)
            if call["id"] in found and _all_came(call, kept):
                self._plainly(call, found[call["id"]])
        self.findings.sets("calls", expected.keys(), found.keys())
        for call_id in expected.keys() & found.keys():
            legs, true_legs = found[call_id].pop("legs"), expected[call_id].pop("legs")
            if expected[call_id]["is_deleted"]:
                # What a deleted call's placing agent was called is listed no more.
                for each in [*legs.values(), *true_legs.values()]:
                    each.pop("name")
            self.findings.compare("calls", call_id, expected[call_id], found[call_id])
            self.findings.sets(f"legs of {call_id}", true_legs.keys(), legs.keys())
            for extension in legs.keys() & true_legs.keys():
                key = f"{call_id}/{extension}"
                self.findings.compare("legs", key, true_legs[extension], legs[extension])

    def _plainly(self, call: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """A call of which everything was told has the times that it truly had."""
        self.findings.counts["calls told whole"] += 1
        found = {
            **{name: row[name] for name in ("arrived_at", "rang_at", "answered_at")},
            "is_transferred": row["transfer_count"] > 0,
            "answered_by": sorted(extension for extension, leg in row["legs"].items() if leg["is_connected"]),
        }
        self.findings.compare("calls told whole", call["id"], plainly_true(call), found)

    def _count(self, call: Mapping[str, Any], known: list[Told]) -> None:
        self.findings.counts["calls"] += 1
        self.findings.counts["calls told of"] += bool(known)
        self.findings.counts["calls deleted"] += call["deleted_at"] is not None
        self.findings.counts["calls corrected"] += call["changed_at"] is not None

    def _messages(self) -> None:
        rows = self._query(
            "select direction, business_number, external_number, body, sent_at, state, failure_reason, org_id, line_id"
            " from public.messages where integration_id = %s"
        )
        expected = []
        for message in self.truth["messages"]:
            at = instant(message["created_at"])
            line = self.owners.line_at(message["number"], at)
            is_inbound = message["direction"] == "Inbound"
            expected.append(
                (
                    message["direction"].lower(),
                    message["number"],
                    message["outside"]["phone"],
                    message["text"],
                    at,
                    "received" if is_inbound else message["status"].lower(),
                    message["failure"],
                    line.org_id if line else self.holder,
                    line and line.id,
                )
            )
        # What never reached the provider is not among its messages; _sent looks at it.
        bodies = {message["text"] for message in self.truth["messages"]}
        ours = {wish.body for wish in self.week.wishes}
        found = [tuple(row.values()) for row in rows if row["body"] in bodies or row["body"] not in ours]
        self.findings.sets("messages", expected, found)
        self.findings.counts["messages"] += len(expected)

    def _voicemails(self) -> None:
        rows = self._query(
            "select v.provider_voicemail_id, v.business_number, v.external_number, v.received_at, v.transcription,"
            " v.org_id, v.line_id, c.provider_call_id from public.voicemails v"
            " left join public.calls c on c.org_id = v.org_id and c.id = v.call_id"
            " where v.integration_id = %s and v.unlisted_at is null"
        )
        unfinished = {each["id"] for each in self.truth["voicemails"] if each["of_call"] in self.unfinished}
        starts = {call["id"]: call for call in self.truth["calls"]}
        expected = []
        for voicemail in self.truth["voicemails"]:
            if voicemail["id"] in unfinished:
                continue
            # It goes with its call, to whom the number was when that began.
            call = starts.get(voicemail["of_call"] or "")
            at = instant(call["started_at"] if call else voicemail["received_at"])
            line = self.owners.line_at(voicemail["number"], at)
            is_named = voicemail["call_id"] or not (call and call["deleted_at"])
            expected.append(
                (
                    voicemail["id"],
                    voicemail["number"],
                    voicemail["outside"]["phone"],
                    instant(voicemail["received_at"]),
                    voicemail["transcription"],
                    line.org_id if line else self.holder,
                    line and line.id,
                    voicemail["of_call"] if is_named else None,
                )
            )
        found = [tuple(row.values()) for row in rows if row["provider_voicemail_id"] not in unfinished]
        self.findings.sets("voicemails", expected, found)
        self.findings.counts["voicemails"] += len(expected)

    def _recordings(self) -> None:
        """Which there are, whose they are; and of those that were fetched, the audio as Storage gives it."""
        rows = self._query(
            "select r.id, r.kind, r.state, r.reason, r.org_id, r.size_bytes, encode(r.sha256, 'hex') as sha256,"
            " coalesce(c.provider_call_id, v.provider_voicemail_id) as of, s.next_attempt_at = 'infinity' as is_left,"
            " coalesce(c.org_id, v.org_id) as owner, c.deleted_at is not null as is_gone"
            " from public.recordings r join private.recording_sources s on s.recording_id = r.id"
            " left join public.calls c on c.org_id = r.org_id and c.id = r.call_id"
            " left join public.voicemails v on v.org_id = r.org_id and v.id = r.voicemail_id"
            " where r.integration_id = %s"
        )
        true_ones = {(each["kind"], each["of"]): each for each in self.truth["recordings"]}
        found = {(row["kind"], row["of"]): row for row in rows}
        gone = {key for key, row in found.items() if row["is_gone"]}
        gone |= {key for key, each in true_ones.items() if each["call_id"] in self.unfinished}
        gone |= {("call", call_id) for call_id in self.unfinished}
        self.findings.sets("recordings", true_ones.keys() - gone, found.keys() - gone)
        with httpx.Client(headers={"apikey": self.week.database.keys.secret_key}, trust_env=False) as http:
            for key in sorted(true_ones.keys() & found.keys() - gone, key=str):
                row, true_one = found[key], true_ones[key]
                self.findings.counts["recordings"] += 1
                if row["owner"] != row["org_id"]:
                    self.findings.note("recordings: another owner", row)
                if row["is_left"] and row["state"] == "waiting":
                    continue
                content = http.get(f"{self.week.storage_url}/object/recordings/{row['id']}").content
                expected = ("stored", true_one["size_bytes"], true_one["sha256"], true_one["sha256"])
                stored = (row["state"], row["size_bytes"], row["sha256"], hashlib.sha256(content).hexdigest())
                self.findings.compare("recordings: audio", (*key, row["reason"]), expected, stored)
                self.findings.counts["recordings fetched"] += stored == expected
        if len(rows) > 40 * FETCHED_ONE_IN and not self.findings.counts["recordings fetched"]:
            self.findings.note("recordings: none fetched", self.side.api_key)

    def _lists(self) -> None:
        """Contacts, team and numbers as they are listed now."""
        for kind, statement, expected in (
            (
                "contacts",
                "select provider_contact_id, provider_name, provider_company, provider_email, org_id,"
                " array_to_string(array(select unnest(provider_numbers) order by 1), ' ')"
                " from public.contacts where integration_id = %s and unlisted_at is null",
                [
                    (
                        each["id"],
                        each["name"],
                        each["company"],
                        each["email"],
                        self.holder,
                        " ".join(sorted(each["phones"])),
                    )
                    for each in self.truth["contacts"]
                ],
            ),
            (
                "team",
                "select extension, name, org_id from public.extensions where integration_id = %s"
                " and unlisted_at is null",
                [(agent["extension"], agent["name"], self.holder) for agent in self.truth["team"]],
            ),
            (
                "numbers",
                "select e164, label, is_enabled from public.phone_numbers where integration_id = %s",
                [(each["e164"], each["label"], each["is_enabled"]) for each in self.truth["phone_numbers"]],
            ),
        ):
            self.findings.sets(kind, expected, [tuple(row.values()) for row in self._query(statement)])
            self.findings.counts[kind] += len(expected)

    def _sent(self) -> None:
        """What people asked for reached the provider once, or not at all; and what we say of it is so."""
        asked = Counter[tuple[str, str]]()
        for each in self.truth["asked"]:
            wanted = each["asked"]
            to = wanted["to"]
            asked[(to[0] if isinstance(to, list) else to, wanted.get("message", ""))] += 1
        for (recipient, body), count in asked.items():
            if count > 1:
                self.findings.note("sent twice", f"{body} to {recipient}: {count} times")
        rows = self._query(
            "select external_number, body, state, failure_reason as reason from public.messages"
            " where integration_id = %s and sent_by is not null"
        ) + self._query(
            "select external_number, '' as body, state, reason from public.placed_calls where integration_id = %s"
        )
        is_ours = {side.integration_id: numbers for side, numbers in self._numbers_of_sides()}
        wishes = [w for w in self.week.wishes if w.line_number in is_ours[self.side.integration_id]]
        self.findings.sets("asked for", [(w.recipient, w.body if w.kind == "message" else "") for w in wishes],
                           [(row["external_number"], row["body"]) for row in rows])  # fmt: skip
        for row in rows:
            has_arrived = asked[(row["external_number"], row["body"])] > 0
            self.findings.counts[f"wishes {row['state']}"] += 1
            # Whatever was unconfirmed for a while, the journal and the history have settled it.
            says = {True: ("sent", "delivered", "failed", "placed"), False: ("failed",)}[has_arrived]
            if row["state"] not in says:
                self.findings.note(f"wishes: {'arrived' if has_arrived else 'never arrived'}", row)

    def _numbers_of_sides(self) -> list[tuple[Side, set[str]]]:
        found = []
        for side in self.week.sides:
            rows = self.week.query(
                "select e164 from public.phone_numbers where integration_id = %s", side.integration_id
            )
            found.append((side, {row["e164"] for row in rows}))
        return found

    def _quota(self) -> None:
        for day in self.truth["requests"]:
            if day["refused"]:
                self.findings.note("requests beyond the provider's limit", day)
            self.findings.counts["requests answered"] += day["used"]
            ours = self.week.query(
                "select used, quota from private.provider_quota where api_key_hash = %s and day = %s",
                hashlib.sha256(self.side.api_key.encode()).digest(),
                day["day"],
            )
            if not ours or not day["used"] <= ours[0]["used"] <= ours[0]["quota"]:
                self.findings.note("requests counted", f"{day} at the provider, {ours} here")


def _told(event: Mapping[str, Any], kept: Mapping[str, datetime | None]) -> Told | None:
    return told(event["type"], event["extension"], kept[event["guid"]] or instant(event["at"]))


def _all_came(call: Mapping[str, Any], kept: Mapping[str, datetime | None]) -> bool:
    """Whether every event of a call came with its right time, and nobody corrected the call afterwards."""
    return (
        bool(call["deliveries"])
        and call["changed_at"] is None
        and all(kept.get(event["guid"]) == instant(event["at"]) for event in call["deliveries"])
    )


def trail(week: Week, findings: Findings) -> None:
    """The audit trails of both organizations and of the operator are whole."""
    holding = week.query("select private.holding_org_id() as id")[0]["id"]
    for org_id in (week.acme, week.globex, holding):
        (state,) = week.query("select * from private.check_audit_chain(%s)", org_id)
        findings.counts["audit seals"] += state["sealed"]
        if state["problem"] or state["unsealed"]:
            findings.note("audit chain", f"{org_id}: {state}")


def strangers(week: Week, findings: Findings) -> None:
    """Nothing that hangs together hangs across organizations; what is an organization's own account's is its own."""
    checks = {
        "a line of somebody else": "select c.id from public.calls c join public.lines l on l.id = c.line_id"
        " where l.org_id <> c.org_id",
        "a call on another's line": "select c.id from public.calls c join public.lines l"
        " on l.phone_number_id = c.phone_number_id and l.period @> c.started_at where l.org_id <> c.org_id",
        "legs": "select l.id from public.legs l join public.calls c on c.id = l.call_id where l.org_id <> c.org_id",
        "members": "select c.id from public.calls c cross join unnest(c.member_ids) m"
        " join public.org_members o on o.id = m where o.org_id <> c.org_id",
        "another's account": "select c.id from public.calls c join public.integrations i on i.id = c.integration_id"
        " where i.org_id <> private.holding_org_id() and c.org_id <> i.org_id",
        "conversations": "select m.id from public.messages m join public.conversations c on c.id = m.conversation_id"
        " where c.org_id <> m.org_id or c.line_id <> m.line_id or c.external_number <> m.external_number",
        "messages": "select m.id from public.messages m join public.lines l"
        " on l.phone_number_id = m.phone_number_id and l.period @> m.sent_at where l.org_id <> m.org_id",
    }
    for kind, statement in checks.items():
        for row in week.query(statement):
            findings.note(f"of another organization: {kind}", row["id"])


def rebuilt(week: Week, findings: Findings) -> None:
    """Written anew from the raw log and the statements, the calls are the same rows."""
    tables = {
        "calls": "select to_jsonb(c) - 'created_at' - 'updated_at' as row from public.calls c"
        " where c.integration_id = %s",
        "legs": "select to_jsonb(l) - 'created_at' - 'updated_at' as row from public.legs l"
        " join public.calls c on c.id = l.call_id where c.integration_id = %s",
    }
    for side in week.sides:
        before = {name: week.query(statement, side.integration_id) for name, statement in tables.items()}
        week.query("select private.rebuild_calls(%s)", side.integration_id)
        for name, statement in tables.items():
            after = {row["row"]["id"]: row["row"] for row in week.query(statement, side.integration_id)}
            for row in before[name]:
                findings.compare(f"rebuilt {name}", row["row"]["id"], row["row"], after.pop(row["row"]["id"], None))
            findings.sets(f"rebuilt {name}", [], after)
