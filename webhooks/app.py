import secrets as randomness
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Final

from flask import Flask

from webhooks import api, deliveries, errors, health
from webhooks.api_errors import BusyError
from webhooks.backlog import Backlog
from webhooks.committer import Committer
from webhooks.config import Config
from webhooks.database import Database
from webhooks.rest import Rest
from webhooks.secrets import Secrets
from webhooks.slots import Slots

COMMITS: Final = 2
"""Of a process at a time: while one waits for the disk, the next group is on its way."""
API_CONNECTIONS: Final = 2
"""Of a process. Each request asks once and briefly, so they are enough; and no delivery waits for one of them."""


def create_app(config: Config) -> Flask:
    """Put the app together. It starts without a database and answers 503 until there is one.

    `app.extensions["opened"]` may be closed when the app is no longer needed.
    """
    opened = ExitStack()
    database = Database(config.database_url.get_secret_value(), config.pool_size)
    opened.callback(database.close)
    secrets = Secrets(database.webhook_secrets, config.credentials_keys, config.secrets_ttl_seconds, time.monotonic)

    backlog = Backlog(database.receive, database.apply_received)
    opened.callback(backlog.close)

    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.extensions["opened"] = opened
    app.register_blueprint(deliveries.blueprint(secrets, Committer(database.ingest, backlog, COMMITS), _now))
    api_is_well = None
    if config.rest_url:
        slots = Slots(config.api_requests)
        rest = Rest(
            config.rest_url,
            config.rest_key.get_secret_value() if config.rest_key else None,
            config.rest_timeout_seconds,
            connections=config.api_requests,
        )
        keys = Database(config.database_url.get_secret_value(), API_CONNECTIONS)
        opened.callback(rest.close)
        opened.callback(keys.close)
        app.register_blueprint(api.blueprint(keys.open_api_request, rest, slots, _now, _new_grant))
        api_is_well = partial(_is_well, rest, slots)
    app.register_blueprint(health.blueprint(database.webhook_secrets, _now, api_is_well))
    errors.register(app)
    return app


def _is_well(rest: Rest, slots: Slots) -> bool:
    """Look at PostgREST, in a place of the API's; while there is none it is busy, which is no illness."""
    try:
        with slots.one():
            return rest.is_well(_new_grant())
    except BusyError:
        return True


def _now() -> datetime:
    return datetime.now(UTC)


def _new_grant() -> str:
    return randomness.token_urlsafe(32)
