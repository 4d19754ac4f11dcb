from datetime import UTC, datetime

import httpx

from credentials import generate_keypair
from sync.config import Config
from sync.jobs import Tools
from sync.runtime import Runtime
from sync.sidelines import sidelines
from sync.store import Store
from tests.unit.sync.test_sideline import Said

ENVIRONMENT = {
    "SYNC_DATABASE_URL": "postgresql://sync:secret@unused.invalid/postgres",
    "CREDENTIALS_KEYS": generate_keypair().private_entry,
}
STORAGE = {"SYNC_STORAGE_URL": "https://project.supabase.co/storage/v1", "SYNC_STORAGE_KEY": "sb_secret_x"}


def names(**environment: str) -> list[str]:
    """The threads a worker of this configuration would have."""
    config = Config.load({**ENVIRONMENT, **environment})
    runtime = Runtime(lambda: datetime.now(UTC), sleep=lambda _: None, random=lambda: 1, is_stopping=lambda: False)
    with Store("host=unused.invalid") as store, httpx.Client() as http:
        tools = Tools("worker", store, config, http, runtime, Said())
        with sidelines(tools) as lines:
            return [line.name for line in lines]


def test_long_downloads_have_a_thread_of_their_own() -> None:
    assert names(**STORAGE) == ["sideline", "sending", "documents", "recordings"]


def test_without_storage_recordings_wait_and_reports_that_are_due_begin_all_the_same() -> None:
    assert names() == ["sideline", "sending", "documents"]
