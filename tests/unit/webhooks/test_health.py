from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from webhooks import health
from webhooks.database import StoredSecret
from webhooks.errors import RefusedError, UnavailableError

NOW = datetime(2026, 6, 5, 15, 38, 29, 522_000, tzinfo=timezone(timedelta(hours=2)))
TIMESTAMP = "2026-06-05T13:38:29.522Z"


def _get(path: str, error: Exception | None = None, api_is_well: Callable[[], bool] | None = None) -> TestResponse:
    def webhook_secrets(_: UUID) -> list[StoredSecret]:
        if error:
            raise error
        return []

    app = Flask("health")
    app.register_blueprint(health.blueprint(webhook_secrets, lambda: NOW, api_is_well))
    return app.test_client().get(path)


@pytest.mark.parametrize("path", ["/health", "/api/health", "/readyz"])
def test_health_says_ok_and_when(path: str) -> None:
    answer = _get(path)
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "timestamp": TIMESTAMP})


@pytest.mark.parametrize("path", ["/health", "/api/health", "/readyz"])
@pytest.mark.parametrize(("error", "part"), [(UnavailableError(), "database"), (RefusedError(), "schema")])
def test_health_names_the_part_that_is_not(path: str, error: Exception, part: str) -> None:
    answer = _get(path, error)
    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "part": part, "timestamp": TIMESTAMP}


def test_a_live_process_is_alive_without_a_database() -> None:
    answer = _get("/healthz", UnavailableError())
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_health_speaks_of_the_api_where_there_is_one(path: str) -> None:
    assert _get(path, api_is_well=lambda: True).json == {"status": "ok", "timestamp": TIMESTAMP}
    answer = _get(path, api_is_well=lambda: False)
    assert (answer.status_code, answer.get_json()["part"]) == (503, "api")
    assert _get(path, UnavailableError(), lambda: False).get_json()["part"] == "database"


def test_deliveries_are_ready_without_the_api() -> None:
    assert _get("/readyz", api_is_well=lambda: False).status_code == 200
