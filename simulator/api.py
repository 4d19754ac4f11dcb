"""MightyCall's HTTP API, version 4: tokens, calls, phone numbers, team, profile."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.accounts import Account, Agent, Kind
from simulator.clock import parse_utc
from simulator.exchange import EVER, Exchange
from simulator.faults import Faults
from simulator.history import item, matching
from simulator.quota import Quota
from simulator.tokens import LIFETIME, Grant, Tokens

DENIED = "Authorization has been denied for this request."
PAGE_SIZE, LARGEST_PAGE = 100, 1000

Answer = Response | tuple[Response, int]


class BadParameterError(ValueError):
    """A parameter of the query cannot be read."""


def api(kind: Kind | None, *, name: str, exchange: Exchange, tokens: Tokens, quota: Quota, faults: Faults) -> Blueprint:
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

    def route(path: str, view: Callable[..., Answer]) -> None:
        for prefix in ("/api", ""):
            routes.add_url_rule(f"{prefix}{path}", f"{prefix}{path}".replace(".", ""), method(view))

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

    def team(account: Account) -> Answer:
        # Both shapes and both spellings of the extension have been seen.
        if account.kind == "classic":
            return jsonify(
                users=[{"fullName": agent.name, "extensionNumber": agent.extension} for agent in account.team]
            )
        return _success(users=[{"fullName": agent.name, "extension": agent.extension} for agent in account.team])

    def profile(account: Account, extension: str | None = None) -> Answer:
        agent = account.agent(extension) if extension else next(iter(account.team), None)
        return _success(**_profile(agent)) if agent else _not_found("profile")

    route("/calls", calls)
    route("/calls/<call_id>", call)
    route("/phonenumbers", phone_numbers)
    route("/team", team)
    route("/profile", profile)
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
