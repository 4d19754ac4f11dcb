"""The programs around Postgres, each ready to be started: a part with its command, environment and probe."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devstack.daemon import Daemon
from devstack.distribution import postgrest_program
from devstack.keys import Keys
from devstack.layout import REPOSITORY
from devstack.part import Part
from devstack.ports import HOST
from devstack.waiting import Probe, http_probe

_GATEWAY: Final = Path(__file__).parent / "gateway/main.mjs"
_MIGRATIONS: Final = REPOSITORY / "supabase/migrations"


def postgrest(
    run: Path,
    *,
    port: int,
    database_url: str,
    jwt_secret: str,
    settings: Mapping[str, str] | None = None,
    port_variable: str = "another port",
) -> Part:
    """PostgREST on one database.

    Args:
        run: gets the pid file and the log.
        port: where it listens.
        database_url: connection of the role `authenticator`.
        jwt_secret: what tokens are signed with (HS256).
        settings: more of PostgREST's settings, as environment variables (`PGRST_…`).
        port_variable: what moves the port, for the error when it is busy.
    """
    daemon = Daemon(
        name="postgrest",
        command=[str(postgrest_program())],
        directory=run,
        environment={
            "PGRST_DB_URI": database_url,
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_EXTRA_SEARCH_PATH": "public, extensions",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_MAX_ROWS": "50000",
            "PGRST_DB_POOL": "10",
            "PGRST_JWT_SECRET": jwt_secret,
            "PGRST_SERVER_HOST": HOST,
            "PGRST_SERVER_PORT": str(port),
            "PGRST_LOG_LEVEL": "warn",
            **(settings or {}),
        },
        # It knows the schema that it found when it started.
        inputs=sorted(_MIGRATIONS.glob("*.sql")),
    )
    return Part("PostgREST", daemon, http_probe(f"http://{HOST}:{port}/"), port, port_variable)


def gateway(
    run: Path,
    *,
    port: int,
    keys: Keys,
    postgrest_port: int,
    webhooks_port: int,
    auth_database_url: str,
    storage_database_url: str,
    storage: Path,
    port_variable: str = "another port",
) -> Part:
    """The one origin: PostgREST, Auth, Storage and the webhook app.

    Args:
        run: gets the pid file and the log.
        port: where it listens.
        keys: the API keys it knows and the secret that tokens are signed with.
        postgrest_port: where PostgREST listens.
        webhooks_port: where the webhook app listens.
        auth_database_url: connection of the role `supabase_auth_admin`.
        storage_database_url: connection of the role `supabase_storage_admin`.
        storage: directory for uploaded objects.
        port_variable: what moves the port, for the error when it is busy.
    """
    daemon = Daemon(
        name="gateway",
        command=["node", str(_GATEWAY)],
        directory=run,
        environment={
            "GATEWAY_PORT": str(port),
            "GATEWAY_POSTGREST_URL": f"http://{HOST}:{postgrest_port}",
            "GATEWAY_WEBHOOKS_URL": f"http://{HOST}:{webhooks_port}",
            "GATEWAY_AUTH_DATABASE_URL": auth_database_url,
            "GATEWAY_STORAGE_DATABASE_URL": storage_database_url,
            "GATEWAY_STORAGE_DIRECTORY": str(storage),
            "GATEWAY_JWT_SECRET": keys.jwt_secret,
            "GATEWAY_PUBLISHABLE_KEY": keys.publishable_key,
            "GATEWAY_SECRET_KEY": keys.secret_key,
        },
        inputs=sorted(_GATEWAY.parent.glob("*.mjs")),
    )
    probe = http_probe(f"http://{HOST}:{port}/auth/v1/health", {"apikey": keys.publishable_key})
    return Part("the gateway", daemon, probe, port, port_variable)


def webhook_app(
    run: Path,
    *,
    port: int,
    database_url: str,
    credentials_keys: str,
    rest_url: str | None = None,
    settings: Mapping[str, str] | None = None,
    port_variable: str = "another port",
) -> Part:
    """The Flask app that takes MightyCall's deliveries and answers the API of keys.

    Args:
        run: gets the pid file and the log.
        port: where it listens.
        database_url: connection of the role `webhooks`.
        credentials_keys: the private keys, as `CREDENTIALS_KEYS` wants them.
        rest_url: where PostgREST answers; left out, there is no API of keys.
        settings: more of its settings, as environment variables (`WEBHOOKS_…`).
        port_variable: what moves the port, for the error when it is busy.
    """
    daemon = Daemon(
        name="webhooks",
        command=[sys.executable, "-m", "webhooks"],
        directory=run,
        environment={
            "WEBHOOKS_HOST": HOST,
            "WEBHOOKS_PORT": str(port),
            "WEBHOOKS_DATABASE_URL": database_url,
            "CREDENTIALS_KEYS": credentials_keys,
            **({"WEBHOOKS_REST_URL": rest_url} if rest_url else {}),
            **(settings or {}),
        },
        inputs=_sources("webhooks", "credentials", "settings"),
    )
    # Not /health, which also speaks of PostgREST: that is another part.
    return Part("the webhook app", daemon, http_probe(f"http://{HOST}:{port}/readyz"), port, port_variable)


def simulator(
    run: Path,
    *,
    port: int,
    accounts: Path,
    state: Path | None = None,
    live_calls_per_minute: float = 0,
    port_variable: str = "another port",
) -> Part:
    """The MightyCall stand-in.

    Args:
        run: gets the pid file and the log.
        port: where it listens.
        accounts: JSON file with the accounts it serves.
        state: file that keeps its live calls over a restart.
        live_calls_per_minute: over all accounts.
        port_variable: what moves the port, for the error when it is busy.
    """
    daemon = Daemon(
        name="simulator",
        command=[
            *(sys.executable, "-m", "simulator", "serve", "--host", HOST, "--port", str(port)),
            *("--accounts", str(accounts), "--live-calls-per-minute", str(live_calls_per_minute)),
            *(() if state is None else ("--state", str(state))),
        ],
        directory=run,
        inputs=[accounts, *_sources("simulator")],
    )
    probe = http_probe(f"http://{HOST}:{port}/__simulator__/health")
    return Part("the simulator", daemon, probe, port, port_variable)


def sync_watch(
    run: Path,
    *,
    database_url: str,
    credentials_keys: str,
    simulator_port: int,
    api_port: int,
    storage_key: str,
    mail: Path,
    probe: Probe = lambda: None,
) -> Part:
    """The sync script, pulling for ever.

    Args:
        run: gets the pid file and the log.
        database_url: connection of the role `sync`.
        credentials_keys: the private keys, as `CREDENTIALS_KEYS` wants them.
        simulator_port: where the simulator listens, in MightyCall's place.
        api_port: where the gateway listens, Storage behind it.
        storage_key: the secret key that Storage knows.
        mail: directory for the letters, in a mail server's place.
        probe: tells whether it is well; it has no port where one could ask.
    """
    daemon = Daemon(
        name="sync",
        command=[sys.executable, "-m", "sync", "watch"],
        directory=run,
        environment={
            "SYNC_DATABASE_URL": database_url,
            "CREDENTIALS_KEYS": credentials_keys,
            "MIGHTYCALL_CALL_CENTER_URL": f"http://{HOST}:{simulator_port}/call_center/v4",
            "MIGHTYCALL_CLASSIC_URL": f"http://{HOST}:{simulator_port}/classic/v4",
            "SYNC_STORAGE_URL": f"http://{HOST}:{api_port}/storage/v1",
            "SYNC_STORAGE_KEY": storage_key,
            "SYNC_RECORDING_HOSTS": f"{HOST}:{simulator_port}",
            "SYNC_MAIL_FOLDER": str(mail),
            "SYNC_MAIL_SENDER": "VictorySync <no-reply@victorysync.example>",
        },
        inputs=_sources("sync", "credentials", "settings"),
    )
    return Part("the sync script", daemon, probe)


def _sources(*packages: str) -> list[Path]:
    """List what a program is made of: it is started anew when that has changed."""
    return sorted(file for package in packages for file in (REPOSITORY / package).rglob("*.py"))
