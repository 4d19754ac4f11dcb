"""The telephone exchange: all that happens in the accounts, planned and live, and what is visible when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from simulator import contacts as address_book
from simulator import messages as texts
from simulator import voicemails
from simulator.accounts import Account, AccountsFile
from simulator.calls import Call
from simulator.clock import Clock, parse_utc, utc_text
from simulator.contacts import Contact
from simulator.directory import Directory
from simulator.events import Event, events_of, message_events_of
from simulator.history import recording_uri, shown_from
from simulator.messages import Message
from simulator.statuses import Since, Status, planned_statuses, status_at, with_changes
from simulator.store import Store
from simulator.upstream import Upstream
from simulator.voicemails import Voicemail, voicemail_of

# Before any call: one made on order may start before the planned past.
EVER = datetime.min.replace(tzinfo=UTC)
# A voicemail is received after its call began, by less than this.
LONGEST_CALL = timedelta(hours=3)


@dataclass(slots=True)
class Hidden:
    """A period of an account of which nothing is listed that lies after a position in it."""

    api_key: str
    start: datetime
    end: datetime
    position: datetime

    def hides(self, api_key: str, started_at: datetime, listed_from: datetime) -> bool:
        """Tell whether something is hidden."""
        return self.api_key == api_key and self.start <= started_at < self.end and listed_from > self.position


class Exchange(Directory):
    """All calls, messages, voicemails, contacts and statuses of all accounts.

    The planned past ends where the state was opened; from there on everything is live.
    """

    def __init__(
        self, served: AccountsFile, store: Store, *, seed: int, history_days: int, public_url: str, clock: Clock
    ) -> None:
        super().__init__(served.accounts, store, seed=seed, clock=clock)
        self.lag = timedelta(seconds=served.history_lag_seconds)
        self.longest_recording_ms = round(served.longest_recording_seconds * 1000)
        self.public_url = public_url
        self.starts_at = store.opened_at - timedelta(days=history_days)
        self.upstream = Upstream(store, clock)
        self._hidden: tuple[Hidden, ...] = ()
        self._lock = Lock()
        self._messages = {key: texts.message_of(value) for key, value in store.kept("message").items()}
        self._voicemails = {key: voicemails.restored(value) for key, value in store.kept("voicemail").items()}

    @property
    def is_played(self) -> bool:
        """Whether events of what was planned were ever sent."""
        return bool(self.store.kept("play"))

    def calls(self, api_key: str, start: datetime, end: datetime) -> list[Call]:
        """Return all calls of an account that start in [start, end), oldest first, as they are now said to have been.

        Those deleted at the provider are among them.
        """
        planned = self.planned(api_key).calls.between(max(start, self.starts_at), min(end, self.store.opened_at))
        live = [call for call in self.store.calls(api_key) if start <= call.started_at < end]
        calls = [*planned, *live]
        if live:
            calls.sort(key=lambda call: (call.started_at, call.id))
        return [self.upstream.corrected(call) for call in calls] if self.upstream.is_used else calls

    def history(self, api_key: str, start: datetime, end: datetime) -> list[Call]:
        """Return the calls the history shows now, newest first."""
        now = self.clock()
        # Nearly all of a long history is certainly over; looking at each call would take most of the time of a page.
        over = EVER if self._hidden or self.upstream.is_used else now - self.lag - LONGEST_CALL
        return [
            call
            for call in reversed(self.calls(api_key, start, end))
            if (call.started_at < over and call.origin == "plan") or self.is_shown(call, now)
        ]

    def is_shown(self, call: Call, now: datetime) -> bool:
        """Tell whether the history shows a call."""
        listed_from = shown_from(call, self.lag)
        if listed_from > now or self._is_hidden(call.api_key, call.started_at, listed_from):
            return False
        return self.upstream.deleted_at("call", call.id) is None

    def call(self, api_key: str, call_id: str) -> Call | None:
        """Return one call of the history."""
        call = self.find_call(api_key, call_id)
        return call if call and self.is_shown(call, self.clock()) else None

    def find_call(self, api_key: str, call_id: str) -> Call | None:
        """Return a call, whether it is listed or not."""
        call = self.store.call(call_id)
        if call is None or call.api_key != api_key:
            call = self._planned_call(api_key, call_id)
        return call and self.upstream.corrected(call)

    def events(self, call: Call) -> list[Event]:
        """Return the events of a call, as they were before anything was corrected."""
        account = self.account(call.api_key)
        if self.upstream.fields("call", call.id):
            call = self.store.call(call.id) or self._planned_call(call.api_key, call.id) or call
        if account is None:
            return []
        link = recording_uri(call, account, now=self.clock(), public_url=self.public_url)
        return events_of(call, account, link)

    def messages(self, api_key: str, start: datetime, end: datetime) -> list[Message]:
        """Return all messages of an account made in [start, end), oldest first, deleted ones among them."""
        planned = self.planned(api_key).messages.between(max(start, self.starts_at), min(end, self.store.opened_at))
        with self._lock:
            added = list(self._messages.values())
        added = [message for message in added if message.api_key == api_key and start <= message.created_at < end]
        return sorted([*planned, *added], key=lambda message: (message.created_at, message.id))

    def journal(self, api_key: str, start: datetime, end: datetime) -> list[Message]:
        """Return the messages the journal shows now, newest first."""
        now = self.clock()
        return [message for message in reversed(self.messages(api_key, start, end)) if self.is_listed(message, now)]

    def is_listed(self, message: Message, now: datetime) -> bool:
        """Tell whether the journal shows a message."""
        listed_from = message.created_at + self.lag
        if listed_from > now or self._is_hidden(message.api_key, message.created_at, listed_from):
            return False
        return self.upstream.deleted_at("message", message.id) is None

    def find_message(self, api_key: str, message_id: str) -> Message | None:
        """Return a message, whether it is listed or not."""
        with self._lock:
            message = self._messages.get(message_id)
        if message is None or message.api_key != api_key:
            return self.planned(api_key).messages.find(message_id, self.starts_at, self.store.opened_at)
        return message

    def add_message(self, message: Message, ordinal: int) -> None:
        """Let a message exist."""
        with self._lock:
            self._messages[message.id] = message
        self.store.keep("message", message.id, texts.record_of(message) | {"ordinal": ordinal})

    def added_messages(self) -> list[Message]:
        """Return the messages that are not planned."""
        with self._lock:
            return list(self._messages.values())

    def message_events(self, message: Message) -> list[Event]:
        """Return the events of a message."""
        account = self.account(message.api_key)
        return message_events_of(message, account) if account and message.is_told else []

    def voicemails(self, api_key: str, start: datetime, end: datetime) -> list[Voicemail]:
        """Return all voicemails of an account received in [start, end), oldest first, deleted ones among them."""
        earliest = start - LONGEST_CALL if start > EVER + LONGEST_CALL else EVER
        found = [voicemail for call in self.calls(api_key, earliest, end) if (voicemail := voicemail_of(call))]
        with self._lock:
            found += [voicemail for voicemail in self._voicemails.values() if voicemail.api_key == api_key]
        found = [voicemail for voicemail in found if start <= voicemail.received_at < end]
        return sorted(found, key=lambda voicemail: (voicemail.received_at, voicemail.id))

    def listed_voicemails(self, api_key: str, start: datetime, end: datetime) -> list[Voicemail]:
        """Return the voicemails that are listed now, newest first."""
        now = self.clock()
        return [found for found in reversed(self.voicemails(api_key, start, end)) if self.is_kept(found, now)]

    def is_kept(self, voicemail: Voicemail, now: datetime) -> bool:
        """Tell whether a voicemail is listed."""
        listed_from = voicemail.shown_from(self.lag)
        if listed_from > now or self._is_hidden(voicemail.api_key, voicemail.received_at, listed_from):
            return False
        return self.upstream.deleted_at("voicemail", voicemail.id) is None

    def add_voicemail(self, voicemail: Voicemail, ordinal: int) -> None:
        """Let a voicemail exist that no call of the simulator left."""
        with self._lock:
            self._voicemails[voicemail.id] = voicemail
        self.store.keep("voicemail", voicemail.id, voicemails.record_of(voicemail) | {"ordinal": ordinal})

    def find_voicemail(self, api_key: str, name: str) -> Voicemail | None:
        """Return a voicemail by its id, or by that of the call it was left in."""
        with self._lock:
            found = self._voicemails.get(name)
        if found and found.api_key == api_key:
            return found
        call = self.find_call(api_key, name)
        if call:
            return voicemail_of(call)
        return next((each for each in self.voicemails(api_key, EVER, self.clock()) if each.id == name), None)

    def contacts(self, api_key: str) -> list[Contact]:
        """Return the contacts of an account as they are now, those deleted left out."""
        added = [
            Contact(id=key, **value["fields"] | {"phones": tuple(value["fields"]["phones"])})
            for key, value in self.store.kept("contact").items()
            if value["api_key"] == api_key
        ]
        return [
            address_book.changed(contact, self.upstream.fields("contact", contact.id))
            for contact in [*self.planned(api_key).contacts, *added]
            if self.upstream.deleted_at("contact", contact.id) is None
        ]

    def add_contact(self, api_key: str, contact: Contact, ordinal: int) -> None:
        """Let a contact exist."""
        fields: dict[str, Any] = {name: getattr(contact, name) for name in ("name", "phones", "company", "email")}
        self.store.keep("contact", contact.id, {"api_key": api_key, "fields": fields, "ordinal": ordinal})

    def statuses(self, account: Account, extension: str, start: datetime, end: datetime) -> list[Since]:
        """Return the course of an extension's status in [start, end)."""
        set_by_hand = [
            Since(parse_utc(value["at"]), value["status"])
            for value in self.store.kept("status").values()
            if (value["api_key"], value["extension"]) == (account.api_key, extension)
        ]
        begin = start - timedelta(days=1)
        known = list(planned_statuses(self.seed, account, extension, begin, end))
        course = with_changes(known, [since for since in set_by_hand if since.at < end])
        first = status_at(course, start)
        return [Since(start, first), *(since for since in course if since.at > start)]

    def status(self, account: Account, extension: str) -> Status:
        """Return the present status of an extension."""
        now = self.clock()
        return self.statuses(account, extension, now, now + timedelta(seconds=1))[0].status

    def set_status(self, account: Account, extension: str, status: str, at: datetime | None = None) -> None:
        """Set a status, as the agent would; it holds until the agent's next planned change."""
        ordinal = self.store.next_ordinal()
        value = {"api_key": account.api_key, "extension": extension, "status": status, "ordinal": ordinal}
        self.store.keep("status", str(ordinal), value | {"at": utc_text(at or self.clock())})

    def hide(self, hidden: Hidden) -> None:
        """Hide what is planned after a position in a period."""
        with self._lock:
            self._hidden = (*self._hidden, hidden)

    def show(self, hidden: Hidden) -> None:
        """Hide it no longer."""
        with self._lock:
            self._hidden = tuple(each for each in self._hidden if each is not hidden)

    def _is_hidden(self, api_key: str, started_at: datetime, listed_from: datetime) -> bool:
        return any(hidden.hides(api_key, started_at, listed_from) for hidden in self._hidden)

    def _planned_call(self, api_key: str, call_id: str) -> Call | None:
        return self.planned(api_key).calls.find(call_id, self.starts_at, self.store.opened_at)
