from collections.abc import Sequence
from uuid import UUID


class AdminError(Exception):
    """What was asked cannot be done; the message says why and what to do."""


class UnknownUserError(AdminError):
    """Nobody has signed up with this address or has this id."""

    def __init__(self, who: str) -> None:
        super().__init__(
            f"Nobody has signed up as {who}. Sign up first, as everybody does, follow the link that confirms the "
            "address, and try again."
        )


class SeveralUsersError(AdminError):
    """More than one user has this address, as single sign-on allows."""

    def __init__(self, who: str, ids: Sequence[UUID]) -> None:
        lines = [f"{len(ids)} users have the address {who}. Give the id of the one who is meant:", *map(str, ids)]
        super().__init__("\n  ".join(lines))


class UnconfirmedAddressError(AdminError):
    """The user has not shown that the address is theirs."""

    def __init__(self, who: str) -> None:
        super().__init__(
            f"{who} has not confirmed the address, so it may be somebody else's. Follow the link in the letter that "
            "Auth has sent, and try again."
        )


class LastPlatformAdminError(AdminError):
    """Nobody would be left who administers the platform."""

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} is the last platform admin. Grant it to somebody else first.")


class UnknownOrganizationError(AdminError):
    """There is no organization with this id."""

    def __init__(self, org_id: UUID) -> None:
        super().__init__(f"There is no organization {org_id}.")
