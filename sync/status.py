import json
import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sync.config import Config
from sync.jobstore import Status


def print_status(config: Config, rows: Sequence[Status], *, as_json: bool) -> None:
    """Print how far everything has been read: for people, or as a JSON array."""
    console = Console()
    if as_json:
        sys.stdout.write(json.dumps([row._asdict() for row in rows], default=str, indent=2) + "\n")
        return
    table = Table(
        *("integration", "organization", "requests today (UTC)"),
        *("resource", "read through", "next run", "last success", "last error"),
    )
    above = None
    for row in rows:
        whose = ("", "", "") if row.integration_id == above else (row.integration, row.organization, _requests(row))
        times = map(_instant, (row.watermark, row.next_run_at, row.last_success_at))
        table.add_row(*map(escape, (*whose, row.resource, *times, row.last_error or "")))
        above = row.integration_id
    console.print(table)
    for way in (_way_of_mails(config), _way_of_audio(config)):
        console.print(way, markup=False, highlight=False, soft_wrap=True)


def _requests(row: Status) -> str:
    return f"{row.requests_used_today or 0} of {row.requests_per_day}" if row.requests_per_day else "0"


def _way_of_mails(config: Config) -> str:
    if config.mail_folder:
        return f"Mails are written into {config.mail_folder}"
    if config.smtp_host:
        return f"Mails are sent through {config.smtp_host}:{config.smtp_usual_port}"
    return "No mail server is configured (SYNC_SMTP_HOST): mails stay queued"


def _way_of_audio(config: Config) -> str:
    if config.storage_url:
        return f"Recordings are fetched into {config.storage_url}"
    return "No Storage is configured (SYNC_STORAGE_URL): recordings wait"


def _instant(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else "-"
