"""MightyCall's HTTP API, version 4: tokens, calls, messages, voicemails, numbers, team, contacts, profile."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from flask import Blueprint, Response, current_app, jsonify, request

from simulator import contacts as address_book
from simulator import journal, voicemails
from simulator.accounts import Account, Agent, Kind
from simulator.calls import Call
from simulator.clock import parse_utc
from simulator.exchange import EVER, Exchange
from simulator.faults import Faults
from simulator.history import item, matching
from simulator.messages import Message
from simulator.outgoing import Outgoing, RefusedError
from simulator.quota import Quota
from simulator.records import audio_of
from simulator.statuses import SETTABLE
from simulator.tokens import LIFETIME, Grant, Tokens

DENIED = "Authorization has been denied for this request."
PAGE_SIZE, LARGEST_PAGE = 100, 1000

Answer = Response | tuple[Response, int]


class BadParameterError(ValueError):
    """A parameter of the query cannot be read."""


def api(
    kind: Kind | None,
    *,
    name: str,
    exchange: Exchange,
    outgoing: Outgoing,
    tokens: Tokens,
    quota: Quota,
    faults: Faults,
) -> Blueprint:
    """Return the API as one host serves it; a host without a kind serves accounts of both kinds."""
    routes = Blueprint(name, __name__)

    def host_kind() -> Kind | None:
        if request.host.startswith("ccapi."):
            return "call_center"
        return "classic" if request.host.startswith("api.") else kind

    def known_account() -> Account | None:
        account = exchange.account(request.headers.get("x-api-key", ""))
        return account if account and host_kind() in (None, account.kind) else None

    faults.guard(routes)

    @routes.errorhandler(BadParameterError)
    def bad_parameter(error: BadParameterError) -> Answer:
        return jsonify(isSuccess=False, message=str(error), data=None)

    def method(view: Callable[..., Answer]) -> Callable[..., Answer]:
        """Admit a request with a key, its token and quota left, and hand on its account."""

        @wraps(view)
        def admitted(**values: str) -> Answer:
            account = exchange.account(request.headers.get("x-api-key", ""))
            if account is None:
                return jsonify(message="Forbidden"), 403
            if not quota.spend(account.api_key, account.requests_per_day):
                return jsonify(message="Limit Exceeded"), account.refusal_status
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer" or tokens.holder(token.strip()) != account.api_key or not known_account():
                return jsonify(message=DENIED), 401
            return view(account, **values)

        return admitted

    def route(path: str, view: Callable[..., Answer], verb: str = "GET") -> None:
        for prefix in ("/api", ""):
            endpoint = f"{verb} {prefix}{path}".replace(".", "")
            routes.add_url_rule(f"{prefix}{path}", endpoint, method(view), methods=[verb])

    @routes.post("/auth/token")
    def token() -> Answer:
        known = exchange.account(request.headers.get("x-api-key", ""))
        if known and not quota.spend(known.api_key, known.requests_per_day):
            return jsonify(message="Limit Exceeded"), known.refusal_status
        account = known_account()
        if account is None:
            return jsonify(error="invalid_client"), 400
        grant_type = request.form.get("grant_type")
        if grant_type == "refresh_token":
            grant = tokens.refresh(request.form.get("refresh_token", ""), account.api_key)
            return _granted(grant) if grant else (jsonify(error="invalid_grant"), 400)
        if grant_type != "client_credentials":
            return jsonify(error="unsupported_grant_type"), 400
        keys = (request.form.get("client_id"), request.form.get("client_secret"))
        if keys != (account.api_key, account.user_key):
            return jsonify(error="invalid_client"), 400
        return _granted(tokens.grant(account.api_key))

    def calls(account: Account) -> Answer:
        now = exchange.clock()
        start = _instant("startUtc", EVER)
        end = _instant("endUtc", now)
        found = matching(exchange.history(account.api_key, start, end), request.args.get("callFilter", ""))
        skip, size = _whole("skip", 0), min(_whole("pageSize", PAGE_SIZE), LARGEST_PAGE)
        page = [item(call, account, now=now, public_url=exchange.public_url) for call in found[skip : skip + size]]
        return _success(calls=page, total=len(found))

    def call(account: Account, call_id: str) -> Answer:
        found = exchange.call(account.api_key, call_id)
        if found is None:
            return _not_found("call")
        return _success(**item(found, account, now=exchange.clock(), public_url=exchange.public_url))

    def phone_numbers(account: Account) -> Answer:
        return _success(
            phoneNumbers=[
                {"id": number.id, "number": number.e164, "label": number.label, "isEnabled": number.is_enabled}
                for number in account.numbers
            ]
        )

    def requests(account: Account) -> Answer:
        now = exchange.clock()
        start, end = _instant("from", EVER), _instant("to", now)
        page, size = _whole("page", 1), min(_whole("pageSize", PAGE_SIZE), LARGEST_PAGE)
        if page < 1:
            raise BadParameterError("page counts from 1")
        types = request.args.get("type", "")
        entries: list[Call | Message] = [*exchange.journal(account.api_key, start, end)]
        if not types or "call" in types.lower():
            entries += exchange.history(account.api_key, start, end)
            entries.sort(key=lambda entry: (entry.started_at, entry.id), reverse=True)
        entries = journal.matching(entries, types, request.args.get("origin", ""), request.args.get("state", ""))
        shown = entries[(page - 1) * size : page * size]
        return jsonify(currentPage=page, requests=[journal.item(entry, account, now) for entry in shown])

    def listed_voicemails(account: Account) -> Answer:
        now = exchange.clock()
        found = exchange.listed_voicemails(account.api_key, _instant("startUtc", EVER), _instant("endUtc", now))
        skip, size = _whole("skip", 0), min(_whole("pageSize", PAGE_SIZE), LARGEST_PAGE)
        items = []
        for voicemail in found[skip : skip + size]:
            audio = audio_of(voicemail, account, exchange)
            link = audio.url(exchange) if audio.linked_from <= now else None
            items.append(voicemails.item(voicemail, account, link))
        return _success(voicemails=items, total=len(found))

    def contacts(account: Account) -> Answer:
        # Both ways of paging are documented; which of them a host honours is anybody's guess.
        found = exchange.contacts(account.api_key)
        is_by_offset = "limit" in request.args or "offset" in request.args or "skip" in request.args
        if account.contacts_paging == "offset" or (account.contacts_paging == "both" and is_by_offset):
            size = _whole("limit", _whole("pageSize", PAGE_SIZE) if account.contacts_paging == "both" else PAGE_SIZE)
            begin = _whole("offset", _whole("skip", 0))
        else:
            size = _whole("pageSize", PAGE_SIZE)
            begin = (max(_whole("page", 1), 1) - 1) * min(size, LARGEST_PAGE)
        shown = found[begin : begin + min(size, LARGEST_PAGE)]
        return _success(contacts=[address_book.item(contact, account) for contact in shown], total=len(found))

    def team(account: Account) -> Answer:
        # Both shapes and both spellings of the extension have been seen.
        key = "extensionNumber" if account.kind == "classic" else "extension"
        users = [
            {"fullName": agent.name, key: agent.extension}
            | ({"email": agent.email} if agent.email else {})
            | status(account, agent)
            for agent in account.team
        ]
        return jsonify(users=users) if account.kind == "classic" else _success(users=users)

    def status(account: Account, agent: Agent) -> dict[str, str]:
        return {"status": exchange.status(account, agent.extension)} if account.team_statuses else {}

    def profile(account: Account, extension: str | None = None) -> Answer:
        agent = account.agent(extension) if extension else next(iter(account.team), None)
        return _success(**_profile(agent), **status(account, agent)) if agent else _not_found("profile")

    def own_status(account: Account) -> Answer:
        agent = next(iter(account.team), None)
        if agent is None:
            return _not_found("profile")
        return _success(status=exchange.status(account, agent.extension))

    def set_own_status(account: Account, wanted: str) -> Answer:
        agent = next(iter(account.team), None)
        if agent is None:
            return _not_found("profile")
        if wanted.lower() not in SETTABLE:
            raise BadParameterError(f"{wanted} is not a status that can be set")
        exchange.set_status(account, agent.extension, wanted.lower())
        return _success(status=wanted.lower())

    def send(account: Account) -> Answer:
        sent = outgoing.send(account, request.get_json(silent=True))
        first = next(iter(sent.messages), None)
        answer: dict[str, object] = {
            "message": "SMS message sent successfully",
            "id": first and first.id,
            "sourcePhoneNumber": dict(request.get_json())["from"],
        }
        if account.kind == "classic":
            # A number of this host's own, which the journal does not know.
            answer["id"] = first and int(first.id[:7], 16)
            errors: list[object] = [f"{phone}: {reason}" for phone, reason in sent.unreachable]
            return _success(**answer, errors=errors)
        if sent.unreachable:
            answer["errors"] = [{"phoneNumber": phone, "message": reason} for phone, reason in sent.unreachable]
        return jsonify(answer)

    def send_in_call_center(account: Account) -> Answer:
        if account.kind == "call_center":
            return send(account)
        return jsonify(message="The requested resource does not support http method 'POST'."), 405

    def send_classic(account: Account) -> Answer:
        return send(account) if account.kind == "classic" else _not_found("method")

    def make_call(account: Account) -> Answer:
        placed = outgoing.place(account, request.get_json(silent=True))
        if account.kind == "classic":
            return jsonify(isSuccess=True, message="The call is being placed")
        return _success(id=placed.id)

    @routes.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Answer:
        return jsonify(isSuccess=False, message=str(error), errors=[str(error)]), 400

    route("/calls", calls)
    route("/calls/makecall", make_call, "POST")
    route("/calls/<call_id>", call)
    route("/journal/requests", requests)
    route("/contactcenter/messages/send", send_in_call_center, "POST")
    route("/messages/send", send_classic, "POST")
    route("/voicemails", listed_voicemails)
    route("/contacts", contacts)
    route("/phonenumbers", phone_numbers)
    route("/team", team)
    route("/profile", profile)
    route("/profile/status", own_status)
    route("/profile/status/<wanted>", set_own_status, "PUT")
    route("/profile/<extension>", profile)
    return routes


def _granted(grant: Grant) -> Answer:
    return jsonify(
        access_token=grant.access_token,
        token_type="bearer",  # noqa: S106
        expires_in=int(LIFETIME.total_seconds()),
        refresh_token=grant.refresh_token,
    )


def _success(**data: object) -> Response:
    return jsonify(data=data, isSuccess=True, message=None)


def _not_found(what: str) -> Answer:
    current_app.logger.debug("no such %s: %s", what, request.path)
    return jsonify(data=None, isSuccess=False, message=f"No such {what}"), 404


def _profile(agent: Agent) -> dict[str, object]:
    return {"fullName": agent.name, "extension": agent.extension, "phoneNumbers": list(agent.numbers)}


def _instant(name: str, default: datetime) -> datetime:
    text = request.args.get(name)
    try:
        return parse_utc(text) if text else default
    except ValueError:
        raise BadParameterError(f"{name} is not a date") from None


def _whole(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal():
        raise BadParameterError(f"{name} is not a whole number")
    return int(text)
