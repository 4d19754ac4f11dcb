import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from settings import ConfigurationError, DatabaseUrl, Settings, Variable


class Config(Settings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")

    database_url: DatabaseUrl = Field(description="Where the database is")
    keys: SecretStr = Field(validation_alias="SHARED_KEYS", description="Shared by programs")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on")
    tags: tuple[str, ...] = ()


GOOD = {"EXAMPLE_DATABASE_URL": "postgresql://webhooks:hunter2@localhost/app", "SHARED_KEYS": "s3cret"}


def test_values_come_from_the_given_environment() -> None:
    config = Config.load(GOOD | {"EXAMPLE_PORT": "9000", "UNRELATED": "x"})
    assert config.database_url.get_secret_value() == GOOD["EXAMPLE_DATABASE_URL"]
    assert config.keys.get_secret_value() == "s3cret"
    assert config.port == 9000


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    assert Config.load().port == 8000


def test_constructing_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_PORT", "9000")
    config = Config(database_url=SecretStr("postgresql://localhost/app"), keys=SecretStr("k"))
    assert config.port == 8000


def test_one_message_names_everything_missing_and_malformed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.load({"EXAMPLE_PORT": "many", "SHARED_KEYS": " "})
    assert str(caught.value).splitlines() == [
        "Cannot start. Please correct the environment:",
        "  EXAMPLE_DATABASE_URL is missing",
        "  SHARED_KEYS is missing",
        "  EXAMPLE_PORT is malformed: Input should be a valid integer, unable to parse string as an integer",
    ]


@pytest.mark.parametrize("url", ["hunter2", "http://webhooks:hunter2@localhost/", "postgresql://[hunter2"])
def test_a_malformed_database_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="EXAMPLE_DATABASE_URL is malformed") as caught:
        Config.load(GOOD | {"EXAMPLE_DATABASE_URL": url})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_secrets_are_not_in_the_printed_form() -> None:
    config = Config.load(GOOD)
    assert "hunter2" not in f"{config!r}{config}"
    assert "s3cret" not in f"{config!r}{config}"


def test_settings_are_frozen() -> None:
    config = Config.load(GOOD)
    with pytest.raises(ValidationError):
        config.port = 1


def test_a_program_exits_with_2_and_prints_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        Config.load_or_exit({})
    assert caught.value.code == 2
    assert "EXAMPLE_DATABASE_URL is missing" in capsys.readouterr().err


def test_the_variables_can_be_listed() -> None:
    assert Config.variables()[1:3] == [
        Variable("SHARED_KEYS", True, Config.model_fields["keys"].default, "Shared by programs"),
        Variable("EXAMPLE_PORT", False, 8000, "Port to listen on"),
    ]
