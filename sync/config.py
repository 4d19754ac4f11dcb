from email.headerregistry import Address
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from credentials import CredentialsKeys
from settings import DatabaseUrl, Settings
from sync.addresses import mailbox
from sync.links import Trusted


def _check_url(url: str) -> str:
    if not url.startswith(("https://", "http://")) or any(character.isspace() for character in url):
        raise ValueError("should look like https://host/path")
    return url.rstrip("/")


def _parse_hosts(value: str | tuple[Trusted, ...]) -> tuple[Trusted, ...]:
    return tuple(map(_trusted, value.replace(",", " ").split())) if isinstance(value, str) else value


def _trusted(text: str) -> Trusted:
    host, _, port = text.partition(":") if not text.startswith("[") else text[1:].partition("]:")
    host = host.rstrip("].").lower()
    is_port = not port or (port.isascii() and port.isdigit() and 0 < int(port) < 65536)
    if (
        not is_port
        or not host.isascii()
        or not host.strip(".:")
        or any(c in "/@*?" or not c.isprintable() for c in host)
    ):
        raise ValueError("should be hosts separated by spaces, each like media.example.com or 127.0.0.1:8080")
    return Trusted(host, int(port) if port else None)


def _check_host(host: str) -> str:
    if not host.isascii() or any(character in "/:@" or not character.isprintable() for character in host):
        raise ValueError("should be a host's name alone, like smtp.example.com")
    return host


def _check_folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise ValueError("there is no such directory")
    return folder


def _check_ascii(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().isascii():
        raise ValueError("holds a character that is not in ASCII")
    return secret


def _parse_sender(value: str | Address) -> Address:
    return value if isinstance(value, Address) else mailbox(value)


_ProviderUrl = Annotated[str, AfterValidator(_check_url)]
Security = Literal["none", "starttls", "tls"]
_USUAL_PORTS: Final[dict[Security, int]] = {"none": 25, "starttls": 587, "tls": 465}


class Config(Settings):
    """What the sync script reads from the environment."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    database_url: DatabaseUrl = Field(
        description="Connection of the role `sync`. A transaction pooler will do; `watch` then polls every second"
    )
    credentials_keys: CredentialsKeys
    call_center_url: _ProviderUrl = Field(
        "https://ccapi.mightycall.com/v4",
        validation_alias="MIGHTYCALL_CALL_CENTER_URL",
        description="Where Call Center accounts are served",
    )
    classic_url: _ProviderUrl = Field(
        "https://api.mightycall.com/v4",
        validation_alias="MIGHTYCALL_CLASSIC_URL",
        description="Where Classic accounts are served",
    )
    page_size: int = Field(1000, ge=1, le=1000, description="Items asked for per request")
    # The lease of a job is two minutes and is extended before each request: one request and one pause fit into it.
    http_timeout_seconds: float = Field(
        30, gt=0, le=60, description="How long one request to MightyCall may take, from first to last byte"
    )
    worker_name: str = Field(
        "worker",
        max_length=100,
        description="How this worker signs the jobs it claims, for managers and admins to read. "
        "Each process adds something unique of its own",
    )
    smtp_host: Annotated[str, AfterValidator(_check_host)] | None = Field(
        None, description="The mail server that invitations are sent through; left out, they stay queued"
    )
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="Its port; left out, 587 for `starttls`, 465 for `tls`, 25 for `none`"
    )
    smtp_security: Security = Field(
        "starttls",
        description="`starttls`, `tls` (from the first byte) or `none`. The server's certificate has to be good "
        "for its name; `SSL_CERT_FILE` names other authorities than the system's",
    )
    smtp_username: Annotated[str, Field(pattern=r"^[!-~]+$")] | None = Field(
        None, description="How to sign in there, if at all"
    )
    smtp_password: Annotated[SecretStr, AfterValidator(_check_ascii)] | None = Field(
        None, description="The password of that user"
    )
    # The lease of a mail is two minutes; SmtpServer bounds the whole letter besides.
    smtp_timeout_seconds: float = Field(10, gt=0, le=30, description="How long the mail server may take for one answer")
    mail_sender: Annotated[Address, BeforeValidator(_parse_sender)] | None = Field(
        None, description="Who the letters are from, like `VictorySync <no-reply@example.com>`; needed to send any"
    )
    mail_folder: Path | None = Field(
        None,
        description="A directory that gets every letter as a file (.eml) instead of a mail server: for development, "
        "for the links in them work",
    )

    storage_url: _ProviderUrl | None = Field(
        None,
        description="Where Supabase Storage answers (hosted: `https://<project>.supabase.co/storage/v1`), for the "
        "audio of recordings and the files of reports; left out, they wait",
    )
    storage_key: Annotated[SecretStr, AfterValidator(_check_ascii)] | None = Field(
        None,
        description="The project's service key (secret key), with which objects are written into Storage and removed",
    )
    font_folder: Annotated[Path, AfterValidator(_check_folder)] | None = Field(
        None,
        description="A directory of fonts (`.ttf`, `.otf`, `.ttc`) for the PDFs, beside the machine's own and those "
        "that come along, which have no Chinese, Japanese or Korean letters",
    )
    recording_max_mib: int = Field(
        100, ge=1, le=2048, description="The largest recording that is fetched, in MiB; Storage has a limit of its own"
    )
    recording_hosts: Annotated[tuple[Trusted, ...], BeforeValidator(_parse_hosts)] | None = Field(
        None,
        description="Hosts, separated by spaces, that recordings may be fetched from although they are at no public "
        "address or do not encrypt: `media.example.com`, `127.0.0.1:8080`. For a relay or the simulator",
    )

    @property
    def smtp_usual_port(self) -> int:
        """The mail server's port, the usual one of its security unless another is set."""
        return self.smtp_port or _USUAL_PORTS[self.smtp_security]

    @model_validator(mode="after")
    def _settings_belong_together(self) -> Self:
        problems = []
        if self.smtp_host and self.mail_folder:
            problems.append("SYNC_SMTP_HOST and SYNC_MAIL_FOLDER are both set: letters go one way or the other")
        if not self.smtp_host:
            alone = [name for name in ("smtp_port", "smtp_username", "smtp_password") if getattr(self, name)]
            if not self.mail_folder and self.mail_sender:
                alone.append("mail_sender")
            problems += [f"{self._variable_name(name)} is set, but SYNC_SMTP_HOST is missing" for name in alone]
        if (self.smtp_host or self.mail_folder) and not self.mail_sender:
            problems.append("SYNC_MAIL_SENDER is missing: letters need somebody they are from")
        if (self.smtp_username is None) != (self.smtp_password is None):
            problems.append("SYNC_SMTP_USERNAME and SYNC_SMTP_PASSWORD go together, and one is missing")
        if (self.storage_url is None) != (self.storage_key is None):
            problems.append("SYNC_STORAGE_URL and SYNC_STORAGE_KEY go together, and one is missing")
        if problems:
            raise ValueError("\n  ".join(problems))
        return self

    def provider_url(self, account_type: str) -> str:
        """Where accounts of this type (`call_center` or `classic`) are served, without a trailing slash."""
        return self.classic_url if account_type == "classic" else self.call_center_url
