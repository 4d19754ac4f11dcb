"""What organizations have besides people and calls: for each word of the matrix there are rows it means, and others."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.isolation.maker import Maker, Number

CALLER: Final = "+12125550199"
"""Whose calls, messages and voicemails they all are."""
MISSED_CALLER: Final = "+12125550180"
"""Who was missed on the line given to the agent and the manager."""
LONG_BEFORE: Final = datetime(2019, 1, 1, tzinfo=UTC)
COUNTS: Final = (
    *("offered", "answered", "voicemail", "missed", "known_waits", "known_answered_waits", "known_missed_waits"),
    *("answered_in_time", "short_abandons", "answered_wait_seconds", "missed_wait_seconds", "known_talks"),
    *("talk_seconds", "very_short", "known_durations", "duration_seconds", "dropped", "transferred", "outbound"),
    *("outbound_connected", "known_outbound_talks", "outbound_talk_seconds"),
)
UNREADABLE: Final = {"EventType": "Novelty"}
"""A delivery that is ignored when it is read again."""

Calls = Mapping[tuple[str, str | None], UUID]
"""By line, and by who handled them."""

FIRST_ID: Final = 7_000_001
"""Ids that are numbers begin where nothing else of an answer looks like them."""


class Contents:
    """Makes one organization's rows after the other's."""

    def __init__(self, maker: Maker, platform_integration: UUID, platform_admin: UUID) -> None:
        self._maker = maker
        self._put = maker.put
        self._platform_integration = platform_integration
        self._platform_admin = platform_admin
        self._ids = count(FIRST_ID)
        self._now = datetime.now(UTC)

    def of_organization(
        self,
        name: str,
        org_id: UUID,
        integrations: tuple[UUID, UUID],
        lines: Mapping[str, UUID],
        members: Mapping[str, tuple[UUID, UUID]],
        calls: Calls,
    ) -> None:
        """Make everything of an organization, whose integrations are one in use and one switched off.

        Members are their users and memberships.
        """
        integration, disabled = integrations
        users = {who: user for who, (user, _) in members.items()}
        ids = {who: member for who, (_, member) in members.items()}
        self._recordings(calls)
        self._voicemails(name, org_id, lines, ids, calls)
        self._messages(org_id, integration, lines, users, ids)
        self._placed_calls(org_id, lines, users, calls)
        self._said_of_calls(name, org_id, users, calls)
        self._contacts(name, org_id, integration)
        self._team(name, org_id, (integration, disabled), users, ids)
        self._calls_of_now(lines, ids)
        self._missed_callers(org_id, lines, ids)
        self._counted(org_id, lines, ids)
        self._papers(org_id, {**users, "platform_admin": self._platform_admin})
        self._watched(org_id, users)
        for reference in ("R-1", "R-2"):
            self._put("public.payments", org_id=org_id, paid_at=self._now, amount_cents=9900, reference=reference)
        for account in (integration, self._platform_integration):
            self._deliveries(org_id, account)
        self._rejected_item(org_id, integration)
        self._put("private.webhook_tokens", token_hash=uuid4().bytes * 2, org_id=org_id, integration_id=integration)
        for purpose in ("api_key", "webhook_secret"):
            self._put(
                "private.integration_credentials",
                org_id=org_id,
                integration_id=integration,
                purpose=purpose,
                key_id="key",
                sealed=bytes(96),
            )

    def of_nobody(self, org_id: str, calls: list[UUID]) -> None:
        """Make what belongs to the holding organization."""
        account = self._platform_integration
        for call in calls:
            self._recording(call)
            self._put("public.call_notes", org_id=org_id, call_id=call, body="Whose?", author=self._platform_admin)
            self._put("public.call_annotations", org_id=org_id, call_id=call, tags=["whose"])
        self._put("public.outcome_codes", org_id=org_id, code="lost", label="Lost")
        self._contacts("Nobody", org_id, account)
        number = Number(account, None, "+12125550198")
        self._message(org_id, None, None, number, "inbound")
        self._voicemail(org_id, number, {})
        self._put("public.extensions", org_id=org_id, integration_id=account, extension="900", listed_since=self._now)
        self._status(org_id, account, "900", None, 0)
        self._deliveries(org_id, account)
        self._rejected_item(org_id, account)

    def _calls_of_now(self, lines: Mapping[str, UUID], members: Mapping[str, UUID]) -> None:
        for line, handled_by in (("given", None), ("own", None), ("other", None), ("other", "agent")):
            call = self._maker.call(lines[line], members[handled_by] if handled_by else None, self._now)
            self._maker.execute("update public.calls set outcome = null, answered_at = now() where id = %s", call)

    def _missed_callers(self, org_id: UUID, lines: Mapping[str, UUID], members: Mapping[str, UUID]) -> None:
        for number, line, handled_by, owner in (
            (MISSED_CALLER, "given", None, None),
            ("+12125550181", "own", None, None),
            ("+12125550182", "other", None, "colleague"),
            ("+12125550183", "other", "agent", None),
        ):
            call = self._maker.call(lines[line], members[handled_by] if handled_by else None, self._now)
            self._maker.execute(
                "update public.calls set outcome = 'missed', external_number = %s where id = %s", number, call
            )
            self._put(
                "public.missed_caller_work",
                org_id=org_id,
                external_number=number,
                missed_at=self._now,
                owner_id=members[owner] if owner else None,
                note="Call back.",
            )

    def _counted(self, org_id: UUID, lines: Mapping[str, UUID], members: Mapping[str, UUID]) -> None:
        """Make counts of calls, of long before there were any."""
        nothing = dict.fromkeys(COUNTS, 0)
        told: list[tuple[str, UUID | None, UUID | None]] = [
            ("organization", None, None),
            *(("line", lines[line], None) for line in ("given", "own", "other")),
            ("member", lines["given"], members["colleague"]),
            *(("member", lines["other"], members[who]) for who in ("agent", "manager", "colleague")),
        ]
        for level, line, member in told:
            self._put(
                "private.call_rollups",
                org_id=org_id,
                level=level,
                grain="day",
                line_id=line,
                member_id=member,
                bucket_start=LONG_BEFORE,
                **nothing,
            )

    def _papers(self, org_id: UUID, users: Mapping[str, UUID]) -> None:
        """Make documents, schedules of reports and what came of them, and what people were told."""
        for who in ("viewer", "agent", "manager", "org_admin", "deactivated", "platform_admin"):
            document = self._document(org_id, users[who], "stored")
            run = uuid4()
            self._put(
                "public.report_runs",
                id=run,
                org_id=org_id,
                owner_id=users[who],
                name="A report",
                is_manual=True,
                recipients=["somebody@example.com"],
                document_ids=[document],
                state="sent",
            )
            self._put(
                "public.report_deliveries", run_id=run, org_id=org_id, recipient="somebody@example.com", state="sent"
            )
            self._put(
                "public.notifications",
                user_id=users[who],
                org_id=org_id,
                kind="report_failed",
                title="A report was not sent",
                body="It rains.",
            )
        self._document(org_id, users["manager"], "queued")
        for who in ("manager", "org_admin", "deactivated", "platform_admin"):
            self._put(
                "public.report_schedules",
                org_id=org_id,
                owner_id=users[who],
                name="Every day",
                report="days",
                frequency="daily",
                enabled=False,
            )

    def _document(self, org_id: UUID, owner: UUID, state: str) -> UUID:
        document = uuid4()
        described = {"size_bytes": 5, "sha256": bytes(32), "stored_at": self._now} if state == "stored" else {}
        self._put(
            "public.documents",
            id=document,
            org_id=org_id,
            owner_id=owner,
            report="days",
            format="csv",
            parameters=Jsonb({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}),
            state=state,
            title="Days",
            **described,
        )
        self._put("private.document_files", document_id=document, has_object=state == "stored")
        if state == "stored":
            self._maker.execute("insert into storage.objects (bucket_id, name) values ('reports', %s)", str(document))
        return document

    def _watched(self, org_id: UUID, users: Mapping[str, UUID]) -> None:
        """Make alert rules, each with an episode."""
        for who in ("manager", "org_admin", "deactivated"):
            rule = uuid4()
            self._put(
                "public.alert_rules",
                id=rule,
                org_id=org_id,
                owner_id=users[who],
                name="Long waits",
                kind="queue",
                threshold=9,
            )
            self._put(
                "public.alerts",
                org_id=org_id,
                rule_id=rule,
                kind="queue",
                raised_at=self._now,
                value=9,
                worst_value=9,
                threshold=9,
                title="Many wait",
            )

    def _recordings(self, calls: Calls) -> None:
        for (line, handled_by), call in calls.items():
            match line, handled_by:
                case "other", "deactivated":
                    self._maker.make("recording", call)
                case "other", None:
                    recording = self._maker.make("recording", call)
                    self._maker.execute(
                        "update public.recordings set state = 'failed', reason = 'It is gone.' where id = %s", recording
                    )
                case _:
                    self._recording(call)

    def _recording(self, call: UUID) -> None:
        self._maker.make("stored", self._maker.make("recording", call))

    def _voicemails(
        self, name: str, org_id: UUID, lines: Mapping[str, UUID], members: Mapping[str, UUID], calls: Calls
    ) -> None:
        for line, known in (
            ("given", {}),
            ("own", {}),
            ("other", {}),
            ("other", {"call_id": calls["other", "agent"], "member_ids": [members["agent"]]}),
            ("other", {"extension": f"{name} manager", "member_ids": [members["manager"]]}),
        ):
            number = self._maker.number_of(lines[line])
            self._voicemail(org_id, number, {"line_id": lines[line], **known})

    def _voicemail(self, org_id: UUID | str, number: Number, known: Mapping[str, Any]) -> None:
        voicemail = uuid4()
        self._put(
            "public.voicemails",
            id=voicemail,
            org_id=org_id,
            integration_id=number.account,
            provider_voicemail_id=str(voicemail),
            phone_number_id=number.id,
            business_number=number.e164,
            external_number=CALLER,
            received_at=self._now,
            transcription="Call me back.",
            **known,
        )
        recording = uuid4()
        self._maker.execute(
            "select private.keep_recording(%s, %s, %s, 'voicemail', null, %s, %s, %s, 'inbound', %s, %s, 20, null)",
            *(recording, org_id, number.account, voicemail, known.get("line_id"), known.get("member_ids", [])),
            *(CALLER, self._now),
        )
        self._maker.make("stored", recording)

    def _messages(
        self,
        org_id: UUID,
        integration: UUID,
        lines: Mapping[str, UUID],
        users: Mapping[str, UUID],
        members: Mapping[str, UUID],
    ) -> None:
        for line, owner in (("given", "agent"), ("own", "manager"), ("other", "colleague")):
            conversation = uuid4()
            number = self._maker.number_of(lines[line])
            self._put(
                "public.conversations",
                id=conversation,
                org_id=org_id,
                line_id=lines[line],
                external_number=CALLER,
                owner_id=members[owner],
                last_message_at=self._now,
                unread_count=1,
            )
            self._message(org_id, lines[line], conversation, number, "inbound")
            self._message(org_id, lines[line], conversation, number, "outbound", users[owner])
        self._message(org_id, None, None, Number(integration, None, "+12125550198"), "inbound")

    def _message(
        self,
        org_id: UUID | str,
        line: UUID | None,
        conversation: UUID | None,
        number: Number,
        direction: str,
        sent_by: UUID | None = None,
    ) -> None:
        self._put(
            "public.messages",
            id=uuid4(),
            org_id=org_id,
            integration_id=number.account,
            phone_number_id=number.id,
            line_id=line,
            conversation_id=conversation,
            direction=direction,
            business_number=number.e164,
            external_number=CALLER,
            body="Hello",
            state="received" if direction == "inbound" else "delivered",
            sent_at=self._now,
            sent_by=sent_by,
        )

    def _placed_calls(self, org_id: UUID, lines: Mapping[str, UUID], users: Mapping[str, UUID], calls: Calls) -> None:
        for line, by in (("given", "agent"), ("own", "manager"), ("other", "colleague")):
            number = self._maker.number_of(lines[line])
            self._put(
                "public.placed_calls",
                id=uuid4(),
                org_id=org_id,
                integration_id=number.account,
                line_id=lines[line],
                business_number=number.e164,
                external_number=CALLER,
                state="placed",
                requested_by=users[by],
                call_id=calls[line, None],
            )

    def _said_of_calls(self, name: str, org_id: UUID, users: Mapping[str, UUID], calls: Calls) -> None:
        notes: dict[tuple[str, str | None], tuple[str, ...]] = {
            ("given", None): ("agent", "manager", "org_admin"),
            ("given", "colleague"): ("colleague",),
            ("own", None): ("manager", "agent"),
            ("other", None): ("manager", "deactivated"),
            ("other", "agent"): ("agent", "colleague"),
            ("other", "manager"): ("manager",),
        }
        for call, authors in notes.items():
            for author in (self._platform_admin, *(users[who] for who in authors)):
                self._put("public.call_notes", org_id=org_id, call_id=calls[call], body="A note", author=author)
            self._put("public.call_annotations", org_id=org_id, call_id=calls[call], tags=["urgent"])
        for code in ("sale", "spam", f"only_{name.lower()}"):
            self._put("public.outcome_codes", org_id=org_id, code=code, label=code.title())

    def _contacts(self, name: str, org_id: UUID | str, account: UUID) -> None:
        self._put("public.contacts", org_id=org_id, own_name=f"{name}'s customer", own_numbers=[CALLER, MISSED_CALLER])
        for number, removed_at in (("+12125550197", None), ("+12125550196", self._now)):
            self._put(
                "public.contacts",
                org_id=org_id,
                integration_id=account,
                provider_contact_id=f"{name} {number}",
                provider_name=f"{name}'s supplier",
                provider_numbers=[number],
                removed_at=removed_at,
            )

    def _team(
        self,
        name: str,
        org_id: UUID,
        accounts: tuple[UUID, UUID],
        users: Mapping[str, UUID],
        members: Mapping[str, UUID],
    ) -> None:
        in_use, disabled = accounts
        for account, extension, said in (
            (in_use, f"{name} agent", {"name": "Whoever"}),
            (disabled, "501", {"name": f"{name}'s agent"}),
            (disabled, "502", {"email": f"{users['colleague']}@example.com"}),
            (disabled, "503", {"name": f"{name}'s viewer", "unlisted_at": self._now}),
            (disabled, "504", {"name": f"{name}'s dormant"}),
        ):
            self._put(
                "public.extensions",
                org_id=org_id,
                integration_id=account,
                extension=extension,
                listed_since=self._now,
                **said,
            )
        self._status(org_id, in_use, f"{name} agent", members["agent"], 0)
        self._status(org_id, in_use, f"{name} colleague", members["colleague"], 5)
        self._status(org_id, self._platform_integration, f"{name} manager", members["manager"], 0)

    def _status(self, org_id: UUID | str, account: UUID, extension: str, member: UUID | None, hours_ago: int) -> None:
        last = self._now - timedelta(hours=hours_ago)
        self._put(
            "public.agent_statuses",
            org_id=org_id,
            integration_id=account,
            extension=extension,
            member_id=member,
            status="available",
            since=last - timedelta(minutes=20),
            observed_through=last,
        )

    def _deliveries(self, org_id: UUID | str, account: UUID) -> None:
        for status, error in (("failed", "It was not understood then."), ("ignored", None)):
            event = next(self._ids)
            self._put(
                "private.webhook_events",
                id=event,
                org_id=org_id,
                integration_id=account,
                dedupe_key=str(event),
                received_at=self._now,
                status=status,
                error=error,
                payload=Jsonb(UNREADABLE),
            )

    def _rejected_item(self, org_id: UUID | str, account: UUID) -> None:
        self._put(
            "private.rejected_items",
            id=next(self._ids),
            org_id=org_id,
            integration_id=account,
            resource="calls",
            item_hash=uuid4().bytes,
            item="{}",
            reason="It has no id.",
            rejected_at=self._now,
        )
