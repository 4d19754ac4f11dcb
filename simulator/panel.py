"""What people do elsewhere: those outside who write and leave word, and those at the provider's panel who correct."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from simulator.accounts import E164, Account, Agent, Number
from simulator.calls import Party
from simulator.clock import MILLISECOND, whole_milliseconds
from simulator.contacts import Contact
from simulator.dice import dice, random_id
from simulator.exchange import Exchange
from simulator.live import Live
from simulator.messages import DeliveryStatus, Message, Way
from simulator.outgoing import Outgoing, Outside
from simulator.truth import message_facts, voicemail_facts
from simulator.upstream import CallChange, Kind
from simulator.voicemails import Voicemail

Answer = Response | tuple[Response, int]

_FIELDS = TypeAdapter(dict[str, object])


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    account: str


class NewMessage(_Asked):
    """A message that was not sent through the API: from outside, or by an agent at the panel."""

    direction: Way = "Inbound"
    number: E164 | None = None
    outside: Annotated[E164, Field(alias="from")]
    name: str | None = None
    text: str
    at: AwareDatetime | None = None
    delivery: DeliveryStatus = "Delivered"
    settles_after: float = Field(default=1, ge=0)
    failure: str | None = None
    has_guid: bool = True
    events: bool = True


class NewVoicemail(_Asked):
    """A voicemail that no call of the simulator left."""

    number: E164 | None = None
    outside: Annotated[E164 | None, Field(alias="from")] = None
    name: str | None = None
    at: AwareDatetime | None = None
    seconds: float = Field(default=10, ge=0)
    call_id: str | None = None
    extension: str | None = None
    transcription: str | None = None
    link_after: float = Field(default=0, ge=0)


class NewContact(_Asked):
    """An entry of the address book."""

    name: str
    phones: tuple[str, ...] = ()
    company: str | None = None
    email: str | None = None


class ContactChange(BaseModel):
    """What can be changed about an entry."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    phones: tuple[str, ...] | None = None
    company: str | None = None
    email: str | None = None


class AgentChange(BaseModel):
    """What can be changed about an agent; one who is not there yet needs a name."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    email: str | None = None
    numbers: tuple[E164, ...] | None = None


class NumberChange(BaseModel):
    """What can be changed about a number; one that is not there yet is added."""

    model_config = ConfigDict(extra="forbid")

    id: str | int | None = None
    label: str | None = None
    is_enabled: bool | None = None


class NewStatus(_Asked):
    """A status that an agent sets."""

    extension: str
    status: Literal["available", "dnd", "offline"]
    at: AwareDatetime | None = None


def panel(routes: Blueprint, *, exchange: Exchange, live: Live, outgoing: Outgoing) -> None:
    """Add to the control API what people do elsewhere."""

    def account_of(api_key: str | None) -> Account:
        account = exchange.account(api_key or "")
        if account is None:
            raise ValueError("there is no such account")
        return account

    def asked_account() -> Account:
        return account_of(request.args.get("account"))

    def number_of(account: Account, number: str | None) -> str:
        known = [each.e164 for each in account.numbers]
        if number is None and known:
            return known[0]
        if number not in known:
            raise ValueError(f"the account has no number {number}")
        return number

    def instant(at: datetime | None) -> datetime:
        return whole_milliseconds(at.astimezone(UTC) if at else exchange.clock())

    def new_id(kind: str) -> tuple[str, int]:
        ordinal = exchange.store.next_ordinal()
        return random_id(dice(exchange.seed, kind, ordinal)), ordinal

    @routes.post("/messages")
    def post_message() -> Answer:
        asked = NewMessage.model_validate(request.get_json())
        account = account_of(asked.account)
        message_id, ordinal = new_id("message")
        created_at = instant(asked.at)
        is_settled = asked.direction == "Outbound" and asked.delivery != "Sent"
        message = Message(
            id=message_id,
            api_key=account.api_key,
            direction=asked.direction,
            number=number_of(account, asked.number),
            outside=Party(asked.outside, asked.name),
            text=asked.text,
            created_at=created_at,
            delivery=asked.delivery,
            settles_at=created_at + round(asked.settles_after * 1000) * MILLISECOND if is_settled else None,
            failure=asked.failure,
            has_guid=asked.has_guid,
            origin="script",
            is_told=asked.events,
        )
        live.write(message, ordinal)
        return jsonify(id=message.id, message=message_facts(exchange, account, message)), 201

    @routes.post("/voicemails")
    def post_voicemail() -> Answer:
        asked = NewVoicemail.model_validate(request.get_json())
        account = account_of(asked.account)
        voicemail_id, ordinal = new_id("voicemail")
        received_at, length = instant(asked.at), round(asked.seconds * 1000)
        voicemail = Voicemail(
            id=voicemail_id,
            api_key=account.api_key,
            number=number_of(account, asked.number),
            outside=Party(asked.outside, asked.name),
            received_at=received_at,
            length_ms=length,
            over_at=min(received_at + length * MILLISECOND, max(received_at, exchange.clock())),
            call_id=asked.call_id,
            extension=asked.extension,
            transcription=asked.transcription,
            link_after_ms=round(asked.link_after * 1000),
            origin="script",
            of_call=None,
        )
        exchange.add_voicemail(voicemail, ordinal)
        return jsonify(id=voicemail.id, voicemail=voicemail_facts(exchange, account, voicemail)), 201

    @routes.patch("/calls/<call_id>")
    def patch_call(call_id: str) -> Answer:
        change = CallChange.model_validate(request.get_json())
        if not any(exchange.find_call(account.api_key, call_id) for account in exchange.accounts):
            raise ValueError("there is no such call")
        exchange.upstream.change("call", call_id, **change.model_dump(exclude_none=True))
        return jsonify(status="changed")

    def deleting(kind: Kind, find: Callable[[str, str], object]) -> Callable[[str], Answer]:
        def delete(identity: str) -> Answer:
            if not any(find(account.api_key, identity) for account in exchange.accounts):
                raise ValueError(f"there is no such {kind}")
            if request.method == "DELETE":
                exchange.upstream.delete(kind, identity)
                return jsonify(status="deleted")
            exchange.upstream.restore(kind, identity)
            return jsonify(status="restored")

        return delete

    def find_contact(api_key: str, contact_id: str) -> object:
        listed = any(contact.id == contact_id for contact in exchange.contacts(api_key))
        return listed or exchange.upstream.deleted_at("contact", contact_id)

    finders: dict[Kind, Callable[[str, str], object]] = {
        "call": exchange.find_call,
        "message": exchange.find_message,
        "voicemail": exchange.find_voicemail,
        "contact": find_contact,
    }
    for kind, find in finders.items():
        view = deleting(kind, find)
        routes.add_url_rule(f"/{kind}s/<identity>", f"delete_{kind}", view, methods=["DELETE"])
        routes.add_url_rule(f"/{kind}s/<identity>/restore", f"restore_{kind}", view, methods=["POST"])

    @routes.post("/contacts")
    def post_contact() -> Answer:
        asked = NewContact.model_validate(request.get_json())
        contact_id, ordinal = new_id("contact")
        contact = Contact(contact_id, asked.name, asked.phones, asked.company, asked.email)
        exchange.add_contact(account_of(asked.account).api_key, contact, ordinal)
        return jsonify(id=contact_id), 201

    @routes.patch("/contacts/<contact_id>")
    def patch_contact(contact_id: str) -> Answer:
        fields = ContactChange.model_validate(request.get_json()).model_dump(exclude_unset=True, mode="json")
        if not any(find_contact(account.api_key, contact_id) for account in exchange.accounts):
            raise ValueError("there is no such contact")
        exchange.upstream.change("contact", contact_id, **fields)
        return jsonify(status="changed")

    @routes.put("/team/<extension>")
    def put_agent(extension: str) -> Answer:
        account = asked_account()
        fields = AgentChange.model_validate(request.get_json()).model_dump(exclude_unset=True)
        known = account.agent(extension)
        before = known.model_dump() if known else {"extension": extension}
        exchange.change_agent(account.api_key, extension, Agent.model_validate(before | fields))
        return jsonify(status="changed")

    @routes.delete("/team/<extension>")
    def delete_agent(extension: str) -> Answer:
        account = asked_account()
        if account.agent(extension) is None:
            raise ValueError(f"the account has no extension {extension}")
        exchange.change_agent(account.api_key, extension, None)
        return jsonify(status="deleted")

    @routes.put("/numbers/<e164>")
    def put_number(e164: str) -> Answer:
        account = asked_account()
        fields = NumberChange.model_validate(request.get_json()).model_dump(exclude_unset=True)
        known = next((number for number in account.numbers if number.e164 == e164), None)
        before = known.model_dump() if known else {"id": new_id("number")[0], "e164": e164}
        exchange.change_number(account.api_key, e164, Number.model_validate(before | fields))
        return jsonify(status="changed")

    @routes.delete("/numbers/<e164>")
    def delete_number(e164: str) -> Answer:
        account = asked_account()
        number_of(account, e164)
        exchange.change_number(account.api_key, e164, None)
        return jsonify(status="deleted")

    @routes.post("/statuses")
    def post_status() -> Answer:
        asked = NewStatus.model_validate(request.get_json())
        account = account_of(asked.account)
        if account.agent(asked.extension) is None:
            raise ValueError(f"the account has no extension {asked.extension}")
        exchange.set_status(account, asked.extension, asked.status, asked.at)
        return jsonify(status=asked.status), 201

    @routes.put("/outside/<phone>")
    def put_outside(phone: str) -> Answer:
        outgoing.know(Outside.model_validate({"phone": phone} | _FIELDS.validate_python(request.get_json())))
        return jsonify(status="known")

    @routes.get("/asked")
    def get_asked() -> Answer:
        return jsonify(asked=outgoing.asked(request.args.get("account")))
