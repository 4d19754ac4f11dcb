"""Is a stack alive from end to end?

Leaves nothing behind but one ignored delivery in the raw log, and with a platform admin to help it, one archived
organization that nobody is in.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from devstack.answers import WrongError, expect
from devstack.checks import Check, checked
from devstack.smoke_organization import throw_away_organization
from devstack.target import Target

_KPI_COUNT: Final = 20


def smoke(target: Target) -> Iterator[Check]:
    """Look at every part that a person or MightyCall meets, one check after the other."""
    looks: list[tuple[str, Callable[[Target], None]]] = [
        ("the webhook app is healthy", _health),
        ("Auth is healthy", _auth_health),
        ("somebody signs in", _sign_in),
        ("PostgREST shows them their organization", _read),
        ("PostgREST counts their calls", _kpis),
        ("PostgREST shows them what their figures are judged by", _settings),
        ("PostgREST tells them where they are signed in, and whom to ask for help", _own_affairs),
        ("PostgREST refuses anonymous callers", _refusal),
        ("an unsigned delivery is refused", _unsigned_delivery),
    ]
    if target.account is not None:
        looks.append(("a signed delivery is accepted", _signed_delivery))
        looks.append(("a delivery with another signature is refused", _forged_delivery))
    if target.has_door():
        looks.append(("an API key that is none is refused", _made_up_key))
    for what, look in looks:
        yield checked(what, partial(look, target))
    if target.operator is not None:
        yield from throw_away_organization(target)


def _health(target: Target) -> None:
    with target.webhooks() as client:
        answer = expect(client.get("/health"), 200)
    if answer.json()["status"] != "ok":
        raise WrongError(answer.text)


def _auth_health(target: Target) -> None:
    with target.auth() as client:
        expect(client.get("/health"), 200)


def _sign_in(target: Target) -> None:
    target.sign_in(target.people[0])


def _read(target: Target) -> None:
    with target.rest(target.sign_in(target.people[0]).token) as client:
        answer = expect(client.get("/organizations", params={"select": "id,name"}), 200)
    if not answer.json():
        raise WrongError("they read no organization")


def _kpis(target: Target) -> None:
    now = datetime.now(UTC)
    with target.rest(target.sign_in(target.people[0]).token) as client:
        organizations = expect(client.get("/organizations", params={"select": "id"}), 200).json()
        arguments = {
            "p_org_id": organizations[0]["id"],
            "p_from": (now - timedelta(days=7)).isoformat(),
            "p_to": now.isoformat(),
        }
        answer = expect(client.post("/rpc/kpi_summary", json=arguments), 200)
    if len(answer.json()) < _KPI_COUNT:
        raise WrongError(f"{len(answer.json())} KPIs, not {_KPI_COUNT}")


def _settings(target: Target) -> None:
    with target.rest(target.sign_in(target.people[0]).token) as client:
        answer = expect(client.get("/organization_settings", params={"select": "org_id,effective_from"}), 200)
    if not answer.json():
        raise WrongError("their organization has no settings")


def _own_affairs(target: Target) -> None:
    with target.rest(target.sign_in(target.people[0]).token) as client:
        for function in ("my_sessions", "support_contacts"):
            if not expect(client.post(f"/rpc/{function}"), 200).json():
                raise WrongError(f"{function} tells nothing")


def _refusal(target: Target) -> None:
    with target.rest() as client:
        expect(client.get("/organizations"), 401)


def _made_up_key(target: Target) -> None:
    with target.door({"authorization": f"Bearer vsk_00000000_{'A' * 43}"}) as door:
        expect(door.get("/organizations"), 401)


def _unsigned_delivery(target: Target) -> None:
    integration_id = target.account.integration_id if target.account else uuid.uuid4()
    with target.webhooks() as client:
        expect(client.post(f"/webhooks/mightycall/{integration_id}", content=_delivery()), 401)


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
        expect(client.post(path, content=body, headers=headers), status)


def _delivery() -> bytes:
    """Return an event of a type that is kept and ignored."""
    event = {"EventType": "SmokeTest", "Guid": str(uuid.uuid4()), "Timestamp": datetime.now(UTC).isoformat()}
    return json.dumps(event).encode()
