"""Who tries to get at whose rows, and what of an organization it is tried with."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from devstack.target import Person, Target

Row = Mapping[str, Any]

_ROWS_TRIED: Final = 50
_SHOW_WRITTEN: Final = {"prefer": "return=representation"}
_SCOPES: Final = ("calls:read", "contacts:read", "members:read", "messages:read", "messages:send", "recordings:read")
# Nobody answers there, and no letter arrives.
_INVITED: Final = "isolation-check@people.example"


@dataclass(frozen=True)
class Reader:
    """Somebody who is signed in."""

    name: str
    user_id: str
    token: str = field(repr=False)
    client: httpx.Client
    organizations: Mapping[str, str]
    """The names of those they see, by id."""

    @property
    def org_id(self) -> str:
        """The first of their organizations."""
        return next(iter(self.organizations))

    def rows_of_their_own(self, table: str) -> list[Row]:
        """Read the rows that belong to their organizations, or to people there."""
        rows = read(self.client, table)
        if table == "organizations":
            return rows
        return [row for row in rows if row.get("org_id") in self.organizations or "org_id" not in row]

    def call(self, function: str, **arguments: object) -> httpx.Response:
        """Call a function of the API."""
        return self.client.post(f"/rpc/{function}", json=arguments)


@dataclass(frozen=True)
class Belongings:
    """Ids of things of one organization; None where its reader has, or may make, no such thing."""

    org_id: str
    role: str | None
    """The reader's."""
    own_member_id: str | None
    member_id: str | None
    """Somebody else's, where there is somebody: who is locked out by mistake must not be the one to mend it."""
    member_role: str | None
    line_id: str | None
    phone_number_id: str | None
    integration_id: str | None
    call_id: str | None
    recording_id: str | None
    conversation_id: str | None
    contact_number: str | None
    """One under which a contact is known."""
    webhook_event_id: str | None
    contact_id: str | None = None
    invitation_id: str | None = None
    invitation_token: str | None = field(default=None, repr=False)
    api_key_id: str | None = None
    api_key_secret: str | None = field(default=None, repr=False)
    document_id: str | None = None
    schedule_id: str | None = None
    alert_rule_id: str | None = None


def sign_in(target: Target, person: Person, opened: ExitStack) -> Reader:
    """Sign somebody in, for as long as `opened` is."""
    session = target.sign_in(person)
    client = opened.enter_context(target.rest(session.token))
    organizations = {row["id"]: row["name"] for row in read(client, "organizations")}
    return Reader(person.email, session.user_id, session.token, client, organizations)


def read(client: httpx.Client, table: str) -> list[Row]:
    """Read the first rows of a table.

    Raises:
        httpx.HTTPStatusError: they are refused.
    """
    answer = client.get(f"/{table}", params={"limit": _ROWS_TRIED})
    answer.raise_for_status()
    rows: list[Row] = answer.json()
    return rows


@contextmanager
def belongings(reader: Reader) -> Iterator[Belongings]:
    """Look for things of a reader's organization; an admin makes an invitation and an API key to throw away."""
    members, lines, integrations = (_own(reader, table) for table in ("org_members", "lines", "integrations"))
    own = next((row for row in members if row["user_id"] == reader.user_id), {})
    member = next((row for row in members if row["user_id"] != reader.user_id), own)
    found: dict[str, Any] = {
        "org_id": reader.org_id,
        "role": own.get("role"),
        "own_member_id": own.get("id"),
        "member_id": member.get("id"),
        "member_role": member.get("role"),
        "line_id": lines[0]["id"] if lines else None,
        "phone_number_id": lines[0]["phone_number_id"] if lines else None,
        "integration_id": integrations[0]["id"] if integrations else None,
        "call_id": _first(reader, "calls"),
        "recording_id": _first(reader, "recordings"),
        "conversation_id": _first(reader, "conversations"),
        "contact_number": _first(reader, "contact_numbers", "number"),
        "webhook_event_id": _first(reader, "webhook_events"),
    }
    with ExitStack() as made:
        if own.get("role") == "org_admin":
            found |= _invitation(reader, made)
            found |= _api_key(reader, made)
            found |= _contact(reader, made)
            found |= _papers(reader, made)
            if recording_id := found["recording_id"]:
                _held(reader, recording_id, made)
        yield Belongings(**found)


def _own(reader: Reader, table: str) -> list[Row]:
    return [row for row in read(reader.client, table) if row["org_id"] == reader.org_id]


def _first(reader: Reader, table: str, column: str = "id") -> str | None:
    return next((str(row[column]) for row in _own(reader, table)), None)


def _invitation(reader: Reader, made: ExitStack) -> dict[str, str]:
    name, _, domain = _INVITED.partition("@")
    invited = reader.call(
        "invite_member", p_org_id=reader.org_id, p_email=f"{name}+{uuid.uuid4().hex[:8]}@{domain}", p_role="viewer"
    )
    invited.raise_for_status()
    invitation_id: str = invited.json()
    made.callback(reader.call, "revoke_invitation", p_invitation_id=invitation_id)
    link = reader.call("create_invitation_link", p_invitation_id=invitation_id)
    # Without an address of the dashboard there are no links.
    token = {"invitation_token": str(link.json()).partition("#token=")[2]} if link.is_success else {}
    return {"invitation_id": invitation_id, **token}


def _api_key(reader: Reader, made: ExitStack) -> dict[str, str]:
    arguments = {"p_org_id": reader.org_id, "p_name": "Isolation check", "p_scopes": _SCOPES}
    answer = reader.call("create_api_key", **arguments)
    answer.raise_for_status()
    (key,) = answer.json()
    made.callback(reader.call, "revoke_api_key", p_api_key_id=key["id"])
    return {"api_key_id": key["id"], "api_key_secret": key["secret"]}


def _contact(reader: Reader, made: ExitStack) -> dict[str, str]:
    answer = reader.call("save_contact", p_org_id=reader.org_id, p_name="Isolation check")
    answer.raise_for_status()
    contact_id: str = answer.json()
    made.callback(reader.call, "remove_contact", p_contact_id=contact_id)
    return {"contact_id": contact_id}


def _papers(reader: Reader, made: ExitStack) -> dict[str, str]:
    """Have a document, a schedule and an alert rule that come to nothing."""
    day = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    asked = reader.call("create_document", p_org_id=reader.org_id, p_report="days", p_format="csv", p_parameters=day)
    asked.raise_for_status()
    document_id: str = asked.json()
    made.callback(reader.call, "delete_document", p_document_id=document_id)
    off = {"org_id": reader.org_id, "name": "Isolation check", "enabled": False}
    schedule = {**off, "report": "days", "frequency": "daily", "recipients": []}
    return {
        "document_id": document_id,
        "schedule_id": _row(reader, "report_schedules", schedule, made),
        "alert_rule_id": _row(reader, "alert_rules", {**off, "kind": "queue", "threshold": 1000}, made),
    }


def _row(reader: Reader, table: str, row: Row, made: ExitStack) -> str:
    answer = reader.client.post(f"/{table}", json=row, headers=_SHOW_WRITTEN)
    answer.raise_for_status()
    row_id: str = answer.json()[0]["id"]
    made.callback(reader.client.delete, f"/{table}", params={"id": f"eq.{row_id}"})
    return row_id


def _held(reader: Reader, recording_id: str, made: ExitStack) -> None:
    """Hold a recording meanwhile, so that nobody deletes it who should not be let in."""
    free = {"id": f"eq.{recording_id}", "is_held": "is.false"}
    answer = reader.client.patch("/recordings", params=free, json={"is_held": True}, headers=_SHOW_WRITTEN)
    answer.raise_for_status()
    if answer.json():
        held = {"id": f"eq.{recording_id}"}
        made.callback(reader.client.patch, "/recordings", params=held, json={"is_held": False})
