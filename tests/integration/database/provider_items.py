"""Items of each resource as a provider might list them, and as it never should: strategies by resource."""

from typing import Final

from hypothesis import strategies as st

from tests.support.anything import (
    Json,
    clocks,
    garbage,
    items,
    numbers,
    objects,
    phones,
    strange,
    texts,
    times,
    truths,
    whole,
    words,
)

ACME, GLOBEX, UNOWNED, OTHERS, NEW = (f"+1212555010{digit}" for digit in range(5))
"""Numbers of the platform-wide account: two that have lines, one that has none; another account's; nobody's."""
CUSTOMERS: Final = ("+12125550142", "+12125550143")
IDS: Final = ("one", "two", "00000000-0000-0000-0000-000000000000")

_usual_times = texts("2026-06-05T13:38:29.522Z", "2026-06-05T13:39:00Z", "2026-06-05T13:38:29.5220000Z")
instants = strange(_usual_times, _usual_times, _usual_times, times)
ids = strange(texts(*IDS), texts(*IDS), texts(*IDS), numbers)
business = phones(ACME, GLOBEX, UNOWNED, OTHERS, NEW)
outside = phones(*CUSTOMERS, ACME)
extensions = strange(texts("101", "102", "999", " 101 "), st.sampled_from(["101", "102"]), words)
links = strange(texts("https://example.com/a.mp3", "https:/example.com/a", "file:///etc/passwd", "x" * 9000), words)
names = strange(words)


def _items(fields: dict[str, Json]) -> Json:
    usual = whole(fields)
    return st.one_of(usual, usual, usual, usual, objects(fields), garbage)


def _person(*more: str) -> Json:
    fields = {"name": names, "phone": outside, "extension": extensions, **dict.fromkeys(more, outside)}
    return strange(objects(fields), objects(fields | {"isConnected": strange(truths)}))


_call = {
    "id": ids,
    "dateTimeUtc": instants,
    "duration": strange(numbers, clocks),
    "direction": strange(texts("Incoming", "Outgoing", "Callback", "Internal", "INCOMING")),
    "callStatus": strange(texts("Connected", "Missed", "VoiceMail", "Dropped", "?")),
    "businessNumber": strange(business, objects({"number": business})),
    "caller": _person(),
    "called": strange(items(_person()), _person()),
    "callRecord": strange(objects({"fileName": words, "uri": links}), links),
}
_voicemail = {
    **dict.fromkeys(("id", "guid", "callId"), ids),
    **dict.fromkeys(("dateTimeUtc", "created", "createdUtc", "date"), instants),
    "duration": strange(numbers, clocks),
    **dict.fromkeys(("from", "caller"), strange(outside, _person())),
    "client": strange(objects({"address": outside, "name": names})),
    **dict.fromkeys(("to", "businessNumber"), strange(business, objects({"number": business}))),
    **dict.fromkeys(("uri", "url", "fileUrl", "audioUrl", "link"), links),
    "callRecord": strange(objects({"uri": links})),
    **dict.fromkeys(("text", "transcription"), names),
    "extension": extensions,
}
_message = {
    "id": ids,
    "requestGuid": strange(ids, texts("00000000-0000-0000-0000-000000000000")),
    "type": strange(texts("Message", "Call", "message")),
    "created": instants,
    "businessNumber": strange(objects({"number": business}), business),
    "client": strange(objects({"address": outside, "name": names}), outside),
    "text": names,
    "textModel": strange(objects({"text": names})),
    "origin": strange(texts("Inbound", "Outbound", "inbound")),
    "messageDeliveryStatus": strange(texts("Delivered", "Sent", "Failed", "?")),
}
_phone = objects(dict.fromkeys(("number", "phone", "value"), outside))
_contact = {
    **dict.fromkeys(("id", "guid"), ids),
    **dict.fromkeys(("name", "fullName", "firstName", "lastName", "company"), names),
    "email": strange(texts("casey@example.com"), words),
    "emails": strange(items(strange(words, objects({"email": words, "value": words})))),
    "phone": outside,
    **dict.fromkeys(("phones", "phoneNumbers"), strange(items(strange(outside, _phone)))),
}
_extension = strange(extensions, objects({"number": extensions}))
_colleague = {
    **dict.fromkeys(("fullName", "name", "firstName"), names),
    **dict.fromkeys(("extension", "extensionNumber", "ext", "internalNumber"), _extension),
    "extensions": strange(items(_extension)),
    "email": strange(texts("agent@acme.example", "AGENT@ACME.EXAMPLE"), words),
}
_status = {
    "extension": extensions,
    "status": strange(texts("available", "Available", "dnd", "busy"), words),
    "isAccountUser": strange(truths),
}
_number = {
    **dict.fromkeys(("number", "phoneNumber"), business),
    "id": ids,
    "label": names,
    "isEnabled": strange(truths),
}

ITEMS: Final = {
    "apply_calls": _items(_call),
    "apply_voicemails": _items(_voicemail),
    "apply_messages": _items(_message),
    "apply_contacts": _items(_contact),
    "apply_team": _items(_colleague),
    "apply_agent_status": _items(_status),
    "apply_phone_numbers": _items(_number),
}

_calls = ("Incoming", "Outgoing", "Callback")
_steps = ("", "Ringing", "StopRinging", "Connected", "Completed", "AgentConnected", "AgentCompleted", "Transferred")
_others = (
    "VoicemailReceived",
    "RecordingReady",
    "IncomingSms",
    "MessageSent",
    "MessageFailed",
    "FaxReceived",
    "Call" * 99,
)
event_types = strange(texts(*(f"{call}Call{step}" for call in _calls for step in _steps)), texts(*_others))
_event_body = objects(
    {
        "Id": ids,
        "CallId": ids,
        "From": strange(business, outside),
        "To": strange(business, outside),
        "Extension": extensions,
        "CallDuration": strange(clocks),
        "RecordingLink": links,
        "RecordingId": ids,
        **dict.fromkeys(("Text", "Message", "Body", "Status"), names),
    }
)
_event = {
    "EventType": event_types,
    "Guid": strange(words),
    "CallId": ids,
    "ApiKey": strange(words),
    "Timestamp": instants,
    "CallDuration": strange(clocks),
    "Body": strange(_event_body, _event_body),
}
EVENTS: Final = _items(_event)
