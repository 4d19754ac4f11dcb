"""The webhook app in a server of its own that answers deliveries as they come and keeps none.

Everything up to the database is the product's: HTTP, signature, JSON, the queue of deliveries that wait for a commit.
`python -m gevent.monkey --module bench.hollow` runs it.
"""

from collections.abc import Sequence
from unittest.mock import patch

from flask import Flask

from webhooks import app
from webhooks.config import Config
from webhooks.database import Database, Delivery, Outcome
from webhooks.server import Server


class _Hollow(Database):
    def ingest(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [Outcome(ordinal, "applied", is_duplicate=False) for ordinal, _ in enumerate(deliveries, start=1)]

    receive = ingest

    def apply_received(self, limit: int) -> int | None:  # noqa: ARG002
        return 0


class HollowServer(Server):
    """The webhook app's server; the database is asked for secrets alone."""

    def load(self) -> Flask:
        """Make the app with a database that keeps nothing."""
        with patch.object(app, "Database", _Hollow):
            return super().load()


if __name__ == "__main__":
    HollowServer(Config.load_or_exit()).run()
