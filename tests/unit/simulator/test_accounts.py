import json
from pathlib import Path
from typing import Any

import pytest

from simulator.accounts import AccountsError, load

GOOD: dict[str, Any] = {
    "api_key": "k",
    "user_key": "secret-user-key",
    "kind": "classic",
    "numbers": [{"id": "n1", "e164": "+12125550100", "label": "Main", "is_enabled": True}],
    "team": [{"extension": "101", "name": "Ann Lee", "numbers": ["+12125550100"]}],
    "webhook": {"url": "http://127.0.0.1:9/w", "mode": "signed", "secret": "s"},
    "calls_per_day": 10,
    "time_zone": "Europe/Berlin",
}


def write(path: Path, *accounts: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"accounts": accounts, "history_lag_seconds": 3}))
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    served = load(write(tmp_path / "accounts.json", GOOD))
    assert served.history_lag_seconds == 3
    account = served.accounts[0]
    assert [agent.extension for agent in account.agents_of("+12125550100")] == ["101"]
    assert account.zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "other"}, "kind"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"webhook": {"url": "http://127.0.0.1:9/w", "mode": "signed"}}, "signed mode needs a secret"),
        ({"webhook": {"url": "ftp://x", "mode": "token"}}, "webhook.url"),
        ({"team": [{"extension": "1", "name": "A", "numbers": ["+12125550199"]}]}, "foreign numbers"),
        ({"numbers": [{"id": 1, "e164": "2125550100"}], "team": []}, "numbers.0.e164"),
        ({"numbers": GOOD["numbers"] * 2}, "listed twice"),
        ({"typo": 1}, "typo"),
    ],
)
def test_faults_are_named_without_secrets(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(AccountsError) as caught:
        load(write(tmp_path / "accounts.json", GOOD | change))
    assert said in str(caught.value)
    assert "secret-user-key" not in str(caught.value)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(AccountsError, match=r"api_key.*calls_per_day"):
        load(write(tmp_path / "accounts.json", GOOD | {"api_key": "", "calls_per_day": -1}))


def test_missing_broken_and_doubled_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AccountsError, match="No such file"):
        load(tmp_path / "missing.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(AccountsError, match="JSON"):
        load(tmp_path / "broken.json")
    with pytest.raises(AccountsError, match="listed twice"):
        load(write(tmp_path / "accounts.json", GOOD, GOOD))
