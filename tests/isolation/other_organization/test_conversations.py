"""What is said about calls, sent and heard, beside that of another organization."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.isolation.callers import Callers
from tests.isolation.cases.case import SOMEBODY
from tests.isolation.names import NEVER, Names
from tests.isolation.other_organization.strangers import REPRESENTED, Ids
from tests.isolation.witness import Witness
from tests.isolation.world import World

pytestmark = pytest.mark.usefixtures("nothing_changes")


def test_anothers_outcome_codes_are_none(stranger: httpx.Client, world: World, witness: Witness) -> None:
    call = Names(world, witness).call("Globex", "given")
    told = {
        code: stranger.post("/rpc/annotate_call", json={"p_call_id": call, "p_outcome_code": code})
        for code in ("only_acme", "only_nobody")
    }
    assert {answer.json()["details"] for answer in told.values()} == {"outcome_code_unknown"}
    assert len({answer.text.replace(code, "it") for code, answer in told.items()}) == 1


def test_a_conversation_is_given_to_nobody_of_anothers(stranger: httpx.Client, world: World, witness: Witness) -> None:
    names = Names(world, witness)
    params = {"id": f"eq.{names.conversation('Globex', 'given')}"}
    answers = [
        stranger.patch("/conversations", params=params, json={"owner_id": owner})
        for owner in (names.member("Acme", "agent"), names.member("Globex", "removed"), NEVER)
    ]
    assert [answer.json()["details"] for answer in answers] == ["member_not_found"] * 3
    assert len({answer.text for answer in answers}) == 1


def test_a_note_is_about_a_call_of_the_organization_it_names(stranger: httpx.Client, acme: Ids, globex: Ids) -> None:
    mine, theirs = (str(ids.organization.calls["given", None]) for ids in (globex, acme))
    for org_id, call in ((acme.org, theirs), (globex.org, theirs), (acme.org, mine), (globex.org, str(uuid4()))):
        answer = stranger.post("/call_notes", json={"org_id": org_id, "call_id": call, "body": "Mine"})
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")


@pytest.mark.parametrize("caller", ["viewer", "agent", "manager"])
def test_outcome_codes_are_the_admins(callers: Callers, acme: Ids, caller: str) -> None:
    row = {"org_id": acme.org, "code": "mine", "label": "Mine"}
    client = callers.client(caller)
    assert client.post("/outcome_codes", json=row).status_code == 403
    for answer in (
        client.patch("/outcome_codes", params={"code": "eq.sale"}, json={"label": "Mine"}, headers=REPRESENTED),
        client.delete("/outcome_codes", params={"code": "eq.sale"}, headers=REPRESENTED),
    ):
        assert (answer.status_code, answer.json()) == (200, [])


def test_nobody_meets_anothers_idempotency_key(callers: Callers, acme: Ids, globex: Ids, witness: Witness) -> None:
    """Several send with the same key, each their own message, and each gets their own answer again."""
    senders = {"org_admin": acme, "agent": acme, "api_key": acme, "other_admin": globex, "other_key": globex}

    def send(caller: str, body: str) -> Any:
        message = {"p_line_id": senders[caller].line("given"), "p_to": [SOMEBODY], "p_body": body}
        answer = callers.client(caller).post("/rpc/send_message", json=message, headers={"idempotency-key": "the same"})
        return answer.json()

    sent = {caller: send(caller, caller) for caller in senders}
    again = {caller: send(caller, caller) for caller in senders}
    other = {send(caller, "another")["details"] for caller in senders}
    messages = witness.effects_undone()["public.messages"].rows.values()
    assert sent == again
    assert other == {"idempotency_key_reused"}
    assert {(row["body"], row["org_id"]) for row in messages} == {(who, ids.org) for who, ids in senders.items()}
    assert len(messages) == len(senders)


def test_a_number_of_anothers_is_a_number_like_any(stranger: httpx.Client, world: World, witness: Witness) -> None:
    """Who sends to it learns nothing of whose it is."""
    names = Names(world, witness)
    to = [names.e164("Acme", "given"), SOMEBODY]
    answer = stranger.post(
        "/rpc/send_message", json={"p_line_id": names.line("Globex", "given"), "p_to": to, "p_body": "Hello"}
    )
    assert [(row["recipient"], row["state"]) for row in answer.json()] == [(number, "queued") for number in to]
    assert {row["org_id"] for row in witness.effects_undone()["public.messages"].rows.values()} == {names.org("Globex")}


def test_recordings_are_asked_for_anew_for_oneself_alone(
    stranger: httpx.Client, world: World, globex: Ids, witness: Witness
) -> None:
    answer = stranger.post("/rpc/request_sync", json={"p_org_id": globex.org, "p_resource": "recordings"})
    assert answer.status_code == 200, answer.text
    effects = witness.effects_undone()
    assert {row["org_id"] for row in effects["public.recordings"].rows.values()} == {globex.org}
    mine = witness.rows("recordings", "org_id = %(org)s", {"org": globex.org}).keys()
    assert {(row["recording_id"],) for row in effects["private.recording_sources"].rows.values()} <= mine


def test_an_events_links_are_not_told(callers: Callers, world: World, witness: Witness) -> None:
    """A link opens the audio to whoever has it: not even who administers the organization reads it."""
    link = "https://audio.example.com/secret"
    with world.edit() as edit:
        edit.execute(
            "update private.webhook_events"
            " set recording_url = %s, payload = payload || jsonb_build_object('Link', %s::text)",
            [link, link],
        )
        edit.execute("update private.rejected_items set item = %s", [f'{{"uri": "{link}"}}'])
    answers = [callers.client("platform_admin").get(f"/{view}") for view in ("webhook_events", "rejected_items")]
    witness.effects_undone()
    for answer in answers:
        assert answer.json()
        assert link not in answer.text
        assert "[link]" in answer.text
