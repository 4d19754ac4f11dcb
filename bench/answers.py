"""As much of HTTP as it takes to tell where one answer on a kept connection ends."""

from typing import Final

from bench.errors import UnexpectedAnswerError

_BLANK_LINE: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"


class Answer:
    """The bytes of one answer, as they come in."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._head_end = -1
        self._length: int | None = None

    def feed(self, received: bytes) -> bool:
        """Take the next bytes; tell whether the answer is complete.

        Raises:
            UnexpectedAnswerError: the connection ended, or the answer's length is not told.
        """
        if not received:
            raise UnexpectedAnswerError("the server closed the connection")
        self._received += received
        if self._head_end < 0:
            self._head_end = self._received.find(_BLANK_LINE)
            if self._head_end < 0:
                return False
            self._length = self._told_length()
        if self._length is None:
            return self._received.endswith(_LAST_CHUNK)
        return len(self._received) >= self._head_end + len(_BLANK_LINE) + self._length

    def check(self, status: int) -> None:
        """Make sure of the status.

        Raises:
            UnexpectedAnswerError: it is another one.
        """
        if int(self._received[9:12]) != status:
            raise UnexpectedAnswerError(f"expected {status}, got: {self._received[:500].decode(errors='replace')}")

    @property
    def text(self) -> str:
        """The whole answer, head and body."""
        return self._received.decode()

    def _told_length(self) -> int | None:
        head = bytes(self._received[: self._head_end]).lower()
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                return int(value)
            if name == b"transfer-encoding" and b"chunked" in value:
                return None
        raise UnexpectedAnswerError("the answer does not tell its length")
