import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from credentials import generate_keypair
from sync.config import Config
from sync.jobstore import Status
from sync.status import print_status

NOON = datetime(2026, 6, 5, 12, tzinfo=UTC)
CALLS = Status(
    integration_id=UUID(int=1),
    integration="Main [/] account",
    organization="Acme",
    resource="calls",
    watermark=NOON,
    next_run_at=datetime.max.replace(tzinfo=UTC),
    last_success_at=None,
    last_error="truncated page [2 of 5]",
    requests_used_today=12,
    requests_per_day=2500,
)
OTHERS = [CALLS._replace(resource="team", last_error=None), CALLS._replace(integration_id=UUID(int=2), integration="B")]


@pytest.fixture
def config() -> Config:
    return Config.load(
        {"SYNC_DATABASE_URL": "postgresql://sync@host/x", "CREDENTIALS_KEYS": generate_keypair().private_entry}
    )


def test_people_see_each_account_with_its_requests(
    config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    print_status(config, [CALLS, *OTHERS], as_json=False)
    shown = capsys.readouterr().out
    assert shown.count("Main [/] account") == 1, "named once"
    assert shown.count("12 of 2500") == 2
    assert "truncated page [2 of 5]" in shown
    assert "2026-06-05 12:00:00" in shown
    assert "No mail server is configured" in shown


def test_programs_get_everything(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    print_status(config, [CALLS], as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert row.keys() == set(Status._fields)
    assert row["watermark"] == "2026-06-05 12:00:00+00:00"


def test_before_the_first_request_there_is_no_quota_to_tell(
    config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    print_status(config, [CALLS._replace(requests_used_today=None, requests_per_day=None)], as_json=False)
    shown = capsys.readouterr().out
    assert " of " not in shown.replace("truncated page [2 of 5]", "")
