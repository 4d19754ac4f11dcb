"""The running stack that is checked: the local one, or any other by its URL and the environment."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict
from supabase.lib.client_options import SyncClientOptions

from devstack.people import OPERATOR, PASSWORD, demo_users
from devstack.stack import Stack
from settings import Settings
from supabase import create_client

_TIMEOUT_SECONDS: Final = 30


class SmokeConfig(Settings):
    """What `smoke` needs to know of a stack that is not the local one."""

    model_config = SettingsConfigDict(env_prefix="CHECK_")

    publishable_key: str = Field(description="The project's publishable (anon) key")
    email: str = Field(description="Somebody who can sign in, a throw-away member of an organization")
    password: SecretStr = Field(description="Their password")
    webhooks_url: str | None = Field(
        default=None, description="Where the webhook app answers; left out, the URL that is checked"
    )
    integration_id: UUID | None = Field(
        default=None, description="An integration, to send it a signed delivery of no consequence"
    )
    webhook_secret: SecretStr | None = Field(default=None, description="That integration's webhook secret")
    operator_email: str | None = Field(
        default=None, description="A platform admin, who opens an organization named `Smoke check` and closes it again"
    )
    operator_password: SecretStr | None = Field(default=None, description="Their password")

    @model_validator(mode="after")
    def _some_go_together(self) -> Self:
        for one, other in (("integration_id", "webhook_secret"), ("operator_email", "operator_password")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{self._variable_name(one)} and {self._variable_name(other)} go together")
        return self


class IsolationConfig(SmokeConfig):
    """What `verify-isolation` needs to know of a stack that is not the local one."""

    other_email: str = Field(description="Somebody who can sign in, a throw-away member of another organization")
    other_password: SecretStr = Field(description="Their password")


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Session:
    """What signing in gives."""

    token: str = field(repr=False)
    user_id: str


@dataclass(frozen=True)
class Account:
    """An integration and the secret its deliveries are signed with."""

    integration_id: UUID
    webhook_secret: str = field(repr=False)


@dataclass(frozen=True)
class Target:
    """A running stack, and who may sign in there."""

    url: str
    webhooks_url: str
    publishable_key: str
    people: tuple[Person, ...]
    account: Account | None = None
    operator: Person | None = None
    """A platform admin."""

    @classmethod
    def local(cls, stack: Stack) -> Self:
        """Return the local stack, with the people of its demo."""
        people = tuple(Person(user.email, user.password) for user in demo_users(stack) if user.organization)
        operator = Person(OPERATOR, PASSWORD)
        return cls(stack.api_url, stack.api_url, stack.keys.publishable_key, people, _first_account(stack), operator)

    @classmethod
    def remote(cls, url: str, config: SmokeConfig) -> Self:
        """Return the stack at a URL, with the people whom the environment names."""
        url = url.rstrip("/")
        people = [Person(config.email, config.password.get_secret_value())]
        if isinstance(config, IsolationConfig):
            people.append(Person(config.other_email, config.other_password.get_secret_value()))
        account = None
        if config.integration_id and config.webhook_secret:
            account = Account(config.integration_id, config.webhook_secret.get_secret_value())
        operator = None
        if config.operator_email and config.operator_password:
            operator = Person(config.operator_email, config.operator_password.get_secret_value())
        webhooks_url = (config.webhooks_url or url).rstrip("/")
        return cls(url, webhooks_url, config.publishable_key, tuple(people), account, operator)

    @contextmanager
    def rest(self, token: str | None = None) -> Iterator[httpx.Client]:
        """Give a client of PostgREST that sends the publishable key and perhaps somebody's token."""
        headers = {"apikey": self.publishable_key} | ({"authorization": f"Bearer {token}"} if token else {})
        with self._client(f"{self.url}/rest/v1", headers) as client:
            yield client

    def sign_in(self, person: Person) -> Session:
        """Sign somebody in, as programs do.

        Raises:
            AuthError: they cannot sign in.
        """
        with self._client() as connections:
            options = SyncClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connections)
            auth = create_client(self.url, self.publishable_key, options).auth
            answer = auth.sign_in_with_password({"email": person.email, "password": person.password})
        # Without them the library would have raised.
        assert answer.session is not None  # noqa: S101
        assert answer.user is not None  # noqa: S101
        return Session(answer.session.access_token, answer.user.id)

    @contextmanager
    def webhooks(self) -> Iterator[httpx.Client]:
        """Give a client of the webhook app."""
        with self._client(self.webhooks_url) as client:
            yield client

    @contextmanager
    def door(self, headers: dict[str, str] | None = None) -> Iterator[httpx.Client]:
        """Give a client of the API of keys."""
        with self._client(f"{self.webhooks_url}/api/v1", headers) as client:
            yield client

    def has_door(self) -> bool:
        """Tell whether there is an API of keys: it asks for one."""
        try:
            with self.door() as door:
                return door.get("/organizations").status_code == HTTPStatus.UNAUTHORIZED
        except httpx.HTTPError:
            return False

    @contextmanager
    def storage(self, token: str | None = None) -> Iterator[httpx.Client]:
        """Give a client of Storage that sends the publishable key and perhaps somebody's token."""
        headers = {"apikey": self.publishable_key} | ({"authorization": f"Bearer {token}"} if token else {})
        with self._client(f"{self.url}/storage/v1", headers) as client:
            yield client

    @contextmanager
    def auth(self) -> Iterator[httpx.Client]:
        """Give a client of Auth."""
        with self._client(f"{self.url}/auth/v1", {"apikey": self.publishable_key}) as client:
            yield client

    def _client(self, base_url: str = "", headers: dict[str, str] | None = None) -> httpx.Client:
        # On this very machine no proxy is in between, and a new connection costs less than one that just timed out.
        is_here = urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}
        return httpx.Client(
            base_url=base_url,
            headers=headers,
            timeout=_TIMEOUT_SECONDS,
            trust_env=not is_here,
            limits=httpx.Limits(max_keepalive_connections=0 if is_here else None),
        )


def _first_account(stack: Stack) -> Account | None:
    if not stack.layout.accounts_file.exists():
        return None
    webhook = json.loads(stack.layout.accounts_file.read_text())["accounts"][0]["webhook"]
    return Account(UUID(webhook["url"].rpartition("/")[2]), webhook["secret"])
