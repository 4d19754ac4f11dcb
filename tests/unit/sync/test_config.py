from email.headerregistry import Address
from pathlib import Path
from unittest.mock import ANY

import pytest

from credentials import generate_keypair
from settings import ConfigurationError
from sync.carriers import carrier
from sync.config import Config
from sync.links import Trusted
from sync.mailfolder import MailFolder
from sync.smtp import SmtpServer

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


SMTP = {"SYNC_SMTP_HOST": "smtp.example.com", "SYNC_MAIL_SENDER": "VictorySync <no-reply@example.com>"}


def test_mails_need_a_server_and_a_sender() -> None:
    config = Config.load({**ENVIRONMENT, **SMTP})
    assert config.smtp_security == "starttls"
    assert config.mail_sender == Address("VictorySync", "no-reply", "example.com")
    assert carrier(config) == SmtpServer("smtp.example.com", 587, "starttls", context=ANY)
    assert carrier(Config.load(ENVIRONMENT)) is None


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_every_security_has_its_usual_port(security: str, port: int) -> None:
    usual = Config.load({**ENVIRONMENT, **SMTP, "SYNC_SMTP_SECURITY": security})
    assert usual.smtp_usual_port == port
    other = Config.load({**ENVIRONMENT, **SMTP, "SYNC_SMTP_SECURITY": security, "SYNC_SMTP_PORT": "2525"})
    assert other.smtp_usual_port == 2525


def test_everything_about_the_server_reaches_it() -> None:
    config = Config.load(
        {
            **ENVIRONMENT,
            **SMTP,
            "SYNC_SMTP_USERNAME": "mailer",
            "SYNC_SMTP_PASSWORD": "the-password",
            "SYNC_SMTP_TIMEOUT_SECONDS": "3",
        }
    )
    server = carrier(config)
    assert isinstance(server, SmtpServer)
    assert server.password
    assert (server.username, server.password.get_secret_value(), server.timeout_seconds) == (
        "mailer",
        "the-password",
        3,
    )
    assert "the-password" not in repr(config) + repr(server)


def test_fonts_are_in_a_folder_that_there_is(tmp_path: Path) -> None:
    assert Config.load({**ENVIRONMENT, "SYNC_FONT_FOLDER": str(tmp_path)}).font_folder == tmp_path
    with pytest.raises(ConfigurationError, match="SYNC_FONT_FOLDER is malformed: there is no such directory"):
        Config.load({**ENVIRONMENT, "SYNC_FONT_FOLDER": str(tmp_path / "nowhere")})


def test_a_folder_takes_a_mail_servers_place() -> None:
    config = Config.load({**ENVIRONMENT, "SYNC_MAIL_FOLDER": "/mails", "SYNC_MAIL_SENDER": "no-reply@example.com"})
    assert carrier(config) == MailFolder(Path("/mails"))


@pytest.mark.parametrize(
    ("variables", "problems"),
    [
        ({"SYNC_SMTP_HOST": "smtp.example.com"}, ["SYNC_MAIL_SENDER is missing"]),
        ({"SYNC_MAIL_FOLDER": "/mails"}, ["SYNC_MAIL_SENDER is missing"]),
        ({"SYNC_MAIL_SENDER": "a@example.com"}, ["SYNC_MAIL_SENDER is set, but SYNC_SMTP_HOST is missing"]),
        ({"SYNC_SMTP_PORT": "25"}, ["SYNC_SMTP_PORT is set, but SYNC_SMTP_HOST is missing"]),
        (
            {"SYNC_SMTP_PASSWORD": "the-password"},
            ["SYNC_SMTP_PASSWORD is set, but SYNC_SMTP_HOST is missing", "go together, and one is missing"],
        ),
        ({**SMTP, "SYNC_SMTP_USERNAME": "mailer"}, ["SYNC_SMTP_USERNAME and SYNC_SMTP_PASSWORD go together"]),
        ({**SMTP, "SYNC_SMTP_PASSWORD": "the-password"}, ["SYNC_SMTP_USERNAME and SYNC_SMTP_PASSWORD go together"]),
        ({**SMTP, "SYNC_MAIL_FOLDER": "/mails"}, ["SYNC_SMTP_HOST and SYNC_MAIL_FOLDER are both set"]),
        (
            {
                "SYNC_SMTP_HOST": "smtp.example.com:587",
                "SYNC_SMTP_PORT": "0",
                "SYNC_SMTP_SECURITY": "ssl",
                "SYNC_SMTP_USERNAME": "a b",
                "SYNC_SMTP_PASSWORD": "the-pässword",
                "SYNC_SMTP_TIMEOUT_SECONDS": "60",
                "SYNC_MAIL_SENDER": "VictorySync",
            },
            [
                "SYNC_SMTP_HOST is malformed: should be a host's name alone",
                "SYNC_SMTP_PORT is malformed",
                "SYNC_SMTP_SECURITY is malformed: Input should be 'none', 'starttls' or 'tls'",
                "SYNC_SMTP_USERNAME is malformed",
                "SYNC_SMTP_PASSWORD is malformed: holds a character that is not in ASCII",
                "SYNC_SMTP_TIMEOUT_SECONDS is malformed",
                "SYNC_MAIL_SENDER is malformed: should look like VictorySync <no-reply@example.com>",
            ],
        ),
    ],
)
def test_half_of_a_mail_server_is_none(variables: dict[str, str], problems: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.load({**ENVIRONMENT, **variables})
    for problem in problems:
        assert problem in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1 + len(problems)
    assert "the-p" not in str(caught.value)


STORAGE = {"SYNC_STORAGE_URL": "https://project.supabase.co/storage/v1/", "SYNC_STORAGE_KEY": "sb_secret_the-key"}


def test_storage_needs_an_address_and_a_key() -> None:
    assert Config.load(ENVIRONMENT).storage_url is None
    config = Config.load({**ENVIRONMENT, **STORAGE})
    assert config.storage_url == "https://project.supabase.co/storage/v1"
    assert config.storage_key
    assert config.storage_key.get_secret_value() == "sb_secret_the-key"
    assert "the-key" not in repr(config)
    for name in STORAGE:
        half = {each: value for each, value in STORAGE.items() if each != name}
        with pytest.raises(ConfigurationError, match="SYNC_STORAGE_URL and SYNC_STORAGE_KEY go together"):
            Config.load({**ENVIRONMENT, **half})


def test_hosts_that_recordings_may_come_from_are_named_with_a_port_or_without() -> None:
    assert Config.load(ENVIRONMENT).recording_hosts is None
    named = "media.example.com 127.0.0.1:8080,Relay.example:1 [::1]:80 [fd00::1]"
    assert Config.load({**ENVIRONMENT, "SYNC_RECORDING_HOSTS": named}).recording_hosts == (
        Trusted("media.example.com"),
        Trusted("127.0.0.1", 8080),
        Trusted("relay.example", 1),
        Trusted("::1", 80),
        Trusted("fd00::1"),
    )


@pytest.mark.parametrize(
    "hosts",
    ["https://media.example.com", "media.example.com/a", "*.example.com", "a:b", "a:0", "a:99999", ":80", "ä.example"],
)
def test_a_host_that_is_none_is_refused(hosts: str) -> None:
    with pytest.raises(ConfigurationError, match="SYNC_RECORDING_HOSTS is malformed: should be hosts"):
        Config.load({**ENVIRONMENT, "SYNC_RECORDING_HOSTS": hosts})


@pytest.mark.parametrize("size", ["0", "2049", "many"])
def test_a_size_that_is_none_is_refused(size: str) -> None:
    with pytest.raises(ConfigurationError, match="SYNC_RECORDING_MAX_MIB is malformed"):
        Config.load({**ENVIRONMENT, "SYNC_RECORDING_MAX_MIB": size})
