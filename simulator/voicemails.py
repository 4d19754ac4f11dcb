"""Messages left on the answering machine, and how the provider lists them."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from simulator.accounts import Account
from simulator.calls import Call, Party
from simulator.clock import MILLISECOND, parse_utc, utc_text, webhook_text
from simulator.dice import dice

SAID = (
    "Hello, this is about my order. Please call me back.",
    "Hi, I wanted to ask whether you are open on Saturday. Thank you.",
    "It's me again. I will try later.",
    "Good morning, we have a leak in the kitchen, please call as soon as you can!",
    "Buenas tardes, llámenme por favor.",
)


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message left by a caller. `call_id` is what the list says, `of_call` the truth.

    `over_at` is when it was played to its end: for a call made faster than it claims, not its own end.
    """

    id: str
    api_key: str
    number: str
    outside: Party
    received_at: datetime
    length_ms: int
    over_at: datetime
    call_id: str | None = None
    extension: str | None = None
    transcription: str | None = None
    link_after_ms: int = 0
    origin: str = "plan"
    of_call: str | None = None

    def shown_from(self, lag: timedelta) -> datetime:
        """Return the instant from which it is listed: some time after its end."""
        return self.over_at + lag

    def linked_from(self, lag: timedelta) -> datetime:
        """Return the instant from which the list links the audio."""
        return self.shown_from(lag) + self.link_after_ms * MILLISECOND


def voicemail_of(call: Call) -> Voicemail | None:
    """Return the message that was left in a call, if one was."""
    if call.voicemail_ms is None or call.number is None or call.status != "VoiceMail":
        return None
    rng = dice("voicemail", call.id)
    return Voicemail(
        id=str(uuid5(UUID(call.id), "voicemail")),
        api_key=call.api_key,
        number=call.number,
        outside=call.outside or Party(None),
        received_at=call.at(call.voicemail_ms),
        length_ms=call.length_ms - call.voicemail_ms,
        over_at=call.plays(call.length_ms),
        # A third of the list does not name the call.
        call_id=call.id if rng.random() < 0.67 else None,
        extension=call.legs[0].extension if call.legs and rng.random() < 0.3 else None,
        transcription=rng.choice(SAID) if rng.random() < 0.6 else None,
        link_after_ms=rng.choice((0, 0, 0, 5_000, 20_000)),
        origin=call.origin,
        of_call=call.id,
    )


def record_of(voicemail: Voicemail) -> dict[str, Any]:
    """Return the voicemail as plain JSON values, for the state file."""
    times = {"received_at": utc_text(voicemail.received_at), "over_at": utc_text(voicemail.over_at)}
    return asdict(voicemail) | times


def restored(record: dict[str, Any]) -> Voicemail:
    """Return the voicemail that `record_of` wrote."""
    fields = {name: value for name, value in record.items() if name != "ordinal"}
    fields["received_at"], fields["over_at"] = parse_utc(fields["received_at"]), parse_utc(fields["over_at"])
    fields["outside"] = Party(**fields["outside"])
    return Voicemail(**fields)


def item(voicemail: Voicemail, account: Account, link: str | None) -> dict[str, Any]:
    """Return the voicemail as the list shows it.

    What its fields are called is not published: Call Center accounts see them named as those of calls (of
    some, with times and links as elsewhere), Classic ones as a mailbox would.
    """
    name, phone = voicemail.outside.name, voicemail.outside.phone
    digit = int(voicemail.id[-1], 16)
    duration: object = str(voicemail.length_ms) if digit % 2 else voicemail.length_ms
    if account.kind == "classic":
        return {
            "guid": voicemail.id,
            "created": webhook_text(voicemail.received_at),
            "from": phone,
            "to": voicemail.number,
            "duration": duration,
            "extension": voicemail.extension,
            "text": voicemail.transcription,
            "fileUrl": link,
            **({"callId": voicemail.call_id} if voicemail.call_id else {}),
        }
    shown: dict[str, Any] = {
        "id": voicemail.id,
        "duration": duration,
        "callId": voicemail.call_id,
        "isRead": digit > 7,
    }
    if voicemail.extension:
        shown["extension"] = voicemail.extension
    if digit % 3:
        return shown | {
            "dateTimeUtc": utc_text(voicemail.received_at),
            "businessNumber": voicemail.number,
            "caller": {"name": name, "phone": phone},
            "transcription": voicemail.transcription,
            **({"callRecord": {"fileName": f"voicemails/{voicemail.id}.wav", "uri": link}} if link else {}),
        }
    return shown | {
        "createdUtc": utc_text(voicemail.received_at),
        "businessNumber": {"number": voicemail.number},
        "client": {"name": name, "address": phone},
        "uri": link,
        **({"text": voicemail.transcription} if voicemail.transcription else {}),
    }
