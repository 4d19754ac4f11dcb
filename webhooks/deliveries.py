"""The door: `POST /webhooks/mightycall/<integration id>`."""

import logging
import os
import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from webhooks import body, signature
from webhooks.committer import Committer
from webhooks.database import Delivery
from webhooks.errors import UnauthorizedError
from webhooks.secrets import Secrets

PATH = "/webhooks/mightycall/<path:integration>"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
log = logging.getLogger(__name__)

# Signs in place of an integration we do not know, so that it is refused no faster than a wrong signature.
_DUMMY = (os.urandom(32),)


def blueprint(secrets: Secrets, committer: Committer, now: Callable[[], datetime]) -> Blueprint:
    """Build the door from its parts."""
    door = Blueprint("deliveries", __name__)

    @door.get(PATH)
    def show(integration: str) -> ResponseReturnValue:  # noqa: ARG001
        return _checked()

    @door.post(PATH)
    def deliver(integration: str) -> ResponseReturnValue:
        received_at = now()
        if "Echo" in request.headers:
            return _checked()
        received = body.read(request)
        if not received:
            return _checked()
        integration_id = _authenticated(integration, received)
        outcome = committer.commit(Delivery(integration_id, body.text(received), received_at))
        return jsonify(status=outcome.status, duplicate=outcome.is_duplicate)

    def _authenticated(integration: str, received: bytes) -> UUID:
        digests = signature.parse(request.headers.get(signature.HEADER))
        integration_id = UUID(integration) if _UUID.fullmatch(integration) else None
        known = secrets.of(integration_id) if integration_id else ()
        is_signed = signature.is_signed(received, digests, known or _DUMMY)
        if integration_id is None or not known or not is_signed:
            if integration_id:
                log.info("integration %s: a delivery is not signed as it should be", integration_id)
            raise UnauthorizedError
        return integration_id

    return door


def _checked() -> Response:
    """Answer the provider's check of the URL, which is kept nowhere."""
    answer = jsonify(status="ok")
    if "Echo" in request.headers:
        answer.headers["Echo"] = request.headers["Echo"]
    return answer
