"""Links to recordings: plain, wanting a token, or good for a while only."""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode

from simulator.accounts import Account

MALFORMED = 40


def link(name: str, account: Account, *, now: datetime, public_url: str, malformed_by: str) -> str:
    """Return the link to a recording; one in forty is malformed, as the provider's are, by an id.

    One that expires is the same for as long as the account's links live, and good for as long again.
    """
    url = f"{public_url}/records/{name}.wav"
    if account.recording_links == "expiring":
        period = account.recording_links_live_seconds
        until = (int(now.timestamp()) // period + 2) * period
        url += "?" + urlencode({"expires": until, "signature": _signature(name, until, account)})
    return url.replace("://", ":/", 1) if int(malformed_by[:8], 16) % MALFORMED == 0 else url


def is_good(name: str, account: Account, expires: str, signature: str, now: datetime) -> bool:
    """Tell whether a link that expires still serves."""
    if not expires.isdecimal() or int(expires) < now.timestamp():
        return False
    return hmac.compare_digest(_signature(name, int(expires), account).encode(), signature.encode())


def _signature(name: str, until: int, account: Account) -> str:
    return hmac.new(account.user_key.encode(), f"{name}|{until}".encode(), hashlib.sha256).hexdigest()
