"""Links to audio, as the provider states them: mended where it is obvious how, and judged before anybody is asked."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from sync.errors import AudioNotYet

_BEGINNING: Final = re.compile(r"(https?)(?:\s*:\s*[/\\]*|[/\\]{2,})\s*", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[^!-~]")
_USUAL_PORTS: Final = {"https": 443, "http": 80}
_LONGEST_LINK: Final = 8192
_NAT64: Final = IPv6Network("64:ff9b::/96")
_UNICAST: Final = IPv6Network("2000::/3")
# Routed like the Internet, and yet of one's own provider: the host's agent at Azure, relays between protocols.
_NOT_FOR_US: Final = (IPv4Network("168.63.129.16/32"), IPv4Network("192.88.99.0/24"))


@dataclass(frozen=True)
class Origin:
    """Who answers: scheme, host (in lower case) and port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """The origin of a URL whose form is known to be good."""
        parts = urlsplit(url)
        return cls(parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _USUAL_PORTS[parts.scheme])


@dataclass(frozen=True)
class Trusted:
    """A host that may be asked whatever its address and scheme are; without a port, at any."""

    host: str
    port: int | None = None

    def covers(self, origin: Origin) -> bool:
        """Whether it is this one."""
        return origin.host == self.host and self.port in (None, origin.port)


def mended(link: str, base: str) -> str:
    """The link with what is obviously wrong made right: `https:/host`, a path alone, letters outside ASCII.

    Args:
        link: as MightyCall states it.
        base: where its API answers, for a link without a host.

    Raises:
        AudioNotYet: it is no link that leads anywhere; the next one that MightyCall states may be.
    """
    text = link.strip().strip("\"'<>").strip()
    if text.startswith("//"):
        text = f"https:{text}"
    elif text.startswith("/"):
        return redirected(base, text)
    beginning = _BEGINNING.match(text)
    if not beginning or len(text) > _LONGEST_LINK:
        raise AudioNotYet("MightyCall's link to the audio is not an address")
    rest = text[beginning.end() :]
    while again := _BEGINNING.match(rest):
        beginning, rest = again, rest[again.end() :]
    return _checked(f"{beginning[1].lower()}://{_UNSAFE.sub(lambda found: quote(found[0]), rest)}")


def redirected(url: str, location: str) -> str:
    """Where an answer sends one on to; the errors are those of `mended`."""
    return _checked(urljoin(url, _UNSAFE.sub(lambda found: quote(found[0]), location.strip())))


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AudioNotYet("MightyCall's link to the audio is not an address") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _USUAL_PORTS or not host or port == 0 or any(c in host for c in "%\\"):
        raise AudioNotYet("MightyCall's link to the audio is not an address")
    if "@" in parts.netloc:
        raise AudioNotYet("MightyCall's link to the audio carries somebody's name, which is not used")
    return url


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, where nothing of our own network answers."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is None:
            return ip in _UNICAST and ip.is_global and ip.sixtofour is None and ip.teredo is None
        ip = inner
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not any(ip in net for net in _NOT_FOR_US)
