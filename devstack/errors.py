from collections.abc import Sequence


class DevstackError(Exception):
    """The local stack cannot do what was asked; the message says what to do about it."""


class PortInUseError(DevstackError):
    """Another program listens on a port that a part needs."""

    def __init__(self, port: int, part: str, variable: str) -> None:
        super().__init__(
            f"Port {port}, which {part} needs, is in use by another program. Stop that program or set {variable}."
        )


class PartFailedError(DevstackError):
    """A part of the stack died or did not become healthy while it was started."""

    def __init__(self, part: str, reason: str, last_lines: Sequence[str]) -> None:
        self.part = part
        self.last_lines = tuple(last_lines)
        super().__init__("\n".join([f"{part} {reason}. Its last lines:", *(f"  {line}" for line in last_lines)]))


class CommandFailedError(DevstackError):
    """A command that should have run to its end failed."""

    def __init__(self, what: str, output: str) -> None:
        super().__init__("\n".join([f"{what} failed:", *(f"  {line}" for line in output.strip().splitlines()[-30:])]))
