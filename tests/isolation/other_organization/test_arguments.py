"""Functions that are asked about another organization: they answer as if nothing of it were there."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.isolation.callers import Callers
from tests.isolation.cases import CASES
from tests.isolation.cases.case import Attempt
from tests.isolation.contents import MISSED_CALLER
from tests.isolation.names import NEVER, Names
from tests.isolation.other_organization.strangers import MATRIX, NOBODY, Ids, of_acme
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")
GLOBEX = {"p_org_id": "@org Globex"}
GUEST_ROW = {"email": "new@example.com"}
GUEST = {**GLOBEX, "p_email": "new@example.com", "p_role": "agent"}
EXTENSION = {"p_member_id": "@member Globex agent", "p_integration_id": "@integration Globex", "p_extension": "new"}
MISSED = {**GLOBEX, "p_external_number": MISSED_CALLER}


@pytest.mark.parametrize(
    ("name", "caller"),
    [
        (name, caller)
        for name, entry in MATRIX.functions.items()
        for caller in ("other_admin", "other_key")
        # A new organization is about the caller alone, and an invitation is found by a token that nobody else has.
        if entry.of not in {None, "profiles"}
        and name not in {"preview_invitation", "accept_invitation"}
        and entry.is_granted(MATRIX.callers[caller])
    ],
)
def test_anothers_row_is_answered_as_one_that_never_was(
    name: str, caller: str, callers: Callers, world: World, witness: Witness, acme: Ids
) -> None:
    """Whatever a function says about an id of Acme's, it says about one that nothing has: message and all."""
    table = MATRIX.functions[name].of
    assert table
    row = of_acme(table, world, witness)[0]
    arguments = CASES[name].arguments(Attempt(world, witness, MATRIX.callers[caller], row))
    text, key = json.dumps(arguments), witness.key(table, row)[0]
    assert key in text
    never = str(2**62) if isinstance(row.get("id"), int) else str(uuid4())
    theirs = callers.client(caller).post(f"/rpc/{name}", json=arguments)
    nobodys = callers.client(caller).post(f"/rpc/{name}", json=json.loads(text.replace(key, never)))
    assert theirs.is_error
    assert (theirs.status_code, theirs.text.replace(key, never)) == (nobodys.status_code, nobodys.text)


@pytest.mark.parametrize(
    ("function", "usual", "parameter", "theirs", "never"),
    [
        ("invite_member", GUEST, "p_line_ids", ["@line Acme given"], [NEVER]),
        (
            "invite_member",
            GUEST,
            "p_line_ids",
            ["@line Globex given", "@line Acme given"],
            ["@line Globex given", NEVER],
        ),
        (
            "invite_members",
            GLOBEX,
            "p_rows",
            [{**GUEST_ROW, "lines": ["@line Acme given"]}],
            [{**GUEST_ROW, "lines": [NEVER]}],
        ),
        (
            "invite_members",
            GLOBEX,
            "p_rows",
            [{**GUEST_ROW, "lines": ["@e164 Acme given"]}],
            [{**GUEST_ROW, "lines": ["+12125550198"]}],
        ),
        ("set_member_extension", EXTENSION, "p_integration_id", "@integration Acme", NEVER),
        ("set_member_extension", EXTENSION, "p_integration_id", "@integration platform", NEVER),
        ("set_member_extension", EXTENSION, "p_member_id", "@member Acme agent", NEVER),
        (
            "deactivate_members",
            {},
            "p_member_ids",
            ["@member Globex agent", "@member Acme agent"],
            ["@member Globex agent", NEVER],
        ),
        (
            "reactivate_members",
            {},
            "p_member_ids",
            ["@member Globex dormant", "@member Acme dormant"],
            ["@member Globex dormant", NEVER],
        ),
        ("assign_phone_number", GLOBEX, "p_phone_number_id", "@number Acme given", NEVER),
        ("save_contact", {**GLOBEX, "p_name": "Mine"}, "p_contact_id", "@contact Acme own", NEVER),
        ("save_contact", {**GLOBEX, "p_name": "Mine"}, "p_contact_id", "@contact Acme provider", NEVER),
        ("assign_missed_caller", MISSED, "p_owner_id", "@member Acme org_admin", NEVER),
        ("email_document", {"p_recipients": ["me@example.com"]}, "p_document_id", "@document Acme org_admin", NEVER),
    ],
)
def test_anothers_id_among_the_arguments_is_as_good_as_none(
    function: str,
    usual: dict[str, Any],
    parameter: str,
    theirs: Any,
    never: Any,
    stranger: httpx.Client,
    world: World,
    witness: Witness,
) -> None:
    names = Names(world, witness)
    answers = [
        stranger.post(f"/rpc/{function}", json=names.resolved({**usual, parameter: value})) for value in (theirs, never)
    ]
    assert len({answer.status_code for answer in answers}) == 1
    assert answers[0].json() == answers[1].json()


def test_nobody_learns_who_else_is_a_customer(stranger: httpx.Client, world: World, witness: Witness) -> None:
    """A person of another organization is invited like anybody else."""
    elsewhere = world.organizations["Vault"].members["agent"].user
    rows = [{"email": f"{elsewhere}@example.com"}, {"email": "nobody.at.all@example.com"}]
    globex = str(world.organizations["Globex"].id)
    answer = stranger.post("/rpc/invite_members", json={"p_org_id": globex, "p_rows": rows})
    assert [row["result"] for row in answer.json()] == ["invited", "invited"]
    assert witness.effects_undone()


def test_an_integration_is_not_put_on_anothers(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    sealed = {"api_key": "A" * 128, "user_key": "A" * 128}
    arguments = {
        "p_org_id": globex.org,
        "p_name": "Mine now",
        "p_account_type": "call_center",
        "p_webhook_mode": "signed",
        "p_key_id": "key",
        "p_credentials": sealed,
        "p_id": acme.integration,
    }
    answer = stranger.post("/rpc/create_integration", json=arguments)
    assert (answer.status_code, answer.json()["details"]) == (409, "integration_exists")
    for foreign, refusal in (
        (acme.org, (404, "organization_not_found")),
        (NOBODY, (404, "organization_not_found")),
        (None, (403, "platform_admin_required")),
    ):
        answer = stranger.post("/rpc/create_integration", json={**arguments, "p_org_id": foreign, "p_id": str(uuid4())})
        assert (answer.status_code, answer.json()["details"]) == refusal


def test_a_number_is_not_taken(stranger: httpx.Client, world: World, globex: Ids, witness: Witness) -> None:
    for number in witness.rows("phone_numbers").values():
        answer = stranger.post(
            "/rpc/assign_phone_number", json={"p_phone_number_id": number["id"], "p_org_id": globex.org}
        )
        assert (answer.status_code, answer.json()["details"]) == (403, "platform_admin_required")
