"""A call that is refused, and what several of them are made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Case = tuple[Any, ...]
"""Who calls, which arguments are others than usual, the status, the code, and perhaps SQL that comes first."""


@dataclass(frozen=True)
class Refusal:
    """A call that is refused."""

    function: str
    caller: str
    arguments: Mapping[str, Any]
    status: int
    details: str
    given: str
    """SQL that brings the world there first."""
    accept: str = "application/json"
    """In which form an answer is wanted."""


def refused(function: str, usual: Mapping[str, Any], *cases: Case) -> list[Refusal]:
    """List calls with the usual arguments, except for those that each case names."""
    return [
        Refusal(function, caller, {**usual, **arguments}, status, details, *(given or ("",)))
        for caller, arguments, status, details, *given in cases
    ]


ACME = {"p_org_id": "@org Acme"}
DAY = {"p_from": "2026-01-01T00:00:00Z", "p_to": "2026-01-02T00:00:00Z"}
ACME_ARCHIVED = "update public.organizations set archived_at = now() where name = 'Acme'"
