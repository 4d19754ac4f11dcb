"""The door: `POST /webhooks/mightycall/<integration id>`, signed, or `…/<token>` below it for who cannot sign."""

import logging
import os
import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from webhooks import body, signature, token
from webhooks.committer import Committer
from webhooks.database import Delivery
from webhooks.errors import UnauthorizedError
from webhooks.secrets import Proofs, Secrets

UNSIGNED = "is not signed as it should be"
PATH = "/webhooks/mightycall/<path:address>"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
log = logging.getLogger(__name__)

# Stand in place of an integration we do not know, so that it is refused no faster than a wrong signature or token.
_DUMMY = Proofs(secrets=(os.urandom(32),), token_hashes=(os.urandom(32),))


def blueprint(secrets: Secrets, committer: Committer, now: Callable[[], datetime]) -> Blueprint:
    """Build the door from its parts."""
    door = Blueprint("deliveries", __name__)

    @door.get(PATH)
    def show(address: str) -> ResponseReturnValue:  # noqa: ARG001
        return _checked()

    @door.post(PATH)
    def deliver(address: str) -> ResponseReturnValue:
        received_at = now()
        if "Echo" in request.headers:
            return _checked()
        received = body.read(request)
        if not received:
            return _checked()
        integration, has_token, given = address.partition("/")
        integration_id = UUID(integration) if _UUID.fullmatch(integration) else None
        prove = _by_token if has_token else _by_signature
        proven_id, text = prove(integration_id, received, given)
        outcome = committer.commit(Delivery(proven_id, text, received_at))
        return jsonify(status=outcome.status, duplicate=outcome.is_duplicate)

    def _by_signature(integration_id: UUID | None, received: bytes, _: str) -> tuple[UUID, str]:
        try:
            digests = signature.parse(request.headers.get(signature.HEADER))
        except UnauthorizedError:
            raise _unauthorized(integration_id, UNSIGNED) from None

        def is_signed(known: Proofs) -> bool:
            return signature.is_signed(received, digests, known.secrets or _DUMMY.secrets) and bool(known.secrets)

        if not _is_proven(integration_id, is_signed) or integration_id is None:
            raise _unauthorized(integration_id, UNSIGNED)
        return integration_id, body.json_object(received)[0]

    def _by_token(integration_id: UUID | None, received: bytes, given: str) -> tuple[UUID, str]:
        def is_valid(known: Proofs) -> bool:
            return token.is_valid(given, known.token_hashes or _DUMMY.token_hashes) and bool(known.token_hashes)

        if not _is_proven(integration_id, is_valid) or integration_id is None:
            raise _unauthorized(integration_id, "has not its token in its path")
        text, payload = body.json_object(received)
        if not _is_proven(integration_id, lambda known: not token.names_another_account(payload, known.api_keys)):
            raise _unauthorized(integration_id, "names the ApiKey of another account")
        return integration_id, text

    def _is_proven(integration_id: UUID | None, proof: Callable[[Proofs], bool]) -> bool:
        def known(*, again: bool) -> Proofs:
            return secrets.of(integration_id, again=again) if integration_id else Proofs()

        return proof(known(again=False)) or proof(known(again=True))

    return door


def _unauthorized(integration_id: UUID | None, reason: str) -> UnauthorizedError:
    # The id alone is logged: what follows it in the path may be a token.
    if integration_id:
        log.info("integration %s: a delivery %s", integration_id, reason)
    return UnauthorizedError()


def _checked() -> Response:
    """Answer the provider's check of the URL, which is kept nowhere."""
    answer = jsonify(status="ok")
    if "Echo" in request.headers:
        answer.headers["Echo"] = request.headers["Echo"]
    return answer
