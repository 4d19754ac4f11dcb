"""Recordings: which there are, and the audio at their links."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Blueprint, Response, jsonify, request

from simulator.accounts import Account
from simulator.audio import CONTENT_TYPE, measure, wav
from simulator.calls import Call
from simulator.clock import MILLISECOND
from simulator.exchange import EVER, Exchange
from simulator.faults import Faults
from simulator.links import is_good, link
from simulator.tokens import Tokens
from simulator.voicemails import Voicemail

VOICEMAIL_PREFIX = "vm-"

Answer = Response | tuple[Response, int]


@dataclass(frozen=True, slots=True)
class Recording:
    """Audio under a name; served from `linked_from` on."""

    name: str
    kind: Literal["call", "voicemail"]
    account: Account
    of: str
    call_id: str | None
    length_ms: int
    linked_from: datetime

    @property
    def measures(self) -> tuple[int, str]:
        """Its size and SHA-256."""
        return measure(self.name, self.length_ms)

    def url(self, exchange: Exchange) -> str:
        """Return the link to it as it is listed now."""
        return link(self.name, self.account, now=exchange.clock(), public_url=exchange.public_url, malformed_by=self.of)


def recording_of(call: Call, account: Account, exchange: Exchange) -> Recording | None:
    """Return the recording of a call, if it has one."""
    if call.recording_after_ms is None:
        return None
    linked_from = call.plays(call.length_ms) + call.recording_after_ms * MILLISECOND
    length = min(call.length_ms, exchange.longest_recording_ms)
    return Recording(call.id, "call", account, call.id, call.id, length, linked_from)


def audio_of(voicemail: Voicemail, account: Account, exchange: Exchange) -> Recording:
    """Return the audio of a voicemail."""
    name = f"{VOICEMAIL_PREFIX}{voicemail.of_call or voicemail.id}"
    length = min(voicemail.length_ms, exchange.longest_recording_ms)
    linked_from = voicemail.linked_from(exchange.lag)
    return Recording(name, "voicemail", account, voicemail.id, voicemail.of_call, length, linked_from)


def recordings(
    exchange: Exchange, account: Account, start: datetime = EVER, end: datetime | None = None
) -> Iterator[Recording]:
    """Yield what is linked now of the calls and voicemails of [start, end) that are listed now."""
    now = exchange.clock()
    end = end or now
    for call in exchange.history(account.api_key, start, end):
        found = recording_of(call, account, exchange)
        if found and found.linked_from <= now:
            yield found
    for voicemail in exchange.listed_voicemails(account.api_key, start, end):
        if voicemail.linked_from(exchange.lag) <= now:
            yield audio_of(voicemail, account, exchange)


def records(*, exchange: Exchange, tokens: Tokens, faults: Faults) -> Blueprint:
    """Return where the links lead. Fetching audio does not count against the quota."""
    routes = Blueprint("records", __name__, url_prefix="/records")

    def find(name: str) -> Recording | None:
        for account in exchange.accounts:
            if name.startswith(VOICEMAIL_PREFIX):
                voicemail = exchange.find_voicemail(account.api_key, name.removeprefix(VOICEMAIL_PREFIX))
                if voicemail and exchange.is_kept(voicemail, exchange.clock()):
                    return audio_of(voicemail, account, exchange)
            elif call := exchange.call(account.api_key, name):
                return recording_of(call, account, exchange)
        return None

    def whose() -> str | None:
        found = find((request.view_args or {}).get("name", ""))
        return found.account.api_key if found else None

    faults.guard(routes, whose)

    @routes.get("/<name>.wav")
    def audio(name: str) -> Answer:
        found, now = find(name), exchange.clock()
        if found is None or found.linked_from > now:
            return jsonify(message="Not found"), 404
        account = found.account
        if account.recording_links == "expiring" and not is_good(
            name, account, request.args.get("expires", ""), request.args.get("signature", ""), now
        ):
            return jsonify(message="Request has expired"), 403
        if account.recording_links == "token":
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or tokens.holder(token.strip()) != account.api_key:
                return jsonify(message="Authorization has been denied for this request."), 401
        return Response(wav(found.name, found.length_ms), mimetype=CONTENT_TYPE)

    return routes
