"""What is said and done about calls, what is sent, what is heard, and contacts."""

from typing import Any, Final

from tests.isolation.cases.case import NO_ORGANIZATION, ROLE, SOMEBODY, Attempt, Case, in_, of_row
from tests.isolation.matrix import Caller
from tests.isolation.trail import TRAIL
from tests.isolation.witness import Effect
from tests.isolation.world import HOLDING, World

NO_CALL: Final = ("PT404", "call_not_found")
NO_LINE: Final = ("PT404", "line_not_found")
NO_RECORDING: Final = ("PT404", "recording_not_found")
NO_CONTACT: Final = ("PT404", "contact_not_found")
OPEN_LINES: Final = (
    """period @> now() and org_id in (select o.id from public.organizations o where o.archived_at is null)"""
)
"""Lines from which something can be sent now."""


def _of_call(attempt: Attempt) -> dict[str, Any]:
    # What belongs to nobody has codes of its own.
    code = "lost" if attempt.row["org_id"] == HOLDING else "sale"
    return {"p_call_id": attempt.row["id"], "p_outcome_code": code, "p_tags": ["Later"]}


def _the_annotation(attempt: Attempt) -> int:
    said = attempt.answer.value
    by = str(attempt.world.user(attempt.caller))
    assert (said["org_id"], said["call_id"]) == (attempt.row["org_id"], attempt.row["id"])
    assert (said["outcome_code"], said["tags"], said["updated_by"]) == (
        attempt.arguments["p_outcome_code"],
        ["later"],
        by,
    )
    return 1


def _sent_by(caller: Caller, world: World) -> tuple[str | None, str | None]:
    if caller.is_key:
        return None, str(world.api_keys[caller.name])
    return str(world.user(caller)), None


def _a_message(attempt: Attempt) -> dict[str, Any]:
    # Programs have to send a key.
    key = {"p_idempotency_key": "once"} if attempt.caller.is_key else {}
    return {"p_line_id": attempt.row["id"], "p_to": [SOMEBODY], "p_body": "Hello", **key}


def _what_sending_writes(attempt: Attempt) -> set[str]:
    changes = {"public.messages", "public.conversations", "private.outbox_requests"}
    return changes | {"private.idempotency_keys"} if attempt.caller.is_key else changes


def _the_message(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    assert (answer["recipient"], answer["state"]) == (SOMEBODY, "queued")
    [message] = attempt.effects["public.messages"].rows.values()
    assert (message["id"], message["line_id"]) == (answer["message_id"], attempt.row["id"])
    assert message["org_id"] == attempt.row["org_id"]
    assert (message["sent_by"], message["api_key_id"]) == _sent_by(attempt.caller, attempt.world)
    return 1


def _the_placed_call(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    [placed] = attempt.effects["public.placed_calls"].rows.values()
    assert (placed["id"], placed["line_id"]) == (answer["placed_call_id"], attempt.row["id"])
    assert (placed["org_id"], placed["requested_by"]) == (
        attempt.row["org_id"],
        str(attempt.world.user(attempt.caller)),
    )
    return 1


def _one_segment(attempt: Attempt) -> int:
    assert attempt.answer.value == [{"length": 5, "encoding": "gsm7", "segments": 1}]
    return 1


def _the_play(attempt: Attempt) -> int:
    [answer] = attempt.answer.value
    assert (answer["bucket_id"], answer["object_name"]) == ("recordings", attempt.row["id"])
    user = str(attempt.world.user(attempt.caller))
    assert attempt.effects["private.play_grants"] == Effect(inserted=frozenset({(user, attempt.row["id"])}))
    [entry] = attempt.effects[TRAIL].rows.values()
    assert (entry["action"], entry["org_id"]) == ("play", attempt.row["org_id"])
    assert entry["row_key"] == {"id": attempt.row["id"]}
    return 1


def _no_more_audio(attempt: Attempt) -> int:
    assert attempt.effects["public.recordings"] == Effect(updated=frozenset({(attempt.row["id"],)}))
    return 1


def _the_contact(attempt: Attempt) -> int:
    [contact] = attempt.effects["public.contacts"].rows.values()
    assert (contact["id"], contact["org_id"]) == (attempt.answer.value, attempt.row["id"])
    return 1


CASES: Final[dict[str, Case]] = {
    "annotate_call": Case(
        _of_call, NO_CALL, forbidden=ROLE, changes=in_("public.call_annotations"), outcome=_the_annotation
    ),
    "place_call": Case(
        lambda attempt: {"p_line_id": attempt.row["id"], "p_to": SOMEBODY},
        NO_LINE,
        forbidden=ROLE,
        changes=in_("public.placed_calls", "private.outbox_requests"),
        rows=OPEN_LINES,
        outcome=_the_placed_call,
    ),
    "send_message": Case(
        _a_message, NO_LINE, forbidden=ROLE, changes=_what_sending_writes, rows=OPEN_LINES, outcome=_the_message
    ),
    "count_segments": Case(lambda _: {"p_body": "Hello"}, outcome=_one_segment),
    "play_recording": Case(
        of_row("p_recording_id"),
        NO_RECORDING,
        changes=in_("private.play_grants", TRAIL),
        rows="state = 'stored'",
        outcome=_the_play,
    ),
    "delete_recording": Case(
        of_row("p_recording_id"), NO_RECORDING, changes=in_("public.recordings"), outcome=_no_more_audio
    ),
    "save_contact": Case(
        lambda attempt: {"p_org_id": attempt.row["id"], "p_name": "Somebody new", "p_numbers": [SOMEBODY]},
        NO_ORGANIZATION,
        forbidden=ROLE,
        changes=in_("public.contacts", "public.contact_numbers"),
        outcome=_the_contact,
    ),
    "remove_contact": Case(
        of_row("p_contact_id"),
        NO_CONTACT,
        forbidden=ROLE,
        changes=in_("public.contacts", "public.contact_numbers"),
        rows="is_shown",
    ),
}
