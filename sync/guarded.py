"""Connections to hosts that somebody else has named: the address that is connected to is the one that was judged."""

import socket
from collections.abc import Iterable
from typing import Any, Final

import httpcore

from sync.errors import AudioNotYet
from sync.links import is_public

_PRIVATE: Final = "the link to the audio leads to an address that is not on the public Internet, and is not followed"


class PublicOnly(httpcore.NetworkBackend):
    """Opens connections to public addresses alone.

    The name is looked up here, once, and the address that was judged is connected to: a name that gives another
    address at the second question changes nothing. TLS still checks the certificate against the name.
    """

    def __init__(self, within: httpcore.NetworkBackend | None = None) -> None:
        self._within = within or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            AudioNotYet: one of its addresses is not public.
            httpcore.ConnectError: it has no address, or none answers.
        """
        addresses = _addresses(host, port)
        # One bad address is enough: a name that leads inside as well is no accident.
        if not all(map(is_public, addresses)):
            raise AudioNotYet(_PRIVATE)
        error: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._within.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refused:
                error = refused
                continue
            peer = stream.get_extra_info("server_addr")
            if not peer or not is_public(peer[0]):
                stream.close()
                raise AudioNotYet(_PRIVATE)
            return stream
        raise error


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be looked up: {error}") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
