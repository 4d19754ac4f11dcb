"""Who is available, from the little that the API tells: surely the account's own user, others only where it says so."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, TypeVar

from sync import rawjson
from sync.client import MightyCall
from sync.errors import AuthorizationDenied, RequestRefused
from sync.pages import read_pages
from sync.retries import Retries

T = TypeVar("T")

_EXTENSION: Final = ("extension", "extensionNumber", "ext")
_STATUS: Final = ("status", "presence", "presenceStatus", "availability", "state")
_WITHIN: Final = ("name", "status", "value", "number")
_MOST_PROFILES: Final = 25
_MOST_PAGES: Final = 20


def agent_statuses(provider: MightyCall, retries: Retries, page_size: int) -> list[str]:
    """Ask who has which status: one item `{"extension", "status", "isAccountUser"}` for each who has one.

    `/profile/status` tells the account's own user alone. Others are asked for where the provider shows a status
    in `/team`, or in `/profile`, which may then also be asked by extension.

    Raises:
        SyncError: not even the own user's status can be read.
    """
    own_profile = retries(provider.profile)
    own_status = _unless_refused(lambda: retries(provider.profile_status)) or {}
    own = _text(own_profile, _EXTENSION) or _text(own_status, _EXTENSION)
    told: dict[str | None, str | None] = {own: None, **dict(_team(provider, retries, page_size))}
    told[own] = _text(own_status, _STATUS) or _text(own_profile, _STATUS) or told[own]
    if _text(own_profile, _STATUS):
        told.update(_profiles(provider, retries, [each for each, status in told.items() if each and not status]))
    return [
        json.dumps({"extension": each, "status": status, "isAccountUser": each == own})
        for each, status in told.items()
        if status or each == own
    ]


def _team(provider: MightyCall, retries: Retries, page_size: int) -> Iterator[tuple[str, str | None]]:
    read = partial(
        read_pages, lambda skip: provider.team(skip, page_size), page_size, retry=retries, most_requests=_MOST_PAGES
    )
    for page in _unless_refused(lambda: list(read())) or []:
        for item in page.items:
            of_user = _members(item)
            if extension := _text(of_user, _EXTENSION):
                yield extension, _text(of_user, _STATUS)


def _profiles(provider: MightyCall, retries: Retries, extensions: list[str]) -> Iterator[tuple[str, str]]:
    for extension in extensions[:_MOST_PROFILES]:
        ask = partial(retries, partial(provider.profile, extension))
        status = _text(_unless_refused(ask) or {}, _STATUS)
        if status is None:
            return  # The status of the own user only is shown there.
        yield extension, status


def _unless_refused(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except AuthorizationDenied:
        raise
    except RequestRefused:
        return None


def _members(raw: str) -> dict[str, str]:
    try:
        return rawjson.members(raw)
    except ValueError:
        return {}


def _text(members: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of these members that says something, itself or in an object of its own."""
    by_name = {name.lower(): raw for name, raw in members.items()}
    raws = [by_name.get(name.lower(), "null") for name in names]
    for raw in raws:
        within = _members(raw) or {"value": raw}
        for name in _WITHIN:
            said = within.get(name, "null")
            value = None if said[0] in "{[" else rawjson.scalar(said)
            if isinstance(value, str) and value.strip():
                return value.strip()
    return None
