"""Is a stack alive from end to end? Reads, and leaves nothing behind but one ignored delivery in the raw log."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from supabase_auth.errors import AuthError

from devstack.checks import Check
from devstack.target import Target

_KPI_COUNT: Final = 20


class _WrongError(Exception):
    """A check found something else than it should."""


def smoke(target: Target) -> Iterator[Check]:
    """Look at every part that a person or MightyCall meets, one check after the other."""
    looks: list[tuple[str, Callable[[Target], None]]] = [
        ("the webhook app is healthy", _health),
        ("Auth is healthy", _auth_health),
        ("somebody signs in", _sign_in),
        ("PostgREST shows them their organization", _read),
        ("PostgREST counts their calls", _kpis),
        ("PostgREST refuses anonymous callers", _refusal),
        ("an unsigned delivery is refused", _unsigned_delivery),
    ]
    if target.account is not None:
        looks.append(("a signed delivery is accepted", _signed_delivery))
        looks.append(("a delivery with another signature is refused", _forged_delivery))
    for what, look in looks:
        try:
            look(target)
        except (_WrongError, AuthError, httpx.HTTPError, ValueError, LookupError) as error:
            yield Check(what, f"{error}" or type(error).__name__)
        else:
            yield Check(what)


def _health(target: Target) -> None:
    with target.webhooks() as client:
        answer = _expect(client.get("/health"), 200)
    if answer.json()["status"] != "ok":
        raise _WrongError(answer.text)


def _auth_health(target: Target) -> None:
    with target.auth() as client:
        _expect(client.get("/health"), 200)


def _sign_in(target: Target) -> None:
    target.sign_in(target.people[0])


def _read(target: Target) -> None:
    with target.rest(target.sign_in(target.people[0]).token) as client:
        answer = _expect(client.get("/organizations", params={"select": "id,name"}), 200)
    if not answer.json():
        raise _WrongError("they read no organization")


def _kpis(target: Target) -> None:
    now = datetime.now(UTC)
    with target.rest(target.sign_in(target.people[0]).token) as client:
        organizations = _expect(client.get("/organizations", params={"select": "id"}), 200).json()
        arguments = {
            "p_org_id": organizations[0]["id"],
            "p_from": (now - timedelta(days=7)).isoformat(),
            "p_to": now.isoformat(),
        }
        answer = _expect(client.post("/rpc/kpi_summary", json=arguments), 200)
    if len(answer.json()) < _KPI_COUNT:
        raise _WrongError(f"{len(answer.json())} KPIs, not {_KPI_COUNT}")


def _refusal(target: Target) -> None:
    with target.rest() as client:
        _expect(client.get("/organizations"), 401)


def _unsigned_delivery(target: Target) -> None:
    integration_id = target.account.integration_id if target.account else uuid.uuid4()
    with target.webhooks() as client:
        _expect(client.post(f"/webhooks/mightycall/{integration_id}", content=_delivery()), 401)


def _signed_delivery(target: Target) -> None:
    _deliver(target, lambda secret, body: hmac.digest(secret, body, hashlib.sha256).hex(), 200)


def _forged_delivery(target: Target) -> None:
    _deliver(target, lambda secret, body: hmac.digest(secret, body + b" ", hashlib.sha256).hex(), 401)


def _deliver(target: Target, sign: Callable[[bytes, bytes], str], status: int) -> None:
    assert target.account is not None  # noqa: S101
    body = _delivery()
    headers = {
        "x-signature": sign(target.account.webhook_secret.encode(), body),
        "content-type": "application/json",
    }
    with target.webhooks() as client:
        path = f"/webhooks/mightycall/{target.account.integration_id}"
        _expect(client.post(path, content=body, headers=headers), status)


def _delivery() -> bytes:
    """Return an event of a type that is kept and ignored."""
    event = {"EventType": "SmokeTest", "Guid": str(uuid.uuid4()), "Timestamp": datetime.now(UTC).isoformat()}
    return json.dumps(event).encode()


def _expect(answer: httpx.Response, status: int) -> httpx.Response:
    if answer.status_code != status:
        raise _WrongError(f"{answer.request.url} answered {answer.status_code}, not {status}: {answer.text[:200]}")
    return answer
