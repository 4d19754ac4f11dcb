"""Whether the app is alive, and whether it can do its work."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from webhooks.database import StoredSecret
from webhooks.errors import RefusedError, UnavailableError

NOBODY = UUID(int=0)


def blueprint(
    webhook_secrets: Callable[[UUID], list[StoredSecret]],
    now: Callable[[], datetime],
    api_is_well: Callable[[], bool] | None = None,
) -> Blueprint:
    """Build the health checks; asking for the secrets of nobody shows that connection, schema and grants are there.

    The API is looked at where a person or a monitor asks for health, but `/readyz` speaks of deliveries alone: what
    sends traffic by it must not turn deliveries away because PostgREST is down.
    """
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> ResponseReturnValue:
        return jsonify(status="ok")

    @health.get("/readyz")
    def ready() -> ResponseReturnValue:
        return _answer(_ailing())

    @health.get("/health")
    @health.get("/api/health")
    def well() -> ResponseReturnValue:
        return _answer(_ailing() or ("api" if api_is_well and not api_is_well() else None))

    def _ailing() -> str | None:
        try:
            webhook_secrets(NOBODY)
        except RefusedError:
            return "schema"
        except UnavailableError:
            return "database"
        return None

    def _answer(part: str | None) -> ResponseReturnValue:
        timestamp = now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if part:
            return jsonify(status="unavailable", part=part, timestamp=timestamp), 503
        return jsonify(status="ok", timestamp=timestamp)

    return health
