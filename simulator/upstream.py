"""Corrections: what somebody changed or deleted at the provider after it had been listed."""

from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.accounts import E164
from simulator.calls import Call, Party, Status
from simulator.clock import Clock, utc_text
from simulator.store import Store

Kind = Literal["call", "message", "voicemail", "contact"]


class CallChange(BaseModel):
    """What can be corrected about a call."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    status: Status | None = None
    outside: E164 | None = Field(default=None, alias="from")
    name: str | None = None
    number: E164 | None = None
    duration: float | None = Field(default=None, ge=0)
    recording: bool | None = None


class Upstream:
    """What was corrected and deleted, and when; kept over a restart."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[str, str], dict[str, Any]] = {
            (value["kind"], value["id"]): value for value in store.kept("change").values()
        }

    @property
    def is_used(self) -> bool:
        """Whether anything was ever changed or deleted."""
        return bool(self._known)

    def change(self, kind: Kind, identity: str, **fields: Any) -> None:
        """Change something; what was changed about it before stays changed."""
        known = self._known.get((kind, identity), {})
        self._keep(kind, identity, {"fields": known.get("fields", {}) | fields, "changed_at": utc_text(self._clock())})

    def delete(self, kind: Kind, identity: str) -> None:
        """Delete something: it is listed no more."""
        self._keep(kind, identity, {"deleted_at": utc_text(self._clock())})

    def restore(self, kind: Kind, identity: str) -> None:
        """Take a deletion back."""
        self._keep(kind, identity, {"deleted_at": None, "changed_at": utc_text(self._clock())})

    def fields(self, kind: Kind, identity: str) -> dict[str, Any]:
        """Return what was changed."""
        fields: dict[str, Any] = self._known.get((kind, identity), {}).get("fields", {})
        return fields

    def changed_at(self, kind: Kind, identity: str) -> str | None:
        """Return when it was last changed, if it was."""
        return self._known.get((kind, identity), {}).get("changed_at")

    def deleted_at(self, kind: Kind, identity: str) -> str | None:
        """Return when it was deleted, if it is."""
        return self._known.get((kind, identity), {}).get("deleted_at")

    def corrected(self, call: Call) -> Call:
        """Return a call as it is now said to have been."""
        fields = self._known and self.fields("call", call.id)
        return corrected(call, CallChange.model_validate(fields)) if fields else call

    def _keep(self, kind: Kind, identity: str, news: dict[str, Any]) -> None:
        value = {"kind": kind, "id": identity} | self._known.get((kind, identity), {}) | news
        self._known[kind, identity] = value
        self._store.keep("change", f"{kind}:{identity}", value)


def corrected(call: Call, change: CallChange) -> Call:
    """Return the call with what was changed; a new length moves the end of its last conversation too."""
    fields: dict[str, Any] = {}
    if change.status is not None:
        fields["status"] = change.status
        if change.status == "VoiceMail" and call.voicemail_ms is None:
            fields["voicemail_ms"] = max((leg.stopped_ms for leg in call.legs), default=0)
    if call.outside and (change.outside is not None or change.name is not None):
        fields["outside"] = Party(change.outside or call.outside.phone, change.name or call.outside.name)
    if change.number is not None and call.number is not None:
        fields["number"] = change.number
    if change.recording is not None:
        fields["recording_after_ms"] = (call.recording_after_ms or 0) if change.recording else None
    if change.duration is not None:
        length = round(change.duration * 1000)
        fields["length_ms"] = length
        fields["legs"] = tuple(
            replace(
                leg,
                stopped_ms=min(leg.stopped_ms, length),
                rang_ms=min(leg.rang_ms, length),
                answered_ms=None if leg.answered_ms is None else min(leg.answered_ms, length),
                ended_ms=None
                if leg.ended_ms is None
                else length
                if leg.ended_ms == call.length_ms
                else min(leg.ended_ms, length),
            )
            for leg in call.legs
        )
        if call.voicemail_ms is not None:
            fields["voicemail_ms"] = min(call.voicemail_ms, length)
    return replace(call, **fields)
