import time
from datetime import UTC, datetime

from flask import Flask

from webhooks import deliveries, errors, health
from webhooks.committer import Committer
from webhooks.config import Config
from webhooks.database import Database
from webhooks.secrets import Secrets


def create_app(config: Config) -> Flask:
    """Put the app together. It starts without a database and answers 503 until there is one.

    `app.extensions["database"]` may be closed when the app is no longer needed.
    """
    database = Database(config.database_url.get_secret_value(), config.pool_size)
    secrets = Secrets(database.webhook_secrets, config.credentials_keys, config.secrets_ttl_seconds, time.monotonic)

    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.extensions["database"] = database
    app.register_blueprint(deliveries.blueprint(secrets, Committer(database.ingest), _now))
    app.register_blueprint(health.blueprint(database.webhook_secrets, _now))
    errors.register(app)
    return app


def _now() -> datetime:
    return datetime.now(UTC)
