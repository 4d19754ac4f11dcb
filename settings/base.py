import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)


class ConfigurationError(Exception):
    """A program cannot start with the environment it was given; the message names everything that is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(["Cannot start. Please correct the environment:", *(f"  {p}" for p in problems)]))


class Variable(NamedTuple):
    """One environment variable a program reads."""

    name: str
    required: bool
    default: Any
    description: str


class Settings(BaseSettings):
    """Frozen base of every program's configuration.

    A subclass declares typed fields and an `env_prefix`; a variable shared by programs gets its whole name
    as `validation_alias`. Constructing a subclass takes values by field name and reads no environment;
    `load` reads the environment.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        enable_decoding=False,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read and check every variable.

        Args:
            environ: the environment; `os.environ` when left out. An empty value counts as missing.

        Raises:
            ConfigurationError: naming all missing and malformed variables at once, their values never.
        """
        source = EnvSettingsSource(cls)
        given = os.environ if environ is None else environ
        source.env_vars = {name.lower(): value for name, value in given.items() if value.strip()}
        try:
            return cls(**source())
        except ValidationError as error:
            problems = [cls._problem(details["loc"], details["type"], details["msg"]) for details in error.errors()]
        # Raised outside the handler: the original error would carry the values into a traceback.
        raise ConfigurationError(problems)

    @classmethod
    def load_or_exit(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read and check every variable, or print what is wrong to standard error and exit with 2."""
        try:
            return cls.load(environ)
        except ConfigurationError as error:
            sys.stderr.write(f"{error}\n")
            raise SystemExit(2) from None

    @classmethod
    def variables(cls) -> list[Variable]:
        """List the variables the program reads, in the order of its fields."""
        return [
            Variable(cls._variable_name(name), field.is_required(), field.default, field.description or "")
            for name, field in cls.model_fields.items()
        ]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: Any,
        **__: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take constructor arguments only: the environment comes in through `load`, once and visibly."""
        return (init_settings,)

    @classmethod
    def _variable_name(cls, field_name: str) -> str:
        alias = cls.model_fields[field_name].validation_alias
        return alias if isinstance(alias, str) else f"{cls.model_config['env_prefix']}{field_name}".upper()

    @classmethod
    def _problem(cls, location: tuple[int | str, ...], kind: str, message: str) -> str:
        message = message.removeprefix("Value error, ")
        if not location:
            return message
        key = str(location[0])
        name = cls._variable_name(key) if key in cls.model_fields else key
        return f"{name} is missing" if kind == "missing" else f"{name} is malformed: {message}"
