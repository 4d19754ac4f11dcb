"""The webhook events of calls and messages, each at its offset, in the order they happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from simulator.accounts import Account
from simulator.calls import Call, Direction, Leg
from simulator.clock import MILLISECOND, webhook_text
from simulator.messages import Message

NO_GUID = "00000000-0000-0000-0000-000000000000"
# What newer accounts are told besides; the provider lists no such types, so that several names are to be expected.
VOICEMAIL = ("IncomingCallVoicemail", "CallVoicemail", "VoicemailReceived")
RECORDING = ("CallRecordingReady", "RecordingReady", "CallRecordingCompleted")
RECEIVED = ("IncomingMessage", "IncomingSms", "MessageReceived")
SENT = ("OutgoingMessage", "OutgoingSms", "MessageSent")
TEXT = ("Text", "Message", "Body")
# One call in so many has an event of a type that is documented nowhere.
UNKNOWN_ONE_IN = 50

PREFIXES: dict[Direction, str] = {"Incoming": "IncomingCall", "Outgoing": "OutgoingCall", "Callback": "CallbackCall"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event to deliver: its own id, its call (or message), and the JSON payload."""

    guid: str
    call_id: str
    type: str
    at_ms: int
    payload: dict[str, Any]


def events_of(call: Call, account: Account, recording_uri: str | None = None) -> list[Event]:
    """Return the events of a call; internal calls have none.

    Calls with `agent_events` are told as the newer API does: a top-level CallId, the Agent events beside the others,
    and those of transfers, voicemails and recordings, these after the call's end. Ids depend on the call alone, so that
    a repetition after a restart is recognisable as one.
    """
    moments = sorted(_moments(call, recording_uri), key=lambda moment: moment[0])
    outside = call.outside.phone if call.outside else None
    parties = (outside, call.number) if call.direction == "Incoming" else (call.number, outside)
    events = []
    for index, (at_ms, kind, extension, extra) in enumerate(moments):
        guid = str(uuid5(UUID(call.id), f"{index} {kind}"))
        body: dict[str, Any] = {"Id": call.id, "From": parties[0], "To": parties[1]}
        if extension is not None:
            body["Extension"] = extension
        payload: dict[str, Any] = {
            "EventType": kind,
            "Guid": guid,
            "ApiKey": account.api_key,
            "Timestamp": webhook_text(call.at(at_ms)),
            "Body": body | extra,
        }
        if call.agent_events:
            payload["CallId"] = call.id
        events.append(Event(guid, call.id, kind, at_ms, payload))
    return events


def message_events_of(message: Message, account: Account) -> list[Event]:
    """Return the events of a message: that it came or went, then what became of its delivery."""
    names = _choice(message.id, 2, 10)
    if message.direction == "Inbound":
        moments = [(0, RECEIVED[names], "")]
    else:
        moments = [(0, SENT[names], "Sent")]
        if message.settles_at is not None and message.delivery != "Sent":
            settled = max(0, (message.settles_at - message.created_at) // MILLISECOND)
            kind = "MessageStatusChanged" if names == len(SENT) - 1 else f"Message{message.delivery}"
            moments.append((settled, kind, message.delivery))
    parties = (message.outside.phone, message.number)
    sender, recipient = parties if message.direction == "Inbound" else parties[::-1]
    events = []
    for index, (at_ms, kind, status) in enumerate(moments):
        guid = str(uuid5(NAMESPACE_OID, f"{message.id} {index} {kind}"))
        body: dict[str, Any] = {"Id": message.id, "From": sender, "To": recipient}
        if not message.has_guid:
            body["Id"] = NO_GUID
        # What became of a message is told without its words where its id says which it is.
        if index == 0 or not message.has_guid:
            body[TEXT[_choice(message.id, 3, 10)]] = message.text
        if status:
            body["Status"] = status
        if status == "Failed" and message.failure:
            body["Error"] = message.failure
        payload: dict[str, Any] = {
            "EventType": kind,
            "Guid": guid,
            "ApiKey": account.api_key,
            "Timestamp": webhook_text(message.created_at + at_ms * MILLISECOND),
            "Body": body,
        }
        events.append(Event(guid, message.id, kind, at_ms, payload))
    return events


def _moments(call: Call, recording_uri: str | None) -> Iterator[tuple[int, str, str | None, dict[str, Any]]]:
    prefix = PREFIXES.get(call.direction)
    if prefix is None:
        return
    is_outgoing = call.direction == "Outgoing"
    is_newer = call.agent_events and call.direction != "Callback"
    yield 0, prefix, call.placed_by if is_outgoing else None, {}
    for leg in call.legs:
        if not is_outgoing:
            yield leg.rang_ms, f"{prefix}Ringing", leg.extension, {}
            if leg.answered_ms is None:
                yield leg.stopped_ms, f"{prefix}StopRinging", leg.extension, {}
        if is_newer:
            yield leg.rang_ms, f"{prefix}Agent{'Dialing' if is_outgoing else 'Ringing'}", leg.extension, {}
        if leg.answered_ms is not None:
            yield leg.answered_ms, f"{prefix}Connected", leg.extension, {}
            if is_newer:
                ended = call.length_ms if leg.ended_ms is None else leg.ended_ms
                yield leg.answered_ms, f"{prefix}AgentConnected", leg.extension, {}
                yield ended, f"{prefix}AgentCompleted", leg.extension, {}
                if (next_leg := _transferred_to(call, ended)) is not None:
                    agent = "Agent" if _choice(call.id, 2, 8) else ""
                    yield ended, f"{prefix}{agent}Transferred", leg.extension, {"TransferredTo": next_leg.extension}
    if call.voicemail_ms is not None and is_newer:
        yield call.voicemail_ms, VOICEMAIL[_choice(call.id, 2, 10)], None, {}
    if call.origin != "script" and int(call.id[9:13], 16) % UNKNOWN_ONE_IN == 0:
        yield call.length_ms, "CallQualityReported", None, {"Score": 4}
    last = next((leg.extension for leg in reversed(call.legs) if leg.answered_ms is not None), None)
    seconds = call.length_ms // 1000
    told: dict[str, Any] = {"CallDuration": f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"}
    recording: dict[str, Any] = {}
    if recording_uri and call.recording_after_ms is not None:
        recording = {"RecordingLink": recording_uri, "RecordingId": f"rec-{call.id}"}
    # Some hear of a recording with the hang-up, some of its id alone, some of it later.
    is_told_later = bool(recording) and is_newer and _choice(call.id, 4, 8) > 0
    told |= {"RecordingId": recording["RecordingId"]} if is_told_later else recording
    yield call.length_ms, f"{prefix}Completed", last if call.agent_events else None, told
    if is_told_later:
        yield call.length_ms + (call.recording_after_ms or 0), RECORDING[_choice(call.id, 3, 10)], None, recording


def _transferred_to(call: Call, ended_ms: int) -> Leg | None:
    """Return the leg a conversation that ended at this offset went on to."""
    return next((leg for leg in call.legs if leg.rang_ms >= ended_ms and leg.rang_ms < call.length_ms), None)


def _choice(identity: str, digit: int, usual: int) -> int:
    """Return 0 for ids whose digit is below `usual` (of 16), 1 or 2 for the others: depending on the id alone."""
    value = int(identity[digit], 16)
    return 0 if value < usual else 1 + value % 2
