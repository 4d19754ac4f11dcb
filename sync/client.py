from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from sync.envelope import Envelope, Listing
from sync.errors import AuthorizationDenied
from sync.tokens import Tokens
from sync.transport import Transport

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True)
class MightyCall:
    """MightyCall's API as one integration sees it (v4). Every method may raise what `Transport.get` raises."""

    transport: Transport
    tokens: Tokens

    def phone_numbers(self, skip: int, page_size: int) -> Listing:
        """The account's business numbers."""
        return self._get("/api/phonenumbers", {"pageSize": page_size, "skip": skip}).listing("phoneNumbers")

    def calls(self, start: datetime, end: datetime, skip: int, page_size: int) -> Listing:
        """The calls that started in a range; whether the bounds belong to it is not documented."""
        params = {**_bounds(start, end), "pageSize": page_size, "skip": skip}
        return self._get("/api/calls", params).listing("calls")

    def call(self, provider_id: str) -> str:
        """One call, as raw JSON; `NotFound` when there is none of that id."""
        return self._get(f"/api/calls/{quote(provider_id, safe='')}", {}).item()

    def voicemails(self, start: datetime, end: datetime, skip: int, page_size: int) -> Listing:
        """The voicemails of a range."""
        params = {**_bounds(start, end), "pageSize": page_size, "skip": skip}
        return self._get("/api/voicemails", params).listing("voicemails", "items")

    def messages(self, start: datetime, end: datetime, page: int, page_size: int) -> Listing:
        """The journal's messages of a range; its pages are numbered from 1, and there is no total."""
        bounds = {"from": _utc(start), "to": _utc(end + _MILLISECOND)}
        params: dict[str, str | int] = {**bounds, "type": "Message", "page": page, "pageSize": page_size}
        return self._get("/api/journal/requests", params).listing("requests")

    def contacts(self, page_size: int, where: Mapping[str, int]) -> Listing:
        """The account's contacts, from `where` on: which parameters say that is not certain (see `ContactPages`)."""
        params = {"pageSize": page_size, "limit": page_size, **where}
        return self._get("/api/contacts", params).listing("contacts", "items")

    def team(self, skip: int, page_size: int) -> Listing:
        """The people of the account, with their extensions."""
        return self._get("/api/team", {"pageSize": page_size, "skip": skip}).listing("users", "team")

    def profile(self, extension: str | None = None) -> Mapping[str, str]:
        """What the account's own user is said to be, or whoever has an extension: raw JSON by member."""
        path = "/api/profile" if extension is None else f"/api/profile/{quote(extension, safe='')}"
        return self._get(path, {}).members()

    def profile_status(self) -> Mapping[str, str]:
        """The status of the account's own user, and of nobody else: raw JSON by member."""
        return self._get("/api/profile/status", {}).members()

    def _get(self, path: str, params: Mapping[str, str | int]) -> Envelope:
        token = self.tokens.current()
        try:
            return self.transport.get(path, params, token)
        except AuthorizationDenied:
            return self.transport.get(path, params, self.tokens.replace(token))


def _bounds(start: datetime, end: datetime) -> dict[str, str | int]:
    # The API counts in milliseconds: rounded outwards, so that nothing falls between two ranges.
    return {"startUtc": _utc(start), "endUtc": _utc(end + _MILLISECOND)}


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
