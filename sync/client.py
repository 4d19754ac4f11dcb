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
        # The API counts in milliseconds: rounded outwards, so that nothing falls between two ranges.
        bounds = {"startUtc": _utc(start), "endUtc": _utc(end + _MILLISECOND)}
        return self._get("/api/calls", {**bounds, "pageSize": page_size, "skip": skip}).listing("calls")

    def call(self, provider_id: str) -> str:
        """One call, as raw JSON."""
        return self._get(f"/api/calls/{quote(provider_id, safe='')}", {}).item()

    def _get(self, path: str, params: Mapping[str, str | int]) -> Envelope:
        token = self.tokens.current()
        try:
            return self.transport.get(path, params, token)
        except AuthorizationDenied:
            return self.transport.get(path, params, self.tokens.replace(token))


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
