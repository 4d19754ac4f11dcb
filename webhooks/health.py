"""Whether the app is alive, and whether it can do its work."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from webhooks.database import StoredSecret
from webhooks.errors import RefusedError, UnavailableError

NOBODY = UUID(int=0)


def blueprint(webhook_secrets: Callable[[UUID], list[StoredSecret]], now: Callable[[], datetime]) -> Blueprint:
    """Build the health checks; asking for the secrets of nobody shows that connection, schema and grants are there."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> ResponseReturnValue:
        return jsonify(status="ok")

    @health.get("/health")
    @health.get("/api/health")
    @health.get("/readyz")
    def ready() -> ResponseReturnValue:
        timestamp = now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            webhook_secrets(NOBODY)
        except RefusedError:
            return jsonify(status="unavailable", part="schema", timestamp=timestamp), 503
        except UnavailableError:
            return jsonify(status="unavailable", part="database", timestamp=timestamp), 503
        return jsonify(status="ok", timestamp=timestamp)

    return health
