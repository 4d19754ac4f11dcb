"""What has happened around the calls that the examples of docs/api.md are about, told as MightyCall would tell it."""

import hashlib
import json
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg
from psycopg.types.json import Jsonb

from tests.support.programs import Door

CUSTOMER: Final = "+12125550199"
OPTED_OUT: Final = "+12125550198"
OUT_OF_SERVICE: Final = "+12125550197"
LINE: Final = "+12125550101"

AUDIO: Final = b"RIFF4\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0@\x1f\0\0@\x1f\0\0\x01\0\x08\0data\x10\0\0\0" + b"@" * 16

_LINK: Final = "https://audio.example/{}"


class Props:
    """Puts there what Acme has besides calls: audio, messages, people outside, deliveries, what people wrote."""

    def __init__(
        self, connection: psycopg.Connection[Any], *, org_id: UUID, platform_account: UUID, own_account: UUID
    ) -> None:
        self._connection = connection
        self._org_id = org_id
        self._platform_account = platform_account
        self._own_account = own_account

    def all(self, call_id: UUID, author: UUID) -> dict[str, str]:
        """Put all of it there, and return what variables stand for."""
        self._texts()
        self._people_outside()
        self._team()
        self._words(call_id, author)
        self._placed_call(author)
        self._apply("voicemails", self._platform_account, _VOICEMAIL)
        return {
            "RECORDING_ID": self._recording(call_id),
            "VOICEMAIL_ID": self._one("select id from public.voicemails where org_id = %s"),
            "CONVERSATION_ID": self._one(
                "select id from public.conversations where org_id = %s and external_number = %s", CUSTOMER
            ),
            "CONTACT_ID": self._one("select id from public.contacts where org_id = %s"),
            "NOTE_ID": self._one("select id from public.call_notes where org_id = %s"),
            "EVENT_ID": self._event(),
        }

    def _texts(self) -> None:
        for minute, origin, number, text, status in (
            (10, "Inbound", CUSTOMER, "Are you open on Friday?", "Delivered"),
            (12, "Outbound", CUSTOMER, "We are, from nine to five.", "Delivered"),
            (15, "Outbound", OUT_OF_SERVICE, "Your order has left.", "Failed"),
            (20, "Inbound", OPTED_OUT, "STOP", "Delivered"),
        ):
            self._apply(
                "messages",
                self._platform_account,
                {
                    "requestGuid": f"message-{minute}",
                    "type": "Message",
                    "origin": origin,
                    "businessNumber": {"number": LINE},
                    "client": {"address": number},
                    "text": text,
                    "created": f"2025-03-03T09:{minute}:00Z",
                    "messageDeliveryStatus": status,
                    "failureReason": "The number is not in service." if status == "Failed" else None,
                },
            )

    def _people_outside(self) -> None:
        self._apply("contacts", self._own_account, {"id": "c-1", "name": "Eve Ericson", "phones": [CUSTOMER]})

    def _team(self) -> None:
        self._apply(
            "team",
            self._own_account,
            {"extension": "101", "name": "Bob Baker", "email": "bob@acme.example"},
            {"extension": "102", "name": "Ann Archer", "email": "office@acme.example"},
        )
        self._apply(
            "agent_status", self._own_account, {"extension": "101", "status": "Available", "isAccountUser": True}
        )

    def _words(self, call_id: UUID, author: UUID) -> None:
        self._run(
            "insert into public.outcome_codes (org_id, code, label) values (%(org)s, 'sold', 'Sold'),"
            " (%(org)s, 'call_back', 'Will call back')"
        )
        self._run(
            "insert into public.call_notes (org_id, call_id, body, author)"
            " values (%(org)s, %(call)s, %(body)s, %(by)s)",
            call=call_id,
            body="Wants an offer by Friday.",
            by=author,
        )
        self._run(
            "insert into public.call_annotations (org_id, call_id, outcome_code, tags, updated_by)"
            " values (%(org)s, %(call)s, 'call_back', '{offer,urgent}', %(by)s)",
            call=call_id,
            by=author,
        )

    def _placed_call(self, author: UUID) -> None:
        self._run(
            "insert into public.placed_calls (id, org_id, integration_id, line_id, business_number, external_number,"
            " state, call_id, requested_by, begun_at)"
            " select gen_random_uuid(), org_id, integration_id, line_id, business_number, external_number,"
            " 'placed', id, %(by)s, started_at from public.calls where org_id = %(org)s and direction = 'outbound'",
            by=author,
        )

    def _recording(self, call_id: UUID) -> str:
        self._run(
            "select private.keep_recording(extensions.uuid_generate_v5(c.id, 'recording'), c.org_id, c.integration_id,"
            " 'call', c.id, null, c.line_id, c.member_ids, c.direction, c.external_number, c.started_at,"
            " c.duration_seconds, %(link)s)"
            " from public.calls c where c.id = %(call)s",
            call=call_id,
            link=_LINK.format(call_id),
        )
        self._run(
            "update public.recordings set state = 'stored', content_type = 'audio/wav', size_bytes = %(size)s,"
            " sha256 = %(hash)s, stored_at = now() where call_id = %(call)s",
            call=call_id,
            size=len(AUDIO),
            hash=hashlib.sha256(AUDIO).digest(),
        )
        return self._one("select id from public.recordings where org_id = %s and call_id = %s", call_id)

    def _event(self) -> str:
        payload = {
            "EventType": "IncomingCall",
            "Guid": "7f6c1a52-0000-4000-8000-000000000001",
            "Timestamp": "2025-03-03T12:00:00.0000000Z",
            "Body": {"Id": "call-1", "From": CUSTOMER, "To": LINE},
        }
        self._run(
            "insert into private.webhook_events"
            " (org_id, integration_id, dedupe_key, received_at, status, error, payload, event_type, provider_call_id)"
            " values (%(org)s, %(account)s, %(payload)s ->> 'Guid', now(), 'failed',"
            " 'canceling statement due to lock timeout', %(payload)s, 'IncomingCall', 'call-1')",
            account=self._own_account,
            payload=Jsonb(payload),
        )
        item = json.dumps({"callRecord": None})
        self._run(
            "insert into private.rejected_items"
            " (org_id, integration_id, resource, item_hash, item, reason, rejected_at)"
            " values (%(org)s, %(account)s, 'calls', sha256(convert_to(%(item)s::text, 'UTF8')), %(item)s,"
            " 'The call has no id.', now())",
            account=self._own_account,
            item=item,
        )
        return self._one("select id from private.webhook_events where org_id = %s")

    def _apply(self, resource: str, account: UUID, *items: dict[str, Any]) -> None:
        self._run(
            f"select private.apply_{resource}(%(account)s, %(items)s, now())",
            account=account,
            items=[Jsonb(item) for item in items],
        )

    def _one(self, query: str, *arguments: Any) -> str:
        row = self._connection.execute(query.encode(), [self._org_id, *arguments]).fetchone()
        assert row is not None
        return str(row[0])

    def _run(self, query: str, **arguments: Any) -> None:
        self._connection.execute(query.encode(), {"org": self._org_id, **arguments})


_VOICEMAIL: Final = {
    "id": "voicemail-1",
    "dateTimeUtc": "2025-03-03T10:00:20Z",
    "duration": 20000,
    "caller": {"phone": CUSTOMER, "name": "ERICSON E"},
    "to": LINE,
    "uri": _LINK.format("voicemail-1"),
    "transcription": "Please call me back about the offer.",
}


def store_audio(gateway: Door, secret_key: str, recording_id: str) -> None:
    """Upload a recording's audio, as the sync script does."""
    with gateway.client({"authorization": f"Bearer {secret_key}", "apikey": secret_key}) as client:
        answer: httpx.Response = client.post(
            f"/storage/v1/object/recordings/{recording_id}",
            content=AUDIO,
            headers={"content-type": "audio/wav", "x-upsert": "true"},
        )
    answer.raise_for_status()
