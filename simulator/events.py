"""The webhook events of a call, each at its offset, in the order they happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from simulator.accounts import Account
from simulator.calls import Call, Direction
from simulator.clock import webhook_text

PREFIXES: dict[Direction, str] = {"Incoming": "IncomingCall", "Outgoing": "OutgoingCall", "Callback": "CallbackCall"}


@dataclass(frozen=True, slots=True)
class Event:
    """One event to deliver: its own id, its call, and the JSON payload."""

    guid: str
    call_id: str
    type: str
    at_ms: int
    payload: dict[str, Any]


def events_of(call: Call, account: Account, recording_uri: str | None = None) -> list[Event]:
    """Return the events of a call; internal calls have none.

    Calls with `agent_events` are told as the newer API does: a top-level CallId and the Agent events beside
    the others. Ids depend on the call alone, so that a repetition after a restart is recognisable as one.
    """
    moments = sorted(_moments(call), key=lambda moment: moment[0])
    events = []
    for index, (at_ms, kind, extension, extra) in enumerate(moments):
        guid = str(uuid5(UUID(call.id), f"{index} {kind}"))
        outside = call.outside.phone if call.outside else None
        parties = (outside, call.number) if call.direction == "Incoming" else (call.number, outside)
        body: dict[str, Any] = {"Id": call.id, "From": parties[0], "To": parties[1]}
        if extension is not None:
            body["Extension"] = extension
        if kind.endswith("CallCompleted") and recording_uri and call.recording_after_ms is not None:
            extra = extra | {"RecordingLink": recording_uri, "RecordingId": f"rec-{call.id}"}
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


def _moments(call: Call) -> Iterator[tuple[int, str, str | None, dict[str, Any]]]:
    prefix = PREFIXES.get(call.direction)
    if prefix is None:
        return
    is_outgoing = call.direction == "Outgoing"
    yield 0, prefix, call.placed_by if is_outgoing else None, {}
    for leg in call.legs:
        if not is_outgoing:
            yield leg.rang_ms, f"{prefix}Ringing", leg.extension, {}
            if leg.answered_ms is None:
                yield leg.stopped_ms, f"{prefix}StopRinging", leg.extension, {}
        if call.agent_events and call.direction != "Callback":
            yield leg.rang_ms, f"{prefix}Agent{'Dialing' if is_outgoing else 'Ringing'}", leg.extension, {}
        if leg.answered_ms is not None:
            yield leg.answered_ms, f"{prefix}Connected", leg.extension, {}
            if call.agent_events and call.direction != "Callback":
                yield leg.answered_ms, f"{prefix}AgentConnected", leg.extension, {}
                yield leg.ended_ms or call.length_ms, f"{prefix}AgentCompleted", leg.extension, {}
    last = next((leg.extension for leg in reversed(call.legs) if leg.answered_ms is not None), None)
    seconds = call.length_ms // 1000
    duration = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    yield call.length_ms, f"{prefix}Completed", last if call.agent_events else None, {"CallDuration": duration}
