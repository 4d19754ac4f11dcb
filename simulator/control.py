"""The control API under /__simulator__/: truth, calls on order, live traffic, accounts, faults."""

from collections.abc import Callable
from dataclasses import asdict
from hmac import compare_digest

from flask import Blueprint, Response, jsonify, request
from pydantic import ValidationError

from simulator.accounts import Account, Webhook, faults_of
from simulator.clock import parse_utc, utc_text
from simulator.exchange import Exchange
from simulator.faults import Faults
from simulator.history import shown_from
from simulator.live import Live
from simulator.outgoing import Outgoing
from simulator.panel import panel
from simulator.play import Score, Stage
from simulator.quota import Quota
from simulator.script import Script
from simulator.switchboard import switchboard
from simulator.truth import PARTS, facts, truth
from simulator.webhooks import Check, check_url

TOKEN_HEADER = "x-control-token"  # noqa: S105

Answer = Response | tuple[Response, int]


def control(
    *,
    exchange: Exchange,
    live: Live,
    outgoing: Outgoing,
    stage: Stage,
    faults: Faults,
    quota: Quota,
    checks: dict[str, Check],
    check_later: Callable[[Account], None],
    token: str | None,
) -> Blueprint:
    """Return the control API; with a token, everything but health asks for it."""
    routes = Blueprint("control", __name__, url_prefix="/__simulator__")

    @routes.before_request
    def authorize() -> Answer | None:
        request.get_data(cache=True)
        given = request.headers.get(TOKEN_HEADER, "")
        if token and request.endpoint != "control.health" and not compare_digest(given.encode(), token.encode()):
            return jsonify(error=f"a {TOKEN_HEADER} header is required"), 401
        return None

    @routes.errorhandler(ValidationError)
    def malformed(error: ValidationError) -> Answer:
        return jsonify(error=faults_of(error)), 422

    @routes.errorhandler(ValueError)
    def unfit(error: ValueError) -> Answer:
        return jsonify(error=str(error)), 422

    @routes.get("/health")
    def health() -> Answer:
        accounts = [
            {
                "kind": account.kind,
                "numbers": len(account.numbers),
                "requests_today": quota.used(account.api_key),
                "webhook": _webhook_state(account, checks.get(account.api_key)),
            }
            for account in exchange.accounts
        ]
        return jsonify(
            status="ok",
            timestamp=utc_text(exchange.clock()),
            live=not live.is_paused,
            faults=faults.on(),
            accounts=accounts,
        )

    @routes.get("/truth")
    def get_truth() -> Answer:
        asked = {
            parameter: parse_utc(request.args[name])
            for name, parameter in (("from", "start"), ("to", "end"))
            if name in request.args
        }
        parts = request.args.get("parts")
        wanted = {part.strip() for part in parts.split(",")} if parts else PARTS
        if unknown := wanted - PARTS:
            raise ValueError(f"no such parts: {', '.join(sorted(unknown))}; there are {', '.join(sorted(PARTS))}")
        known = truth(exchange, api_key=request.args.get("account"), parts=wanted, **asked)
        for account in known["accounts"]:
            if "requests" in wanted:
                days = quota.days(account["api_key"])
                account["requests"] = [asdict(day) for day in days]
                account["requests_highest"] = max((day.used for day in days), default=0)
            if "asked" in wanted:
                account["asked"] = outgoing.asked(account["api_key"])
        return jsonify(known)

    @routes.post("/calls")
    def post_call() -> Answer:
        script = Script.model_validate(request.get_json())
        call = live.order(script)
        account = exchange.account(call.api_key)
        return (
            jsonify(
                id=call.id,
                played_until=utc_text(call.plays(call.length_ms)),
                shown_from=utc_text(shown_from(call, exchange.lag)),
                call=account and facts(exchange, account, call),
            ),
            201,
        )

    @routes.post("/pause")
    def pause() -> Answer:
        live.is_paused = True
        return jsonify(live=False)

    @routes.post("/resume")
    def resume() -> Answer:
        live.is_paused = False
        return jsonify(live=True)

    @routes.post("/accounts")
    def put_account() -> Answer:
        account = Account.model_validate_json(request.get_data())
        exchange.put(account)
        checks.pop(account.api_key, None)
        check_later(account)
        return jsonify(status="served"), 201

    @routes.post("/webhooks")
    def put_webhook() -> Answer:
        wanted = dict(request.get_json())
        account = exchange.account(str(wanted.pop("account", "")))
        if account is None:
            raise ValueError("there is no such account")
        webhook = Webhook.model_validate(wanted)
        check = check_url(webhook.url)
        if not check.is_passed:
            return jsonify(error=check.problem), 422
        exchange.set_webhook(account.model_copy(update={"webhook": webhook}))
        checks[account.api_key] = check
        return jsonify(status="checked"), 201

    @routes.post("/play")
    def play() -> Answer:
        return jsonify(plays=stage.play(Score.model_validate(request.get_json()))), 201

    @routes.get("/play")
    def progress() -> Answer:
        return jsonify(stage.told(float(request.args.get("wait", "0"))))

    @routes.delete("/play")
    def stop_playing() -> Answer:
        stage.stop(for_good=True)
        return jsonify(stage.told())

    panel(routes, exchange=exchange, live=live, outgoing=outgoing)
    routes.register_blueprint(switchboard(faults))
    return routes


def _webhook_state(account: Account, check: Check | None) -> str:
    if account.webhook is None:
        return "none"
    if check is None:
        return "unchecked"
    return "ok" if check.is_passed else f"failing: {check.problem}"
