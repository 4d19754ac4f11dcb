import pytest

from credentials import generate_keypair
from settings import ConfigurationError
from sync.config import Config

ENVIRONMENT = {
    "SYNC_DATABASE_URL": "postgresql://sync:secret@127.0.0.1:54322/postgres",
    "CREDENTIALS_KEYS": generate_keypair().private_entry,
}


def test_two_variables_suffice() -> None:
    config = Config.load(ENVIRONMENT)
    assert config.page_size == 1000
    assert config.provider_url("call_center") == "https://ccapi.mightycall.com/v4"
    assert config.provider_url("classic") == "https://api.mightycall.com/v4"


def test_the_hosts_can_be_moved() -> None:
    config = Config.load(
        {
            **ENVIRONMENT,
            "MIGHTYCALL_CALL_CENTER_URL": "http://127.0.0.1:1/call_center/v4/",
            "MIGHTYCALL_CLASSIC_URL": "http://127.0.0.1:1/classic/v4",
        }
    )
    assert config.provider_url("call_center") == "http://127.0.0.1:1/call_center/v4"
    assert config.provider_url("classic") == "http://127.0.0.1:1/classic/v4"


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.load(
            {
                "SYNC_PAGE_SIZE": "0",
                "SYNC_HTTP_TIMEOUT_SECONDS": "90",
                "MIGHTYCALL_CLASSIC_URL": "api.mightycall.com",
                "CREDENTIALS_KEYS": "nonsense",
            }
        )
    message = str(caught.value)
    assert "SYNC_DATABASE_URL is missing" in message
    for name in ("SYNC_PAGE_SIZE", "SYNC_HTTP_TIMEOUT_SECONDS", "MIGHTYCALL_CLASSIC_URL", "CREDENTIALS_KEYS"):
        assert f"{name} is malformed" in message
    assert "nonsense" not in message
